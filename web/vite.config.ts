import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const BUILT = fileURLToPath(new URL("../src/unshelf/api/pages/built", import.meta.url));

/** Puts a brotli and a gzip form beside each asset, so that no server compresses anything while it answers. */
function compressed(): Plugin {
  return {
    name: "compressed-forms",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const [name, file] of Object.entries(bundle)) {
          if (!/\.(js|css|svg)$/.test(name)) continue;
          const source = Buffer.from(file.type === "chunk" ? file.code : file.source);
          if (source.length < 600) continue;
          const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
          this.emitFile({ type: "asset", fileName: `${name}.br`, source: brotliCompressSync(source, quality) });
          this.emitFile({ type: "asset", fileName: `${name}.gz`, source: gzipSync(source, { level: 9 }) });
        }
      },
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [react(), compressed()],
  resolve: { alias: { "~": fileURLToPath(new URL("src", import.meta.url)) } },
  // `/parts`, the page that shows every shared part, is for developers: `vite build --mode parts` has it.
  define: { __PARTS__: JSON.stringify(mode !== "production") },
  build: {
    outDir: BUILT,
    emptyOutDir: true,
    assetsInlineLimit: 0, // inline data would need a wider policy
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["index.html", "embed.html"] },
    target: "es2022",
    reportCompressedSize: false,
  },
}));
