// Blinded exchange in one Chromium page: what psi.js takes for each phase, and what the curve takes in the same phases
// here, by both kernels and by dalek in wasm; and a sum of all points, of which a proof takes one and its check two. CPU microseconds per row of the page's process, medians, in turns.
// `node benches/psi/page.mjs [ROWS] [ROUNDS]`, after `benches/psi/run.sh` made what it needs. A phase here is the hash to
// the curve or the decoding, the multiplication and the encoding; hashing of IDs (SHA-512, about 2 µs) is not in it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PHASES, columns, median, open, root, scratch } from "./browser.mjs";

const [rows = 10_000, rounds = 5] = process.argv.slice(2).map(Number);
const MODULES = {
  relaxed: join(root, "pkg/kernel-relaxed.wasm"),
  simd: join(root, "pkg/kernel-simd.wasm"),
  dalek: join(scratch, "dalek.wasm"),
};

const { page, times, timed, sums, close } = await open(rows, "threads");
const texts = Object.entries(MODULES).map(([name, path]) => [name, readFileSync(path).toString("base64")]);
await page.evaluate(prepare, { texts, rows });

/** What the curve does in each phase. */
const OURS = [...PHASES, "sum"].map((phase, at) => [phase, ["map_mul", "map_mul", "mul, one scalar", "mul, each", "sum"][at]]);
const hashes = {};
for (let round = 0; round < rounds; round++) {
  for (const name of Object.keys(MODULES)) {
    for (const [at, [phase, does]] of OURS.entries()) (hashes[does] ??= new Set()).add(await timed(`${name} ${phase}`, `ours("${name}", ${at})`));
  }
  for (const phase of PHASES) await timed(`psi.js ${phase}`, `psi("${phase}")`);
}
await close();

console.log(`${rows} x ${rows}, ${rounds} rounds, CPU µs per row\n`);
const line = columns(16);
line("", ...PHASES, "sum", "psi.js / it");
const theirs = sums("psi.js", PHASES);
for (const name of ["psi.js", ...Object.keys(MODULES)]) {
  const own = sums(name, PHASES);
  line(name, ...PHASES.map((phase) => median(times[`${name} ${phase}`]).toFixed(1)), median(own).toFixed(0), median(own.map((sum, round) => theirs[round] / sum)).toFixed(1));
}
for (const name of Object.keys(MODULES)) line(`sum, ${name}`, median(times[`${name} sum`]).toFixed(1));
line("dalek / relaxed", ...[...PHASES, "sum"].map((phase) => (median(times[`dalek ${phase}`]) / median(times[`relaxed ${phase}`])).toFixed(2)));
const differing = Object.entries(hashes).filter(([, of]) => of.size !== 1);
if (differing.length > 0) throw new Error(`the modules disagree: ${differing.map(([name]) => name)}`);

/** In the page: `ours`, one phase at a time. */
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
    // Whether all modules say the same, at next to no cost of its own.
    let hash = 0;
    for (const word of new Int32Array(out.buffer)) hash = (Math.imul(hash, 31) + word) | 0;
    return hash;
  };
}
