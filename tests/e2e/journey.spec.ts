// The whole journey on the page: two files become an audience, in both languages, with the keyboard, through a cancel
// and a lost worker.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(240_000);

const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");
const step = (page: Page, name: string) => page.locator(`[data-step=${name}]`);
const done = (page: Page, name: string) =>
  expect(step(page, name)).toHaveAttribute("data-status", "done", { timeout: 120_000 });

/** Loads the sample city and matches it. */
async function sample(page: Page): Promise<void> {
  await page.getByTestId("sample").click();
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await done(page, "match");
}

/** Saves what a click downloads. */
async function saved(page: Page, click: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test("from two sample files to an audience, without a barrier on the way", async ({ page, served }) => {
  await page.goto(served);
  await sample(page);
  await expect(page.getByTestId("match-sentence")).toContainText("4,376");
  for (const name of ["profile", "lookalike", "personas"]) {
    await step(page, name).click();
    await done(page, name);
    expect(await barriers(page), name).toEqual([]);
  }
  await expect(page.getByTestId("persona").first()).toBeVisible();
  await step(page, "lookalike").click();
  await expect(page.getByTestId("verdict")).toBeVisible();
  await page.getByTestId("save-reach").click();
  await page.getByTestId("export").click();
  await page.getByTestId("make-file").click();
  const digest = page.getByTestId("sha256");
  await expect(digest).toHaveText(/^[0-9a-f]{64}$/);
  expect(await barriers(page), "export").toEqual([]);
  const file = await saved(page, () => page.getByTestId("save-file").click());
  expect(sha256(file.bytes)).toBe(await digest.textContent());
  expect(file.bytes.toString().split("\n")[0]).toMatch(/^[0-9a-f]{64}$/);
  await expect(page.getByTestId("proof")).toContainText("0");
});

test("a GBK file of MD5 phones and a gzip of tags, in Chinese, saved page, dark", async ({ page, served }, info) => {
  const md5 = (text: string) => createHash("md5").update(text).digest("hex");
  // 北京 and 上海 in GBK; Node writes no GBK by itself.
  const city = [Buffer.from([0xb1, 0xb1, 0xbe, 0xa9]), Buffer.from([0xc9, 0xcf, 0xba, 0xa3])];
  const header = Buffer.from([0xca, 0xd6, 0xbb, 0xfa, 0xba, 0xc5, 0x2c, 0xb3, 0xc7, 0xca, 0xd0, 0x0d, 0x0a]);
  const line = (i: number) => Buffer.concat([Buffer.from(md5(`138${String(i).padStart(8, "0")}`).toUpperCase() + ","), city[i % 2]!, Buffer.from("\r\n")]);
  const ours = Buffer.concat([header, ...Array.from({ length: 400 }, (_, i) => line(i * 3))]);
  const theirs = Array.from({ length: 3000 }, (_, i) => `${md5(`138${String(i).padStart(8, "0")}`)},${["a", "b", "c"][i % 3]},${i % 41}`);
  const dir = info.outputPath("files");
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "会员.csv"), ours);
  writeFileSync(join(dir, "标签.csv"), `id,层级,活跃\n${theirs.join("\n")}\n`);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(served);
  await page.locator("button[lang]").first().click();
  await expect(page.locator("html")).toHaveAttribute("lang", /zh/);
  await page.getByTestId("file-first_party").setInputFiles(join(dir, "会员.csv"));
  await expect(page.getByTestId("card-first_party")).toContainText("GB");
  await expect(page.getByTestId("card-first_party")).toContainText("城市");
  await page.getByTestId("file-tags").setInputFiles(join(dir, "标签.csv"));
  await page.getByTestId("go-match").click();
  await done(page, "match");
  await expect(page.getByTestId("match-sentence")).toContainText("400");
  for (const name of ["profile", "lookalike", "personas"]) {
    await step(page, name).click();
    await done(page, name);
    expect(await barriers(page), name).toEqual([]);
  }
});

test("a call that is cancelled leaves the room as it was", async ({ page, served }) => {
  await page.goto(served);
  await sample(page);
  await step(page, "lookalike").click();
  await page.getByRole("button", { name: "Cancel" }).first().click({ timeout: 20_000 });
  await expect(step(page, "lookalike")).not.toHaveAttribute("data-status", "running");
  await step(page, "profile").click();
  await done(page, "profile");
});

