/**
 * Bundles every entry of the front end: `node build.mjs FOLDER FINGERPRINT [--watch]`.
 *
 * Beside the bundles it writes `manifest.json` (entry -> its files, and the folders of `src` in it, whose words a page
 * must hand over) and `THIRD-PARTY.txt`, the licences of the packages whose code is in them; and of every script and
 * style sheet the same, compressed.
 */
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import * as esbuild from "esbuild";

const [out, fingerprint, watch] = process.argv.slice(2);
const entries = fs.readdirSync("src").filter((name) => name.endsWith(".entry.js"));
/** Packages that come without a licence file -> one of the same authors under the same terms. */
const SAME_LICENCE = { pmtiles: "protomaps-leaflet", "@protomaps/basemaps": "protomaps-leaflet" };

const settings = {
  entryPoints: Object.fromEntries(entries.map((name) => [name.replace(".entry.js", ""), `src/${name}`])),
  outdir: out,
  entryNames: "[name]-[hash]",
  chunkNames: "shared-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  loader: { ".png": "file", ".svg": "file" },
  metafile: true,
  logLevel: "warning",
  logLimit: 5,
};

/** The package that a bundled file comes from; null: our own. */
function packageOf(file) {
  const [, found = null] = file.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//) ?? [];
  return found;
}

function licences(metafile) {
  const bundled = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const used = bundled.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => packageOf(file));
  return [...new Set(used.filter(Boolean))].sort().map((name) => {
    const told = JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`, "utf8"));
    const text = [name, SAME_LICENCE[name]].filter(Boolean).flatMap(licenceFiles)[0];
    if (!text) throw new Error(`${name} has no licence file; find it, then tell build.mjs`);
    return `${name} ${told.version} (${told.license})\n\n${fs.readFileSync(text, "utf8").trim()}\n`;
  });
}

function licenceFiles(name) {
  const folder = `node_modules/${name}`;
  return fs.readdirSync(folder).filter((file) => /^licen[cs]e/i.test(file)).map((file) => path.join(folder, file));
}

/** All outputs that an output loads before it runs, itself first. */
function withImports(outputs, name) {
  const found = [name];
  for (const one of found) {
    for (const { path: other, kind } of outputs[one].imports) {
      if (kind === "import-statement" && outputs[other] && !found.includes(other)) found.push(other);
    }
  }
  return found;
}

function manifest({ outputs }) {
  const told = {};
  for (const [name, output] of Object.entries(outputs)) {
    if (!output.entryPoint?.endsWith(".entry.js")) continue;
    const files = withImports(outputs, name);
    const sources = files.flatMap((file) => Object.keys(outputs[file].inputs));
    const words = sources.map((file) => file.match(/^src\/([^/]+)\//)?.[1]).filter(Boolean);
    told[path.basename(output.entryPoint, ".entry.js")] = {
      script: path.basename(name),
      shared: files.slice(1).map((file) => path.basename(file)),
      style: output.cssBundle ? path.basename(output.cssBundle) : null,
      words: [...new Set(words)].sort(),
    };
  }
  return { fingerprint, entries: told };
}

const finish = {
  name: "finish",
  setup(build) {
    build.onEnd(({ errors, metafile }) => {
      if (errors.length) return;
      const kept = new Set(Object.keys(metafile.outputs).map((file) => path.basename(file)));
      for (const file of fs.readdirSync(out)) if (!kept.has(file)) fs.rmSync(path.join(out, file), { recursive: true });
      const rule = `\n${"-".repeat(80)}\n\n`;
      fs.writeFileSync(path.join(out, "THIRD-PARTY.txt"), licences(metafile).join(rule));
      fs.writeFileSync(path.join(out, "manifest.json"), `${JSON.stringify(manifest(metafile), null, 1)}\n`);
      for (const file of [...kept].filter((name) => /\.(js|css)$/.test(name))) {
        // to whoever takes it compressed, as nearly every browser does
        fs.writeFileSync(path.join(out, `${file}.gz`), zlib.gzipSync(fs.readFileSync(path.join(out, file)), { level: 9 }));
      }
      for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
        console.log(`${path.basename(file)}: ${(bytes / 1000).toFixed(1)} kB`);
      }
    });
  },
};

fs.mkdirSync(out, { recursive: true });
const context = await esbuild.context({ ...settings, plugins: [finish] });
if (watch) {
  await context.watch();
} else {
  // esbuild has said already what is wrong
  await context.rebuild().catch(() => { process.exitCode = 1; });
  await context.dispose();
}
