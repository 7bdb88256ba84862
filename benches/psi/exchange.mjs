// Blinded exchange from tables to matches in one Chromium: psi.js on one side, on the other the page's own workers with
// engine and curve, as they stand in dist/atoll.html. Ours reads tables, hashes, pads, signs, seals tags, proves and
// checks proofs, and writes and reads every file. CPU microseconds per row of the page's process, all threads, medians.
// `node benches/psi/exchange.mjs [ROWS] [ROUNDS]`, after `benches/psi/run.sh` fetched psi.js.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PHASES, columns, median, open, root } from "./browser.mjs";

const [rows = 10_000, rounds = 3] = process.argv.slice(2).map(Number);
const html = readFileSync(process.env.ATOLL_PAGE ?? join(root, "dist/atoll.html"), "utf8");
const block = (id) => new RegExp(`id="${id}">([^<]*)<`).exec(html)[1];
const KERNELS = ["relaxed", "simd"];
const kernels = KERNELS.map((name) => readFileSync(join(root, `pkg/kernel-${name}.wasm`)).toString("base64"));
const worker = /id="atoll-worker">([\s\S]*?)<\/script>/.exec(html)[1];

const { page, times, timed, sums, close } = await open(rows, "process");
await page.evaluate(prepare, { rows, worker, packed: block("atoll-wasm"), curve: block("atoll-curve"), kernels });

const OURS = ["publish", "query", "answer", "open", "passphrase"];
for (let round = 0; round < rounds; round++) {
  for (const [at, name] of KERNELS.entries()) {
    await page.evaluate(`start(${at})`);
    for (const step of OURS) await timed(`${name} ${step}`, `ours("${step}")`);
    await page.evaluate("stop()");
  }
  for (const phase of PHASES) await timed(`psi.js ${phase}`, `psi("${phase}")`);
}
await close();

console.log(`${rows} x ${rows} from tables to matches in Chromium, ${rounds} rounds, CPU µs per row\n`);
const line = columns(14);
const theirs = sums("psi.js", PHASES);
line("", ...PHASES, "sum");
line("psi.js", ...PHASES.map((phase) => median(times[`psi.js ${phase}`]).toFixed(0)), median(theirs).toFixed(0));
line("", ...OURS.slice(0, 4), "sum", "psi.js / it", "without seals");
for (const name of KERNELS) {
  const own = sums(name, OURS.slice(0, 4));
  // The run file is sealed once and opened once: argon2id over 64 MiB each, for any number of rows.
  const bare = own.map((sum, round) => sum - 2 * times[`${name} passphrase`][round]);
  const ratio = (of) => median(of.map((sum, round) => theirs[round] / sum)).toFixed(1);
  line(name, ...OURS.slice(0, 4).map((step) => median(times[`${name} ${step}`]).toFixed(0)), median(own).toFixed(0), ratio(own), ratio(bare));
}

/** In the page: `start`, `ours` and `stop` for one worker of either role. */
async function prepare({ rows, worker, packed, curve, kernels }) {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
  /** Sends a message and waits for one of the answers. */
  const ask = (to, message, answers) =>
    new Promise((done, fail) => {
      to.onerror = (e) => fail(new Error(e.message));
      to.onmessage = ({ data }) => {
        if (answers.includes(data.is)) done(data);
        else if (["refused", "lost"].includes(data.is)) fail(new Error(JSON.stringify(data)));
      };
      to.postMessage(message);
    });
  const unpacker = new Worker(address);
  const { module } = await ask(unpacker, { role: "unpacker", packed, curve }, ["module"]);
  unpacker.terminate();
  const compiled = await Promise.all(kernels.map((text) => WebAssembly.compile(bytes(text))));

  const table = (from, columns) => new Blob([columns, "\n", Array.from({ length: rows }, (_, i) => `138${String(from + i).padStart(8, "0")},v${i % 5}\n`).join("")]);
  const [theirs, own] = [table(rows / 2, "phone,level"), table(0, "mobile,group")];
  const found = [];
  for (const blob of [theirs, own]) {
    const [desk, shard, line] = [new Worker(address), new Worker(address), new MessageChannel()];
    shard.postMessage({ role: "shard", index: 0, count: 1, module, kernel: undefined, desk: line.port1 }, [line.port1]);
    await new Promise((ready) => {
      desk.onmessage = ready;
      desk.postMessage({ role: "desk", memory: 1e9, module, kernel: undefined, shards: [line.port2] }, [line.port2]);
    });
    const ref = { index: 0, name: "table.csv", size: blob.size };
    desk.postMessage({ is: "file", ref, blob });
    found.push((await ask(desk, { is: "call", call: { inspect: { file: ref, overrule: {} } } }, ["reply"])).reply.with);
    desk.terminate();
    shard.terminate();
  }

  const [id, passphrase, today] = [{ kind: "phone", digest: "none" }, "correct horse", "2026-09-01"];
  const policy = { k: 50, outputs: ["profile", "lookalike"], expires: "2026-12-31" };
  const [to, of] = [found[0], found[1]].map((found) => ({ found, at: 0, id }));
  let files, side;
  const step = async (step, names, more) => {
    const given = Object.fromEntries(Object.entries(names).map(([as, name]) => [as, name instanceof Blob ? name : files[name]]));
    const { told, made } = await ask(side, { is: "step", step: { [step]: more }, files: given }, ["told"]);
    for (const { name, blob } of made) files[name] = blob;
    return told;
  };
  globalThis.start = async (kernel) => {
    [files, side] = [{}, new Worker(address)];
    side.postMessage({ role: "exchange", module, kernel: compiled[kernel] });
    await step("keygen", {}, { blinded: true, collaboration: "acme x tagco", epoch: "2026-Q4", id, cap: 5_000_000, passphrase });
  };
  globalThis.stop = () => side.terminate();
  const STEPS = {
    publish: () => step("publish", { table: theirs }, { table: to, policy, carry: [], ignore: [], name: "tags.atoll" }),
    query: () => step("query", { tags: "tags.atoll", table: own }, { table: of, passphrase, today }),
    answer: () => step("answer", { query: "brand.query", ledger: "provider.ledger.json" }, { today }),
    open: () => step("open", { tags: "tags.atoll", table: own, run: "brand.run", answer: "provider.answer" }, { table: of, passphrase, today }),
    passphrase: () => step("open-key", { key: "provider.key" }, { passphrase }),
  };
  globalThis.ours = async (name) => {
    const told = await STEPS[name]();
    if (name === "open" && told.matched !== rows / 2) throw new Error(`${told.matched} matches`);
  };
}
