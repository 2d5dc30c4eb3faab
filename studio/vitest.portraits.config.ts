import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["e2e/portraits.run.ts"], testTimeout: 600_000 },
});
