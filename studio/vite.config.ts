import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.SAFELIGHT_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { outDir: "../src/safelight/studio_dist", emptyOutDir: true },
  server: { proxy: { "/api": server, "/health": server, "/ready": server } },
  test: { include: ["src/**/*.test.ts"] },
});
