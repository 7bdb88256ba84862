// Customers over time: files of orders and events are told apart and read in, what they leave open is asked, the figures
// are those of a plain script, the files those of the command line, and who stands behind a number can be taken on.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { ATOLL, barriers, expect, test } from "./atoll.ts";

test.setTimeout(240_000);

const PEOPLE = 1500;
const phone = (i: number): string => `138${String(10_000_000 + 37 * i)}`;
const two = (n: number): string => String(n).padStart(2, "0");
const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

type Event = { who: number; at: number; what: string; channel: string };

/** A shop whose every date can be read two ways, and whose events carry a zone; with what a plain script finds in it. */
function shop() {
  let seed = 7;
  const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const [orders, events]: [string[], Event[]] = [[], []];
  const buyers = new Map<number, { orders: number; cents: number }>();
  for (let who = 0; who < PEOPLE; who += 1) {
    const channel = random() < 0.5 ? "app" : "mini";
    for (let visit = random() * 3; visit > 0; visit -= 1) {
      const [month, day] = [1 + Math.floor(random() * 6), 1 + Math.floor(random() * 12)];
      const at = Date.UTC(2026, month - 1, day, 2, Math.floor(random() * 60));
      const does = (what: string, after: number): void => void events.push({ who, at: at + after * 60_000, what, channel });
      does("浏览", 0);
      if (random() > 0.7) continue;
      does("加购", 5);
      if (random() > (channel === "app" ? 0.8 : 0.3)) continue;
      does("支付", 12);
      const cents = 500 + Math.floor(random() * 90_000);
      orders.push(`${phone(who)},${two(day)}/${two(month)}/2026 ${two(10 + (visit > 1 ? 1 : 0))}:30,${(cents / 100).toFixed(2)},N${orders.length}`);
      const sum = buyers.get(who) ?? { orders: 0, cents: 0 };
      buyers.set(who, { orders: sum.orders + 1, cents: sum.cents + cents });
    }
  }
  const steps = ["浏览", "加购", "支付"];
  const reached = [0, 0, 0];
  for (let who = 0; who < PEOPLE; who += 1) {
    const mine = events.filter((event) => event.who === who).sort((a, b) => a.at - b.at);
    let at = 0;
    for (const { what } of mine) if (what === steps[at]) reached[at++]! += 1;
  }
  const line = ({ who, at, what, channel }: Event): string => `${phone(who)},${new Date(at).toISOString().replace(".000", "")},${what},${channel}`;
  return {
    orders: ["手机号,支付时间,实付金额,订单号", ...orders, ",01/01/2026 10:00,5.00,N-1"].join("\n") + "\n",
    events: ["手机号,时间,事件,渠道", ...events.map(line)].join("\n") + "\n",
    buyers, reached, count: orders.length, cents: [...buyers.values()].reduce((sum, { cents }) => sum + cents, 0),
  };
}

const view = (page: Page, name: string): Promise<void> => page.locator(`.views input[value=${name}]`).check({ force: true });
const n = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 0 });

async function download(page: Page, button: Locator): Promise<Buffer> {
  const [saved] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), button.click()]);
  return readFileSync(await saved.path());
}

/** Names and digests of the files on the sheet, which is then closed. */
async function shown(page: Page): Promise<Record<string, string>> {
  const files = await page.getByTestId("made-file").evaluateAll((all) => all.map((file) => [file.querySelector("b")?.textContent ?? "", file.querySelector("[data-testid=sha256]")?.textContent ?? ""]));
  await page.keyboard.press("Escape");
  return Object.fromEntries(files);
}

async function answered(page: Page, topic: string, proof: string): Promise<Record<string, string>> {
  await view(page, topic);
  await expect(page.getByTestId(proof)).toBeVisible({ timeout: 30_000 });
  await page.getByTestId("business-files").click();
  return shown(page);
}

/** Drops the shop's files and answers what they leave open. */
async function opened(page: Page, dir: string, first = "The day"): Promise<void> {
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles([join(dir, "orders.csv"), join(dir, "events.csv")]);
  await expect(page.getByTestId("past-table").nth(0)).toHaveValue("orders");
  await expect(page.getByTestId("past-table").nth(1)).toHaveValue("events");
  await page.getByTestId("business-open").click();
  const ask = page.getByTestId("business-ask");
  for (const answer of ["Beijing", first]) {
    await expect(ask).toBeVisible({ timeout: 30_000 });
    expect(await barriers(page), answer).toEqual([]);
    await ask.getByRole("button", { name: answer }).click();
  }
  await expect(page.getByTestId("business-tiles")).toBeVisible({ timeout: 30_000 });
}

