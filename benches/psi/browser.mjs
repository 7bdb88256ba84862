// What the two comparisons in Chromium share: a page with psi.js in it, its phases, a clock of processor time, figures.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");
export const scratch = process.env.PSI_SCRATCH ?? join(root, "target/psi");
export const PHASES = ["set-up", "request", "response", "intersection"];

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"];
/** CPU microseconds a process took, from what it left in /proc. */
const CLOCKS = {
  /** All its threads that run: exact. */
  threads: (pid) => readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1000, 0),
  /** Those that ended, too: to 10 ms. */
  process: (pid) => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13).reduce((sum, ticks) => sum + Number(ticks) * 10_000, 0),
};

/** A page with psi.js, `psi(phase)` for `rows` IDs on either side, half of them shared, and what is timed in it. */
export async function open(rows, clock) {
  const { chromium } = createRequire(join(root, "tests/e2e/package.json"))("@playwright/test");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  const page = await browser.newPage();
  await page.route("http://bench.test/", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" })); // psi.js asks where it is
  await page.goto("http://bench.test/");
  await page.addScriptTag({ path: join(scratch, "node_modules/@openmined/psi.js/psi_wasm_web.js") });
  await page.evaluate(psi, rows);
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  const cpu = () => renderers.reduce((sum, pid) => sum + CLOCKS[clock](pid), 0);
  const times = {};
  return {
    page,
    times,
    /** Runs it in the page; CPU microseconds per row are kept under the name. */
    timed: async (name, call) => {
      const before = cpu();
      const result = await page.evaluate(call);
      (times[name] ??= []).push((cpu() - before) / rows);
      return result;
    },
    /** Sums of some phases, one per round. */
    sums: (name, phases) => times[`${name} ${phases[0]}`].map((_, round) => phases.reduce((sum, phase) => sum + times[`${name} ${phase}`][round], 0)),
    close: () => browser.close(),
  };
}

export function median(all) {
  return [...all].sort((a, b) => a - b)[all.length >> 1];
}

/** Prints cells in columns of a width. */
export function columns(width) {
  return (...cells) => console.log(cells.map((cell, i) => String(cell).padStart(i ? width : 10)).join(""));
}

/** In the page. */
async function psi(rows) {
  const lib = await globalThis.PSI();
  const ids = (from) => Array.from({ length: rows }, (_, i) => `138${String(from + i).padStart(8, "0")}`);
  const [mine, yours] = [ids(0), ids(rows / 2)];
  let server, client, setup, request, response;
  const STEPS = {
    "set-up": () => {
      [server, client] = [lib.server.createWithNewKey(true), lib.client.createWithNewKey(true)];
      setup = server.createSetupMessage(rows >= 100_000 ? 1e-6 : 1e-9, rows, yours, lib.dataStructure.GCS).serializeBinary();
    },
    request: () => void (request = client.createRequest(mine).serializeBinary()),
    response: () => void (response = server.processRequest(lib.request.deserializeBinary(request)).serializeBinary()),
    intersection: () => {
      const { length } = client.getIntersection(lib.serverSetup.deserializeBinary(setup), lib.response.deserializeBinary(response));
      if (Math.abs(length - rows / 2) > 2) throw new Error(`${length} matches`);
    },
  };
  globalThis.psi = (phase) => STEPS[phase]();
}
