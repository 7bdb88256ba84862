// Tables beside events and orders: products, responses and campaigns are told by their columns, read in together, and give on
// the page what the same recipe gives on the command line; a fresh page takes the recipe and asks nothing.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { ATOLL, barriers, expect, test } from "./atoll.ts";

test.setTimeout(120_000);

const two = (n: number): string => String(n).padStart(2, "0");
const phone = (i: number): string => `138${String(10_000_000 + 37 * i)}`;
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const view = (page: Page, name: string): Promise<void> => page.locator(`.views input[value=${name}]`).check({ force: true });

/** Orders of four products, one of which no list knows; coupons on three steps; what three media say they showed. */
function tables(): Record<string, string> {
  let seed = 5;
  const random = (n: number): number => Math.floor(((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32) * n);
  const [orders, coupons, media]: [string[], string[], string[]] = [[], [], []];
  for (let who = 0; who < 400; who += 1) {
    for (let i = 1 + random(3); i > 0; i -= 1) orders.push(`${phone(who)},2026-0${1 + random(6)}-${two(1 + random(28))},${10 + random(90)}.00,${["t1", "t2", "c1", "mug"][random(4)]}`);
    const [day, reached] = [1 + random(20), random(4)];
    const at = (step: number): string => (step < reached ? `2026-03-${two(day + step)} 10:00:00` : "");
    coupons.push(`${phone(who)},${["sms", "app"][random(2)]},${at(0)},${at(1)},${at(2)}`);
  }
  for (let day = 1; day <= 28; day += 1)
    for (const [at, channel] of ["sms", "feed", "search"].entries()) {
      const shown = 2000 + random(9000);
      const clicks = Math.floor(shown / (20 + 15 * at));
      media.push(`2026-06-${two(day)},${channel},v${random(2)},${shown},${clicks},${(50 + random(400) / 10).toFixed(2)},${Math.floor(clicks / 9)},${400 + random(900)}`);
    }
  media.push("2026-06-28,feed,v1,10,20,5.00,1,1");
  const text = (head: string, rows: string[]): string => [head, ...rows].join("\n") + "\n";
  return {
    "orders.csv": text("phone,paid_at,amount,product", orders),
    "products.csv": text("sku,series,category", ["t1,oolong,tea", "t2,green,tea", "c1,clay,cup", "c1,glass,cup"]),
    "coupons.csv": text("phone,channel,sent_at,delivered_at,redeemed_at", coupons),
    "media.csv": text("date,channel,creative,impressions,clicks,cost,conversions,revenue", media),
  };
}

async function files(page: Page, topic: string, proof: string): Promise<Record<string, string>> {
  await view(page, topic);
  await expect(page.getByTestId(proof)).toBeVisible({ timeout: 30_000 });
  await page.getByTestId("business-files").click();
  const all = await page.getByTestId("made-file").evaluateAll((each) => each.map((file) => [file.querySelector("b")?.textContent ?? "", file.querySelector("[data-testid=sha256]")?.textContent ?? ""]));
  await page.keyboard.press("Escape");
  return Object.fromEntries(all);
}

async function drop(page: Page, address: string, paths: string[]): Promise<void> {
  await page.goto("about:blank");
  await page.goto(address);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(paths);
}

test("products, responses and campaigns are told apart and give what the command line gives", async ({ page, served }, info) => {
  const made = tables();
  for (const [name, text] of Object.entries(made)) writeFileSync(info.outputPath(name), text);
  const paths = Object.keys(made).map((name) => info.outputPath(name));
  await drop(page, `${served}#shards=2`, paths);
  for (const [i, kind] of ["orders", "sku", "response", "campaign"].entries()) await expect(page.getByTestId("past-table").nth(i)).toHaveValue(kind);
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("business-tiles")).toBeVisible({ timeout: 60_000 });
  await view(page, "files");
  await expect(page.getByTestId("past-joined").first()).toContainText("mug");
  expect(await barriers(page), "files").toEqual([]);
  await page.screenshot({ path: info.outputPath("files.png"), fullPage: true });

  await view(page, "campaigns");
  await expect(page.getByTestId("campaigns-table").locator("tbody tr")).toHaveCount(4, { timeout: 30_000 });
  await expect(page.getByTestId("campaigns-odd")).toContainText("in no rate: 1");
  await page.getByTestId("campaigns-by-1").selectOption("week");
  await page.getByTestId("campaigns-compare").selectOption("14");
  await page.getByTestId("campaigns-versus-0").selectOption("sms");
  await expect(page.getByTestId("campaigns-compared")).toHaveCount(2, { timeout: 30_000 });
  await page.getByTestId("campaigns-goal").selectOption("roas");
  await expect(page.getByTestId("campaigns-plan")).toContainText("ROAS");
  await expect(page.getByRole("heading", { name: "Goals" })).toBeVisible({ timeout: 30_000 });
  expect(await barriers(page), "campaigns").toEqual([]);
  await page.screenshot({ path: info.outputPath("campaigns.png"), fullPage: true });
  const found = await files(page, "campaigns", "campaigns-table");

  await view(page, "pivot");
  await page.getByTestId("pivot-by-0").selectOption("series");
  await expect(page.getByTestId("pivot-table")).toContainText("oolong", { timeout: 30_000 });
  Object.assign(found, await files(page, "pivot", "pivot-table"));
  Object.assign(found, await files(page, "funnel", "funnel-table"));
  await page.getByTestId("business-recipe").click();
  const save = page.getByTestId("made-file").getByRole("button", { name: "Save: room.toml" });
  const [recipe] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), save.click()]);
  writeFileSync(info.outputPath("room.toml"), readFileSync(await recipe.path()));
  const out = info.outputPath("out");
  execFileSync(ATOLL, ["analyze", info.outputDir, "campaigns", "pivot", "funnel", "--out", out, "--shards", "3", "--quiet"]);
  expect(found).toEqual(Object.fromEntries(readdirSync(out).map((name) => [name, sha256(readFileSync(join(out, name)))])));

  // A fresh page takes the recipe with the files, whatever it would have guessed.
  await drop(page, `${served}#shards=1`, [...paths, info.outputPath("room.toml")]);
  for (const [i, kind] of ["orders", "sku", "response", "campaign"].entries()) await expect(page.getByTestId("past-table").nth(i)).toHaveValue(kind);
  await page.getByTestId("business-open").click({ timeout: 30_000 });
  await expect(page.getByTestId("business-tiles")).toBeVisible({ timeout: 60_000 });
  expect(await files(page, "campaigns", "campaigns-table")).toEqual(Object.fromEntries(Object.entries(found).filter(([name]) => /^campaigns|^rows/.test(name))));
});

