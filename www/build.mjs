// Builds the page into ONE file, dist/atoll.html: style, script, worker and wasm inlined.
//
// Two bundles, both classic scripts (an inline module cannot be told from the page in a stack trace and gains
// nothing here): src/main.ts for the page, src/engine/worker.ts for every worker. The worker and the packed
// wasm stand in text blocks, which never run by themselves and need no hash; the page starts the worker from a
// blob, which inherits the page's policy. Same input, same bytes: no clock, no path, and LZMA by a package
// the lock file pins.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { compress } from "lzma1";
import { build } from "vite";
import { policy } from "./policy.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const pkg = resolve(here, "../pkg");
const out = resolve(process.env.ATOLL_PAGE ?? resolve(here, "../dist/atoll.html"));
// The workbench alone had 900 kB; files for ad platforms, One-ID and both sides of the exchange came to it, then the
// analyses over time: engine, charts and words.
const LIMIT = { raw: 2_740_000, gzip: 1_595_000 };

/** The glue's default way to load wasm is a URL beside the script. The page has none: it hands over a module. */
const withoutWasmUrl = {
  name: "atoll-without-wasm-url",
  enforce: "pre",
  transform: (code, id) =>
    id.endsWith("/pkg/atoll.js") ? { code: code.replace(/new URL\([^)]*import\.meta\.url\)/, "undefined"), map: null } : null,
};

/**
 * What the policy refuses at run time is refused here before it is built: style attributes set as text (Svelte sets
 * `style:x={…}` and `style={…}` through the CSSOM), and markup from text.
 */
const withoutText = {
  name: "atoll-without-text",
  enforce: "pre",
  transform(code, id) {
    if (!id.startsWith(resolve(here, "src"))) return;
    if (id.endsWith(".svelte") && /\sstyle="[^"{]*"/.test(code)) this.error(`${id}: write style:property, or a class, not style="…"`);
    if (/\.innerHTML\b|\.outerHTML\s*=|insertAdjacentHTML|\{@html/.test(code)) this.error(`${id}: no markup from text`);
  },
};

/** One entry to one classic script and its style. */
async function bundle(entry, plugins) {
  const result = await build({
    configFile: false,
    root: here,
    logLevel: "warn",
    mode: "production",
    plugins: [withoutWasmUrl, ...plugins],
    resolve: { alias: { atoll: resolve(pkg, "atoll.js") } },
    build: {
      write: false,
      target: "es2022",
      cssTarget: ["chrome123", "firefox120", "safari17.5"], // light-dark() as written
      cssCodeSplit: false,
      modulePreload: false,
      assetsInlineLimit: 0,
      rolldownOptions: { input: resolve(here, entry), output: { format: "iife", codeSplitting: false } },
    },
  });
  const { output } = result;
  const scripts = output.filter((o) => o.type === "chunk");
  const styles = output.filter((o) => o.type === "asset" && o.fileName.endsWith(".css"));
  const others = output.filter((o) => o.type === "asset" && !o.fileName.endsWith(".css"));
  if (scripts.length !== 1) throw new Error(`${entry}: ${scripts.length} scripts instead of one`);
  if (others.length > 0) throw new Error(`${entry}: a file that cannot be inlined: ${others.map((o) => o.fileName)}`);
  return { script: scripts[0].code.trim(), style: styles.map((s) => String(s.source).replace(/\/\*\$vite\$:\d+\*\//, "").trim()).join("\n") };
}

/** The page's own way to sort a module into streams, for the other direction. */
async function streams() {
  const entry = resolve(here, "src/engine/streams.ts");
  const [{ output }] = await build({
    configFile: false,
    logLevel: "warn",
    build: { write: false, minify: false, lib: { entry, formats: ["es"] } },
  });
  return import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
}

/** Text that may stand inside a script or style element: nothing in it ends the element. */
function inline(name, text) {
  const safe = text.replace(/<\/(script|style)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");
  if (/\r/.test(safe)) throw new Error(`${name}: a carriage return would change the hash`);
  return safe;
}

/** A second Trusted Types policy would come with `{@html}`; the page may have only its own. */
function refuse(script) {
  if (script.includes("svelte-trusted-html")) throw new Error("the page holds svelte-trusted-html: use no {@html}");
}

const sha256 = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const [page, worker] = await Promise.all([
  bundle("src/main.ts", [withoutText, svelte({ configFile: resolve(here, "svelte.config.js") })]),
  bundle("src/engine/worker.ts", []),
]);
refuse(page.script);
const script = inline("script", page.script);
const style = inline("style", page.style);
const lzma = (bytes) => compress(bytes, 9);
const packed = (bytes) => Buffer.from(lzma(bytes)).toString("base64");
const { sorted } = await streams();
const wasm = Buffer.from(sorted(readFileSync(resolve(pkg, "atoll_bg.wasm")), lzma)).toString("base64");
// Both builds of the curve in one piece, which is a third smaller than two: the size of the first, the first, the second.
const [relaxed, simd] = ["relaxed", "simd"].map((name) => readFileSync(resolve(pkg, `kernel-${name}.wasm`)));
const border = Buffer.alloc(4);
border.writeUInt32LE(relaxed.length);
const curve = packed(Buffer.concat([border, relaxed, simd]));

const blocks = {
  policy: `<meta http-equiv="Content-Security-Policy" content="${policy({ script: sha256(script), style: sha256(style) })}">`,
  style: `<style>${style}</style>`,
  worker: `<script type="text/plain" id="atoll-worker">${inline("worker", worker.script)}</script>`,
  wasm: `<script type="text/plain" id="atoll-wasm">${wasm}</script>`,
  curve: `<script type="text/plain" id="atoll-curve">${curve}</script>`,
  script: `<script>${script}</script>`,
};
const html = readFileSync(resolve(here, "page.html"), "utf8").replace(/<!--(\w+)-->/g, (_, name) => blocks[name]);
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, html);

const size = { raw: Buffer.byteLength(html), gzip: gzipSync(html, { level: 9 }).length };
const kB = (n) => `${(n / 1000).toFixed(1)} kB`;
console.log(`page    ${kB(size.raw)} of ${kB(LIMIT.raw)}, gzipped ${kB(size.gzip)} of ${kB(LIMIT.gzip)}`);
console.log(`sha256  ${createHash("sha256").update(html).digest("hex")}`);
if (size.raw > LIMIT.raw || size.gzip > LIMIT.gzip) {
  console.error(`the page is over its budget; the engine alone is ${kB(wasm.length)}, gzipped ${kB(gzipSync(wasm).length)}`);
  process.exit(1);
}
