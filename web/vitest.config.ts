import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "~": fileURLToPath(new URL("src", import.meta.url)) } },
  define: { __PARTS__: "true" },
  test: { include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"], environment: "happy-dom", env: { TZ: "UTC" } },
});