test("platform counts alone are told by their columns, a row or a column per stage", async ({ page, served }, info) => {
  const wide = info.outputPath("databank.csv");
  const long = info.outputPath("yuntu.csv");
  writeFileSync(wide, "日期,品类,A1人数,A2人数,合计\n2026-05-31,茶,\"12,000\",3000,15000\n2026-06-30,茶,1.3万,3600,16600\n");
  writeFileSync(long, "阶段,人数\nA1,9000\nA2,2500\n");
  await page.setViewportSize({ width: 390, height: 844 });
  await drop(page, `${served}#shards=2&lang=zh`, [wide, long]);
  for (const at of [0, 1]) await expect(page.getByTestId("past-table").nth(at)).toHaveValue("standing");
  // The second file says neither day nor category.
  await page.getByTestId("past-day").fill("2026-06-30");
  await page.getByTestId("past-day").dispatchEvent("change");
  await page.getByTestId("past-labels").nth(1).fill("category=杯");
  await page.getByTestId("past-labels").nth(1).blur();
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("standings-lead")).toContainText("22,000", { timeout: 60_000 });
  await expect(page.getByTestId("standings-odd")).toContainText("2 处对不上");
  await page.getByTestId("standings-group").selectOption("茶");
  await expect(page.getByTestId("standings-lead")).toContainText("+1,000 · +8.3%");
  expect(await barriers(page), "platform counts").toEqual([]);
  await page.screenshot({ path: info.outputPath("standings-zh.png"), fullPage: true });
});

