// usage: node bundle.js OUT: makes one file of the page, React included.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

await build({
  absWorkingDir: path.dirname(fileURLToPath(import.meta.url)),
  entryPoints: ["app.jsx"],
  bundle: true,
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"development"' },
  outfile: process.argv[2],
  logLevel: "warning",
});
