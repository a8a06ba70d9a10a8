// Builds what is published: ES and CommonJS modules with their types, and one minified file for pages without a bundler.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(root, "dist"));
const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
rmSync(out, { recursive: true, force: true });

const shared = { absWorkingDir: root, bundle: true, target: "es2022", charset: "utf8", logLevel: "warning" };
const entries = { entryPoints: ["src/index.ts", "src/react.ts"], external: ["react", "./index.js"] };

for (const [format, type] of [["esm", "module"], ["cjs", "commonjs"]]) {
  const folder = path.join(out, format);
  mkdirSync(folder, { recursive: true });
  await build({ ...shared, ...entries, format, outdir: folder });
  writeFileSync(path.join(folder, "package.json"), `{ "type": "${type}" }\n`);
  execFileSync(process.execPath, [tsc, "--project", root, "--outDir", folder], { stdio: "inherit" });
}

await build({ ...shared, entryPoints: ["src/index.ts"], format: "iife", globalName: "ChannelsRouter", minify: true, outfile: path.join(out, "browser.js") });