test("columns of platform counts are told apart: moves and days, sums and people, shares left alone", async ({ page, served }, info) => {
  const exports: Record<string, [text: string, uses: Record<string, string>]> = {
    "moves.csv": ["起始日期,截止日期,起始阶段,目标阶段,流转人数\n2026-05-31,2026-06-30,认知,兴趣,1000\n2026-05-31,2026-06-30,兴趣,购买,300\n", { 起始日期: "since", 截止日期: "time", 起始阶段: "from", 目标阶段: "to", 流转人数: "people" }],
    "moves-en.csv": ["from_date,to_date,from_stage,to_stage,customers\n2026-05-31,2026-06-30,Aware,Interest,1000\n2026-05-31,2026-06-30,Interest,Loyal,40\n", { from_date: "since", to_date: "time", from_stage: "from", to_stage: "to", customers: "people" }],
    "moves-one.csv": ["起始日期,截止日期,阶段,去向阶段,总人数\n2026-05-31,2026-06-30,认知,兴趣,1000\n2026-05-31,2026-06-30,兴趣,购买,300\n", { 阶段: "from", 去向阶段: "to", 总人数: "people" }],
    "databank.csv": ['统计日期,类目,阶段,消费者数,占比,环比\n2026/5/31,护肤,认知,"1,200,000",60%,\n2026/5/31,护肤,兴趣,"500,000",25%,\n2026/5/31,护肤,全部,170万,100%,\n2026/6/30,护肤,认知,"1,300,000",61.0%,+8.3%\n2026/6/30,护肤,兴趣,"510,000",24%,2%\n2026/6/30,护肤,全部,181万,100%,-1.5%\n', { 统计日期: "time", 类目: "category", 阶段: "stage", 消费者数: "people", 占比: "none", 环比: "none" }],
    "plain.csv": ["月份,品牌,层级,人群规模,份额\n2026-05,甲,A1,1000,60\n2026-05,甲,A2,500,40\n2026-06,甲,A1,1000,60\n2026-06,甲,A2,500,40\n", { 月份: "time", 品牌: "label", 层级: "stage", 人群规模: "people", 份额: "none" }],
    "wide.csv": ["日期,认知消费者数,兴趣消费者数,总人数,认知占比,A1占比\n2026-05-31,1000,500,1500,66.7%,10%\n2026-06-30,1100,510,1610,68.3%,11%\n", { 日期: "time", 认知消费者数: "stood", 兴趣消费者数: "stood", 总人数: "total", 认知占比: "none", A1占比: "none" }],
  };
  for (const people of ["消费者人数", "消费者资产", "资产", "覆盖人数", "规模", "consumers", "audience", "reach", "size"]) exports[`${people}.csv`] = [`日期,阶段,${people}\n2026-05-31,A1,9000\n2026-05-31,A2,2500\n`, { 日期: "time", 阶段: "stage", [people]: "people" }];
  for (const [name, [text]] of Object.entries(exports)) writeFileSync(info.outputPath(name), text);
  await drop(page, `${served}#shards=1&lang=zh`, Object.keys(exports).map((name) => info.outputPath(name)));
  for (const [name, [, uses]] of Object.entries(exports)) {
    const card = page.getByRole("region", { name, exact: true });
    await expect(card.getByTestId("past-table"), name).toHaveValue("standing");
    for (const [column, use] of Object.entries(uses)) await expect(card.getByLabel(column, { exact: true }), `${name}: ${column}`).toHaveValue(use);
  }
});