test("orders and events are read in, asked about, and give what a plain script and the command line give", async ({ page, served }, info) => {
  const made = shop();
  const dir = info.outputDir;
  writeFileSync(info.outputPath("orders.csv"), made.orders);
  writeFileSync(info.outputPath("events.csv"), made.events);
  await page.goto(`${served}#shards=2`);
  await opened(page, dir);

  const tiles = page.getByTestId("business-tiles");
  for (const figure of [n(made.buyers.size), n(made.count), n(made.cents / 100)]) await expect(tiles).toContainText(figure, { timeout: 30_000 });
  await expect(page.getByTestId("home-funnel")).toContainText(n(made.reached[2]!), { timeout: 30_000 });
  expect(await barriers(page), "home").toEqual([]);

  const files = { ...(await answered(page, "rfm", "rfm-groups")), ...(await answered(page, "stages", "stages-table")), ...(await answered(page, "clv", "clv-lead")) };
  // The map is one stop of the tab key, and what its cells show is in their names.
  await view(page, "rfm");
  const map = page.locator("svg[role=group] [data-at]");
  await expect(map).toHaveCount(25);
  await expect(page.locator("svg[role=group] [data-at][tabindex='0']")).toHaveCount(1);
  await page.locator("svg[role=group] [data-at][tabindex='0']").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await expect(page.locator("svg[role=group] [data-at]:focus")).toHaveAttribute("data-at", "1,4");
  const mismatched = await page.evaluate(async () => (globalThis as unknown as { axe: { run(options: object): Promise<{ violations: unknown[] }> } }).axe.run({ runOnly: ["label-content-name-mismatch", "aria-command-name"] }));
  expect(mismatched.violations).toEqual([]);
  await view(page, "funnel");
  const steps = page.getByTestId("funnel-table").locator("tbody tr");
  for (const [i, people] of made.reached.entries()) await expect(steps.nth(i).locator("td").first()).toHaveText(n(people));
  await page.getByTestId("funnel-by").selectOption("channel");
  await expect(page.getByTestId("funnel-values").locator("tbody tr")).toHaveCount(2);
  expect(await barriers(page), "funnel").toEqual([]);
  Object.assign(files, await answered(page, "funnel", "funnel-values"));
  for (const topic of ["pivot", "cohorts", "rules"]) Object.assign(files, await answered(page, topic, `${topic}-table`));
  await view(page, "files");
  await expect(page.getByTestId("past-account")).toContainText("No ID");
  expect(await barriers(page), "files").toEqual([]);

  // The recipe of the page, on the command line: the same bytes, with another number of shards.
  await page.getByTestId("business-recipe").click();
  const recipe = await download(page, page.getByTestId("made-file").getByRole("button", { name: "Save: room.toml" }));
  await page.keyboard.press("Escape");
  writeFileSync(info.outputPath("room.toml"), recipe);
  const out = info.outputPath("out");
  execFileSync(ATOLL, ["analyze", dir, "rfm", "stages", "clv", "funnel", "pivot", "cohorts", "rules", "--out", out, "--shards", "3", "--quiet"]);
  expect(files).toEqual(Object.fromEntries(readdirSync(out).map((name) => [name, sha256(readFileSync(join(out, name)))])));

  // A fresh page takes the recipe with the files and asks nothing; a page that was told otherwise gives other files.
  await page.goto("about:blank");
  await page.goto(`${served}#shards=1`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(["room.toml", "orders.csv", "events.csv"].map((name) => join(dir, name)));
  await page.getByTestId("business-open").click({ timeout: 30_000 });
  await expect(page.getByTestId("business-tiles")).toBeVisible({ timeout: 30_000 });
  const again = await answered(page, "funnel", "funnel-values");
  expect(again["funnel-values.csv"]).toBe(files["funnel-values.csv"]);
  await page.goto("about:blank");
  await page.goto(`${served}#shards=2`);
  await opened(page, dir, "The month");
  const other = await answered(page, "rfm", "rfm-groups");
  expect(other["rfm.csv"], "control: months read as days").not.toBe(files["rfm.csv"]);
});

test("who stands behind a number is a list without a tag file, and an audience with one", async ({ page, served }, info) => {
  const made = shop();
  writeFileSync(info.outputPath("orders.csv"), made.orders);
  writeFileSync(info.outputPath("events.csv"), made.events);
  // Every second person is in the tag file, and strangers.
  const tagged = Array.from({ length: PEOPLE }, (_, i) => i).filter((i) => i % 2 === 0);
  const tags = [...tagged.map((i) => `${phone(i)},${i % 3 ? "f" : "m"}`), ...tagged.map((i) => `139${String(20_000_000 + i)},${i % 5 ? "f" : "m"}`)];
  writeFileSync(info.outputPath("tags.csv"), ["phone,sex", ...tags].join("\n") + "\n");
  writeFileSync(info.outputPath("mine.csv"), ["phone", ...tagged.filter((i) => i % 4 === 0).map(phone)].join("\n") + "\n");
  await page.goto(`${served}#shards=2`);
  await opened(page, info.outputDir);
  await view(page, "funnel");
  const paid = page.getByTestId("funnel-table").locator("tbody tr").nth(2).getByTestId("keep");
  await paid.click();
  const list = await download(page, page.getByTestId("made-file").getByRole("button", { name: /^Save:/ }));
  await page.keyboard.press("Escape");
  expect(new Set(list.toString().trim().split("\n"))).toEqual(new Set([...made.buyers.keys()].map(phone)));

  await page.locator("[data-step=files]").click();
  await page.getByTestId("file-first_party").setInputFiles(info.outputPath("mine.csv"));
  await page.getByTestId("file-tags").setInputFiles(info.outputPath("tags.csv"));
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await expect(page.locator("[data-step=match]")).toHaveAttribute("data-status", "done", { timeout: 60_000 });
  await page.locator("[data-step=business]").click();
  await view(page, "funnel");
  await paid.click();
  const crowd = page.locator(".rail").getByTestId("crowd").nth(2);
  const both = [...made.buyers.keys()].filter((i) => i % 2 === 0).length;
  await expect(crowd.locator(".people")).toHaveText(n(both), { timeout: 30_000 });
  await expect(paid).toBeDisabled();
  // Whoever the tag file does not know is not lost in silence, and can be had all the same.
  await expect(crowd).toContainText(`${n(both)} of ${n(made.buyers.size)} are in the tag file`);
  await page.getByTestId("funnel-table").locator("tbody tr").nth(2).getByTestId("keep-all").click();
  const everyone = await download(page, page.getByTestId("made-file").getByRole("button", { name: /^Save:/ }));
  await page.keyboard.press("Escape");
  expect(everyone.equals(list)).toBe(true);

  // An audience like any other: it is profiled.
  await page.locator("[data-step=profile]").click();
  await expect(page.locator("[data-step=profile]")).toHaveAttribute("data-status", "done", { timeout: 60_000 });
  await page.locator("main select").first().selectOption({ label: (await crowd.locator(".name").textContent())! });
  await expect(page.locator("main")).toContainText(n(both), { timeout: 30_000 });

  // Who was lost against who stayed, as the two sides of a model.
  await page.locator("[data-step=business]").click();
  await view(page, "cohorts");
  await page.getByTestId("churn-model").click({ timeout: 30_000 });
  await expect(page.locator("[data-step=lookalike]")).toHaveAttribute("data-status", "done", { timeout: 60_000 });
  await expect(page.locator("[data-step=lookalike]")).toHaveAttribute("aria-current", "step");
  const sizes = (await page.locator(".rail").getByTestId("crowd").locator(".people").allInnerTexts()).slice(3, 5);
  await expect(page.locator("main")).toContainText(sizes[0]!);
});

test("the sample fills the views of campaigns, platform counts, responses and products", async ({ page, served }) => {
  await page.goto(`${served}#shards=2`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("sample-business").click();
  await expect(page.getByTestId("business-tiles")).toBeVisible({ timeout: 90_000 });

  // The overview has them; the channel whose rate doubled stands out in the last quarter, and no other.
  await expect(page.getByTestId("home-campaigns")).toContainText("抖音", { timeout: 60_000 });
  await view(page, "campaigns");
  await expect(page.getByTestId("campaigns-lead")).toContainText("1.24%", { timeout: 30_000 });
  await expect(page.getByTestId("campaigns-table").locator("tbody tr")).toHaveCount(5 * 5 + 5);
  const crossed = page.getByTestId("campaigns-crossed").locator("tbody tr");
  await expect(crossed).toHaveCount(6);
  for (const channel of ["抖音", "小红书", "朋友圈", "搜索", "开屏"]) {
    const rates = (await crossed.filter({ hasText: channel }).locator("td").allInnerTexts()).map(parseFloat);
    expect(rates[3]! / rates[2]!, channel).toBeCloseTo(channel === "抖音" ? 2 : 1, 1);
  }
  expect(await barriers(page), "campaigns").toEqual([]);

  // A platform's counts by stage stand beside the stages of one's own files; one of them is named that does not add up.
  await view(page, "home");
  await expect(page.getByTestId("home-standings")).toContainText("Does not fit: 1");
  for (const changed of ["home-stages", "home-standings"]) await expect(page.getByTestId(changed)).toContainText("change since 2026-05-31");
  await view(page, "stages");
  await page.locator("[data-testid=stages-or-standings] input[value=standings]").check({ force: true });
  const counts = page.getByTestId("standings-table").locator("tbody tr");
  await expect(counts).toHaveCount(4, { timeout: 30_000 });
  for (const at of [0, 1, 2, 3]) await expect(counts.nth(at)).toContainText("adds up");
  await page.getByTestId("standings-odd").locator("summary").click();
  await expect(page.getByTestId("standings-odd")).toContainText("standing.csv row 83");
  await page.getByTestId("standings-group").selectOption("水乳");
  await expect(counts.nth(1)).toContainText("+1,000");
  expect(await barriers(page), "platform counts").toEqual([]);

  // Presets have names, not codes.
  await page.locator("[data-testid=stages-or-standings] input[value=stages]").check({ force: true });
  await page.getByTestId("stage-rules").locator("input[value=aarrr]").check({ force: true });
  await expect(page.getByTestId("stages-table")).toContainText("Acquisition", { timeout: 30_000 });
  // A value of the funnel that does better has not the colour of one that does worse.
  await view(page, "funnel");
  await page.getByTestId("funnel-by").selectOption("channel");
  const better = page.getByTestId("funnel-values").locator(".good");
  await expect(better.first()).toContainText("▲", { timeout: 30_000 });
  for (const worse of await page.getByTestId("funnel-values").locator(".warn").allInnerTexts()) expect(worse).toContain("▼");
  // Nobody is taken for gone before a second order, and that is said.
  await view(page, "clv");
  await expect(page.getByTestId("clv-alive")).toContainText("before a second one", { timeout: 30_000 });

  // Everyone who was sent the coupon is in one of four lists.
  await view(page, "rules");
  const lists = page.getByTestId("responses-table").locator("tbody tr");
  await expect(lists).toHaveCount(4, { timeout: 30_000 });
  const people = (await lists.locator("td:nth-child(2)").allInnerTexts()).map((text) => Number(text.replaceAll(",", "")));
  expect(Math.min(...people)).toBeGreaterThan(100);
  await expect(page.getByTestId("responses")).toContainText(`${n(people.reduce((sum, of) => sum + of, 0))} people were contacted`);
  // The headline counts what stands in either table.
  const rules = await page.getByTestId("rules-table").locator("tbody tr", { has: page.getByTestId("keep") }).count();
  await expect(page.getByTestId("rules-lead")).toContainText(/^\d+ rules and 4 lists of responses/);
  // The last row is of those for whom no rule holds.
  expect(Number.parseInt(await page.getByTestId("rules-lead").innerText(), 10)).toBe(rules - 1);
  expect(await barriers(page), "rules").toEqual([]);

  // What products are is an axis: rates of who buys again, by series.
  await view(page, "pivot");
  const cross = page.getByTestId("pivot-table");
  await expect(cross.locator("thead th").first()).toHaveText("series", { timeout: 30_000 });
  const again = (await cross.locator("tbody tr td:last-child").allInnerTexts()).map(parseFloat);
  expect(again[0]).toBeGreaterThan(Math.max(...again.slice(1)));
  await view(page, "paths");
  await page.getByTestId("paths-column").selectOption("series");
  const first = page.getByTestId("paths-table").locator("tbody th").first();
  await expect(first).toContainText("日护", { timeout: 30_000 });
});

test("a crowd found over time comes out of the recipe, on the command line and on a fresh page", async ({ page, served }, info) => {
  const made = shop();
  const dir = info.outputDir;
  writeFileSync(info.outputPath("orders.csv"), made.orders); // makes the folder
  writeFileSync(join(dir, "events.csv"), made.events);
  writeFileSync(join(dir, "tags.csv"), ["phone,sex", ...Array.from({ length: PEOPLE }, (_, i) => `${phone(i)},${i % 3 ? "f" : "m"}`)].join("\n") + "\n");
  writeFileSync(join(dir, "mine.csv"), ["phone", ...Array.from({ length: PEOPLE / 4 }, (_, i) => phone(4 * i))].join("\n") + "\n");
  const match = async (): Promise<void> => {
    await page.getByTestId("file-first_party").setInputFiles(join(dir, "mine.csv"));
    await page.getByTestId("file-tags").setInputFiles(join(dir, "tags.csv"));
    await page.getByTestId("go-match").click({ timeout: 60_000 });
    await expect(page.locator("[data-step=match]")).toHaveAttribute("data-status", "done", { timeout: 60_000 });
  };
  const all = async (): Promise<Record<string, string>> => {
    await page.getByTestId("export-all").click();
    await expect(page.getByTestId("made-file").filter({ hasText: "run.json" })).toHaveCount(1, { timeout: 120_000 });
    const files = await page.getByTestId("made-file").evaluateAll((all) => all.map((file) => [file.querySelector("b")?.textContent ?? "", file.querySelector("[data-testid=sha256]")?.textContent ?? ""]));
    await page.keyboard.press("Escape");
    return Object.fromEntries(files) as Record<string, string>;
  };
  const crowd = page.locator(".rail").getByTestId("crowd").nth(2);
  await page.goto(`${served}#shards=2`);
  await match();
  await opened(page, dir);
  await view(page, "funnel");
  const paid = page.getByTestId("funnel-table").locator("tbody tr").nth(2).getByTestId("keep");
  await paid.click();
  await expect(crowd.locator(".people")).toHaveText(n(made.buyers.size), { timeout: 30_000 });
  const name = (await crowd.locator(".name").textContent())!;
  const files = await all();
  await page.locator(".rail").getByRole("button", { name: "Recipe", exact: true }).click();
  writeFileSync(join(dir, "room.toml"), await download(page, page.getByTestId("save-file")));
  await page.keyboard.press("Escape");

  const out = info.outputPath("out");
  execFileSync(ATOLL, ["run", join(dir, "room.toml"), "--out", out, "--shards", "3", "--quiet"]);
  expect(files).toEqual(Object.fromEntries(readdirSync(out).map((name) => [name, sha256(readFileSync(join(out, name)))])));
  expect(Object.keys(files)).toContain("crowds.csv");

  // Control: once the settings are others, no recipe finds these people again, and it does not say it does.
  await page.getByTestId("funnel-steps").locator("select").first().selectOption({ index: 1 });
  await expect(page.getByTestId("funnel-table")).toBeVisible({ timeout: 30_000 });
  await expect(crowd).toBeVisible();
  await page.locator(".rail").getByRole("button", { name: "Recipe", exact: true }).click();
  expect((await download(page, page.getByTestId("save-file"))).toString()).not.toContain("past.funnel");
  await page.keyboard.press("Escape");

  // A fresh page waits for the files of the business step.
  await page.goto("about:blank");
  await page.goto(`${served}#shards=1`);
  await page.getByTestId("file-recipe").setInputFiles(join(dir, "room.toml"));
  await match();
  await expect(page.locator(".rail").getByTestId("waiting")).toContainText(name);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(["room.toml", "orders.csv", "events.csv"].map((file) => join(dir, file)));
  await page.getByTestId("business-open").click({ timeout: 30_000 });
  await expect(crowd.locator(".people")).toHaveText(n(made.buyers.size), { timeout: 30_000 });
  await expect(page.locator(".rail").getByTestId("waiting")).toHaveCount(0);
});
