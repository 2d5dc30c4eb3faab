import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // CI's cores are shared with who knows whom: what was only late is let try once more, and said to have been.
    retry: process.env.CI ? 1 : 0,
  },
});
