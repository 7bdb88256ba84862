// One tab does the whole job: two files become a match, a profile, a lookalike, personas and an audience file.
// `node benches/job/page.mjs DIR [SHARDS]` prints one JSON line: seconds by step, people, and the most memory the
// tab's process ever held. DIR is what `prepare.py` made.
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const root = resolve(import.meta.dirname, "../..");
const { chromium } = createRequire(join(root, "tests/e2e/package.json"))("@playwright/test");
const [dir, shards = "2"] = process.argv.slice(2);
if (!dir) throw new Error("usage: node benches/job/page.mjs DIR [SHARDS]");

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
const page = await browser.newPage();
page.setDefaultTimeout(600_000);
await page.goto(`${pathToFileURL(join(root, "dist/atoll.html")).href}#shards=${shards}`);
await page.locator("button[lang]").first().waitFor();

const steps = {};
let since = performance.now();
const start = since;
const lap = (name) => {
  const now = performance.now();
  steps[name] = seconds(now - since);
  since = now;
};
const done = (name) => page.locator(`[data-step=${name}][data-status=done]`).waitFor();

await page.getByTestId("file-recipe").setInputFiles(join(dir, "room.toml"));
await page.getByTestId("file-first_party").setInputFiles(join(dir, "first_party.csv"));
await page.getByTestId("file-tags").setInputFiles(join(dir, "tags.csv"));
await page.locator("[data-testid=go-match]:enabled").waitFor();
lap("inspect");
await page.getByTestId("go-match").click();
await done("match");
lap("load and match");
for (const name of ["profile", "lookalike", "personas"]) {
  await page.locator(`[data-step=${name}]`).click();
  await done(name);
  lap(name);
}
await page.locator("[data-step=lookalike]").click();
await page.getByTestId("save-reach").click();
await page.getByTestId("export").click();
await page.getByTestId("make-file").click();
await page.getByTestId("sha256").waitFor();
lap("audience file");
const all = seconds(since - start);
await page.keyboard.press("Escape");
await page.locator("[data-step=match]").click();
const matched = Number(/[\d,]+/.exec(await page.getByTestId("match-sentence").textContent())[0].replaceAll(",", ""));

console.log(JSON.stringify({ contender: "atoll", shards: Number(shards), all, steps, matched, tab_mb: await tab(), input_mb: input() }));
await browser.close();

/** The most memory of the largest process of the browser that shows pages: the tab, its workers with it. */
async function tab() {
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  const peaks = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]) / 1024);
  return Math.round(Math.max(...peaks));
}

function input() {
  return Math.round(["first_party.csv", "tags.csv"].reduce((sum, name) => sum + statSync(join(dir, name)).size, 0) / 1e6);
}

function seconds(ms) {
  return Number((ms / 1000).toFixed(2));
}