test("a worker that dies is noticed, and one click loads the files again", async ({ page, served }) => {
  await page.goto(served);
  await sample(page);
  await step(page, "lookalike").click();
  const shard = page.workers()[1]!;
  await shard.evaluate(() => setTimeout(() => { throw new Error("killed by a test"); })).catch(() => undefined);
  await expect(page.locator(".lost")).toBeVisible({ timeout: 60_000 });
  await page.locator(".lost").getByRole("button").click();
  await page.getByTestId("go-match").or(step(page, "match")).first().click();
  await done(page, "match");
});

test("the keyboard alone goes from sample data to a verdict", async ({ page, served }) => {
  await page.goto(served);
  const press = async (target: string) => {
    for (let tabs = 0; tabs < 200; tabs += 1) {
      const here = await page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, target);
      if (here) return page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
    }
    throw new Error(`${target} is not reached by Tab`);
  };
  await press("[data-testid=sample]");
  await expect(page.getByTestId("go-match")).toBeEnabled({ timeout: 60_000 });
  await press("[data-testid=go-match]");
  await done(page, "match");
  await press("[data-step=lookalike]");
  await done(page, "lookalike");
  await expect(page.getByTestId("verdict")).toBeVisible();
});

/** A brand and a table of 2,000 people whose two columns only tell the brand's together. */
function pair(dir: string): [string, string] {
  const phone = (i: number) => `139${String(i).padStart(8, "0")}`;
  const draw = (i: number, salt: string) => Number.parseInt(sha256(`${salt} ${i}`).slice(0, 8), 16) / 2 ** 32;
  const tags = ["phone,north,young,left"];
  const ours = ["phone"];
  for (let i = 0; i < 2000; i += 1) {
    const [north, young] = [draw(i, "north") < 0.5, draw(i, "young") < 0.5];
    tags.push(`${phone(i)},${north ? "y" : "n"},${young ? "y" : "n"},${draw(i, "left") < 0.5 ? "y" : "n"}`);
    if (draw(i, "ours") < (north === young ? 0.4 : 0.1)) ours.push(phone(i));
  }
  mkdirSync(dir, { recursive: true });
  const files: [string, string] = [join(dir, "ours.csv"), join(dir, "tags.csv")];
  writeFileSync(files[0], `${ours.join("\n")}\n`);
  writeFileSync(files[1], `${tags.join("\n")}\n`);
  return files;
}

test("the best blend finds what only holds together, and writes the leaderboard", async ({ page, served }, info) => {
  const [ours, tags] = pair(info.outputPath("files"));
  await page.goto(served);
  await page.getByTestId("file-first_party").setInputFiles(ours);
  await page.getByTestId("file-tags").setInputFiles(tags);
  await page.getByTestId("go-match").click();
  await done(page, "match");
  await step(page, "lookalike").click();
  await done(page, "lookalike");
  const board = page.getByTestId("leaderboard").locator("tbody tr");
  await expect(board).toHaveCount(5, { timeout: 120_000 });
  const auc = async (name: string) => Number(await board.filter({ hasText: name }).first().locator("td").first().textContent());
  // Each column alone tells nothing: the scorecard is blind, trees are not, and the blend goes with them.
  expect(await auc("Scorecard")).toBeLessThan(0.56);
  expect(await auc("Boosted trees")).toBeGreaterThan(0.64);
  expect(await auc("Best blend")).toBeGreaterThan(0.64);
  expect(await barriers(page)).toEqual([]);
  await page.getByTestId("export-all").click();
  await expect(page.getByTestId("made-file").filter({ hasText: "leaderboard.csv" })).toHaveCount(1, { timeout: 120_000 });
});

test("settings are taken: other tiers, other columns, other personas", async ({ page, served }) => {
  await page.goto(served);
  await sample(page);
  await step(page, "lookalike").click();
  await done(page, "lookalike");
  await page.getByRole("button", { name: "Settings" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("Tier borders").fill("2, 30");
  await sheet.getByLabel("会员等级").check();
  await sheet.getByRole("button", { name: "Run again" }).click();
  await done(page, "lookalike");
  await expect(page.getByRole("rowheader", { name: /30\s?%/ })).toHaveCount(1);
  await step(page, "personas").click();
  await done(page, "personas");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("dialog").getByRole("checkbox").first().uncheck();
  await page.getByRole("dialog").getByRole("button", { name: "Run again" }).click();
  await done(page, "personas");
  await expect(page.getByRole("alert")).toHaveCount(0);
});
