// Blinded exchange in one Chromium page: what psi.js takes for each phase, and what the curve takes in the same phases
// here, by both kernels and by dalek in wasm; and a sum of all points, of which a proof takes one and its check two. CPU microseconds per row of the page's process, medians, in turns.
// `node benches/psi/page.mjs [ROWS] [ROUNDS]`, after `benches/psi/run.sh` made what it needs. A phase here is the hash to
// the curve or the decoding, the multiplication and the encoding; hashing of IDs (SHA-512, about 2 µs) is not in it.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const { chromium } = createRequire(join(root, "tests/e2e/package.json"))("@playwright/test");
const [rows = 10_000, rounds = 5] = process.argv.slice(2).map(Number);
const scratch = process.env.PSI_SCRATCH ?? join(root, "target/psi");
const MODULES = {
  relaxed: join(root, "pkg/kernel-relaxed.wasm"),
  simd: join(root, "pkg/kernel-simd.wasm"),
  dalek: join(scratch, "dalek.wasm"),
};

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
const page = await browser.newPage();
await page.route("http://bench.test/", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" })); // psi.js asks where it is
await page.goto("http://bench.test/");
await page.addScriptTag({ path: join(scratch, "node_modules/@openmined/psi.js/psi_wasm_web.js") });
const texts = Object.entries(MODULES).map(([name, path]) => [name, readFileSync(path).toString("base64")]);
await page.evaluate(prepare, { texts, rows });
const renderers = await pids();

const PSI = ["set-up", "request", "response", "intersection"];
const OURS = ["map_mul", "map_mul", "mul, one scalar", "mul, each", "sum"];
const times = {};
const hashes = {};
for (let round = 0; round < rounds; round++) {
  for (const name of Object.keys(MODULES)) {
    for (const phase of [0, 1, 2, 3, 4]) (hashes[OURS[phase]] ??= new Set()).add(await timed(`${name} ${phase}`, `ours("${name}", ${phase})`));
  }
  for (const phase of [0, 1, 2, 3]) await timed(`psi.js ${phase}`, `psi(${phase})`);
}
await browser.close();

console.log(`${rows} x ${rows}, ${rounds} rounds, CPU µs per row\n`);
const line = (...cells) => console.log(cells.map((cell, i) => String(cell).padStart(i ? 16 : 10)).join(""));
line("", ...PSI, "sum", "psi.js / it");
const theirs = sums("psi.js");
for (const name of ["psi.js", ...Object.keys(MODULES)]) {
  const ratios = sums(name).map((sum, round) => theirs[round] / sum);
  line(name, ...[0, 1, 2, 3].map((p) => median(times[`${name} ${p}`]).toFixed(1)), median(sums(name)).toFixed(0), median(ratios).toFixed(1));
}
for (const name of Object.keys(MODULES)) line(`sum, ${name}`, median(times[`${name} 4`]).toFixed(1));
line("dalek / relaxed", ...[0, 1, 2, 3, 4].map((p) => (median(times[`dalek ${p}`]) / median(times[`relaxed ${p}`])).toFixed(2)));
const differing = Object.entries(hashes).filter(([, of]) => of.size !== 1);
if (differing.length > 0) throw new Error(`the modules disagree: ${differing.map(([name]) => name)}`);

/** In the page: `ours` and `psi`, one phase each. */
async function prepare({ texts, rows }) {
  const modules = {};
  for (const [name, text] of texts) {
    const { instance } = await WebAssembly.instantiate(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
    modules[name] = instance.exports;
  }
  const random = new Uint32Array(24 * rows);
  let state = 1;
  for (let i = 0; i < random.length; i++) random[i] = state = (Math.imul(state, 1664525) + 1013904223) | 0;
  for (let i = 0; i < rows; i++) random[16 * rows + 8 * i + 7] &= 0xfffffff; // scalars below the order
  const uniform = new Uint8Array(random.buffer, 0, 64 * rows);
  const scalars = new Uint8Array(random.buffer, 64 * rows);
  let points = new Uint8Array(32 * rows);

  globalThis.ours = (name, phase) => {
    const kernel = modules[name];
    const [at, from, chunk] = [kernel.input(), kernel.output(), kernel.rows()];
    const width = phase < 2 ? 64 : 32;
    const memory = () => new Uint8Array(kernel.memory.buffer);
    const out = new Uint8Array(32 * rows);
    for (let i = 0; i < rows; i += chunk) {
      const n = Math.min(chunk, rows - i);
      const of = phase === 2 ? 1 : n;
      memory().set((phase < 2 ? uniform : points).subarray(width * i, width * (i + n)), at);
      memory().set(phase === 2 ? scalars.subarray(0, 32) : scalars.subarray(32 * i, 32 * (i + n)), at + 64 * chunk);
      if (phase < 2) kernel.map_mul(n);
      else if (phase === 4) kernel.sum(n, Number(i === 0), Number(i + n === rows));
      else kernel.mul(n, of);
      if (phase < 4) out.set(memory().subarray(from, from + 32 * n), 32 * i);
      else if (i + n === rows) out.set(memory().subarray(from, from + 32));
    }
    if (phase < 2) points = out;
    return out.reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 0);
  };

  const lib = await globalThis.PSI();
  const ids = (from) => Array.from({ length: rows }, (_, i) => `user${i + from}@example.com`);
  const [mine, yours] = [ids(0), ids(rows / 2)];
  let server, client, setup, request, response;
  const PHASES = [
    () => (setup = server.createSetupMessage(rows >= 100_000 ? 1e-6 : 1e-9, rows, yours, lib.dataStructure.GCS).serializeBinary()),
    () => (request = client.createRequest(mine).serializeBinary()),
    () => (response = server.processRequest(lib.request.deserializeBinary(request)).serializeBinary()),
    () => client.getIntersection(lib.serverSetup.deserializeBinary(setup), lib.response.deserializeBinary(response)),
  ];
  globalThis.psi = (phase) => {
    if (phase === 0) [server, client] = [lib.server.createWithNewKey(true), lib.client.createWithNewKey(true)];
    return PHASES[phase]().length;
  };
}

async function timed(name, call) {
  const before = cpu();
  const result = await page.evaluate(call);
  (times[name] ??= []).push((cpu() - before) / 1000 / rows);
  return result;
}

/** Nanoseconds the page's process was on a processor, by all its threads. */
function cpu() {
  const threads = renderers.flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/schedstat`));
  return threads.reduce((sum, path) => sum + Number(readFileSync(path, "utf8").split(" ")[0]), 0);
}

async function pids() {
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

function sums(name) {
  return Array.from({ length: rounds }, (_, round) => [0, 1, 2, 3].reduce((sum, phase) => sum + times[`${name} ${phase}`][round], 0));
}

function median(all) {
  return [...all].sort((a, b) => a - b)[all.length >> 1];
}
