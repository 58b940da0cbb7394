// The console's build: src/ in, dist/ with hashed names out. In `npm run dev` the API is asked through a proxy.
import { defineConfig } from "vite";

const api = process.env["LIANQIN_API"] ?? "http://127.0.0.1:8600";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    outDir: "dist",
    assetsDir: "assets",
    // Nothing is ever put into the page itself: its policy allows neither inline scripts nor inline styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { host: "127.0.0.1", proxy: { "/api": api, "/readyz": api } },
});