test("counted campaigns alone need no people", async ({ page, served }, info) => {
  writeFileSync(info.outputPath("media.csv"), tables()["media.csv"] ?? "");
  await page.setViewportSize({ width: 390, height: 844 });
  await drop(page, `${served}#shards=2&lang=zh`, [info.outputPath("media.csv")]);
  await expect(page.getByTestId("past-table")).toHaveValue("campaign");
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("campaigns-lead")).toContainText("曝光", { timeout: 60_000 });
  expect(await barriers(page), "campaigns").toEqual([]);
  await page.screenshot({ path: info.outputPath("campaigns-zh.png"), fullPage: true });
});

test("times since 1970 are read though they are masked, and how they are written can be said by hand", async ({ page, served }, info) => {
  const start = Date.UTC(2026, 0, 1);
  const rows = (unit: number): string => Array.from({ length: 300 }, (_, i) => `u${String(i % 90).padStart(5, "0")},${Math.floor((start + i * 7_777_777) / unit)},${["view", "cart", "pay"][i % 3]}`).join("\n");
  writeFileSync(info.outputPath("ms.csv"), `uid,ts,action\n${rows(1)}\n`);
  writeFileSync(info.outputPath("s.csv"), `uid,ts,action\n${rows(1000)}\n`);
  await drop(page, `${served}#shards=2&lang=zh`, [info.outputPath("ms.csv"), info.outputPath("s.csv")]);
  const format = page.getByTestId("past-format");
  await expect(format.nth(0).locator("option").first()).toHaveText("自动：1970 年以来的毫秒数");
  await expect(format.nth(1).locator("option").first()).toHaveText("自动：1970 年以来的秒数");
  await page.getByTestId("business-open").click();
  await page.getByTestId("business-ask").getByRole("button", { name: "UTC" }).click({ timeout: 30_000 });
  await expect(page.locator("h1")).toContainText("截至 2026-01-27", { timeout: 60_000 });
  // Control: milliseconds read as a year, a month and a day are no times.
  await view(page, "files");
  await format.nth(0).selectOption("ymd");
  await page.getByTestId("business-open").click();
  await expect(page.getByRole("alert").filter({ hasText: "时间读不懂" })).toBeVisible({ timeout: 60_000 });
});

test("an order number is no person, and daily figures of campaigns are told by their Chinese names", async ({ page, served }, info) => {
  const days = Array.from({ length: 40 }, (_, i) => `2026-01-${two(1 + (i % 28))}`);
  writeFileSync(info.outputPath("orders.csv"), ["订单号,下单日期,金额,品类", ...days.map((day, i) => `${i},${day},${10 + i}.00,${["茶", "杯"][i % 2]}`)].join("\n") + "\n");
  writeFileSync(info.outputPath("media.csv"), ["日期,媒体,曝光量,点击量,点击率,消耗(元),成交人数,成交金额", ...days.map((day, i) => `${day},抖音,${9000 + 31 * i},${90 + i},${i / 100},${200 + i}.5,${1 + i},${100 + 7 * i}`)].join("\n") + "\n");
  await drop(page, `${served}#shards=1&lang=zh`, [info.outputPath("orders.csv"), info.outputPath("media.csv")]);
  const orders = page.getByRole("region", { name: "orders.csv", exact: true });
  await expect(orders.getByLabel("订单号", { exact: true })).toHaveValue("order");
  await expect(orders.getByTestId("past-nobody")).toContainText("订单号认得出订单，认不出顾客");
  await expect(page.getByTestId("business-open")).toBeDisabled();
  const media = page.getByRole("region", { name: "media.csv", exact: true });
  for (const [column, use] of Object.entries({ 曝光量: "impressions", 点击量: "clicks", 成交人数: "conversions", 成交金额: "revenue" })) await expect(media.getByLabel(column, { exact: true }), column).toHaveValue(use);
  await expect(media.getByLabel("点击率", { exact: true })).toHaveValue("none");
  expect(await barriers(page), "files").toEqual([]);
  // Control: said to be a person all the same, it is one.
  await orders.getByLabel("订单号", { exact: true }).selectOption("id");
  await expect(page.getByTestId("past-nobody")).toHaveCount(0);
});
