// The crowd workbench: what is clicked, dragged and typed becomes one expression with its size, and the basket's crowds
// are compared, cut by score, split into packs and planned in waves. Sizes are checked against each other: parts add up.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(90_000);

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const step = (page: Page, name: string) => page.locator(`[data-step=${name}]`);
const crowds = (page: Page) => page.locator(".rail").getByTestId("crowd");
const number = (text: string | null) => Number((text ?? "").replaceAll(/[^\d]/g, ""));

async function show(page: Page, name: string): Promise<void> {
  await step(page, name).click();
  await expect(step(page, name)).toHaveAttribute("data-status", /done|ready/, { timeout: 120_000 });
}

async function sample(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.getByTestId("sample").click();
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await expect(step(page, "match")).toHaveAttribute("data-status", "done", { timeout: 120_000 });
}

/** Clicks a value of a column in the palette. */
async function pick(page: Page, column: string, value: string): Promise<void> {
  await page.getByTestId("palette-search").fill(column);
  await page.getByTestId("palette-tag").filter({ has: page.getByText(value, { exact: true }) }).first().click();
  await page.getByTestId("palette-search").fill("");
}

/** The size once it no longer changes: the newest question was answered. */
async function size(page: Page): Promise<number> {
  let last = "";
  await expect(async () => {
    const now = (await page.getByTestId("draft-people").textContent()) ?? "";
    const same = now === last;
    last = now;
    expect(same && /\d/.test(now)).toBe(true);
  }).toPass({ intervals: [250] });
  return number(last);
}

const view = (page: Page, name: string): Promise<void> => page.locator(".views label").filter({ hasText: name }).click();

test("tags and crowds are built into a nested expression by mouse and keyboard, counted, undone and saved", async ({ page, served }) => {
  await sample(page, served);
  await show(page, "crowds");
  const tree = page.getByTestId("tree");
  await pick(page, "性别", "女");
  const women = await size(page);
  await pick(page, "性别", "男");
  const both = await size(page);
  expect(both).toBeGreaterThan(women);
  await tree.getByRole("button", { name: "Remove the value “男”" }).click();
  expect(await size(page)).toBe(women);
  // A group of its own: women who are in either of two.
  await tree.getByRole("button", { name: "∨ any of" }).click();
  await pick(page, "城市等级", "一线");
  const first = await size(page);
  await pick(page, "有车", "有");
  const either = await size(page);
  expect(first).toBeLessThan(either);
  expect(either).toBeLessThan(women);
  await expect(page.getByTestId("draft-sentence")).toHaveText("性别 is 女 and (城市等级 is 一线 or 有车 is 有)");
  // The keyboard: out of its group, and it must hold for all.
  await tree.getByRole("treeitem", { name: /^有车 有/ }).press("Alt+ArrowLeft");
  await expect(page.getByTestId("draft-sentence")).toHaveText("性别 is 女 and 城市等级 is 一线 and 有车 is 有");
  const all = await size(page);
  expect(all).toBeLessThan(first);
  await tree.getByRole("treeitem", { name: /^有车 有/ }).press("Control+z");
  expect(await size(page)).toBe(either);
  // A crowd dragged out of the basket, the group turned to "without": what is taken away and what stays are all.
  await crowds(page).nth(0).dragTo(tree.getByRole("treeitem").first(), { targetPosition: { x: 60, y: 12 } });
  const inSeed = await size(page);
  await tree.locator("select").first().selectOption("minus");
  await expect(page.getByTestId("draft-sentence")).toContainText("without");
  expect(await size(page)).toBeLessThan(women);
  await tree.locator("select").first().selectOption("and");
  expect(await size(page)).toBe(inSeed);
  expect(await barriers(page)).toEqual([]);
  // All of them are of the seed: the target of the quality line.
  const quality = page.getByTestId("draft");
  await expect(quality).toContainText("100.0%");
  await expect(quality).toContainText("reached");
  await page.getByTestId("draft-save").click();
  await expect(crowds(page)).toHaveCount(3);
  await expect(crowds(page).nth(2).locator(".people")).toHaveText(inSeed.toLocaleString("en"));
  // Its own profile is one click away, and tags clicked there go into the same selection.
  await quality.getByRole("button", { name: "Its profile" }).click();
  await expect(step(page, "profile")).toHaveAttribute("data-status", "done", { timeout: 60_000 });
  await expect(page.getByTestId("profile-sentence")).toContainText(inSeed.toLocaleString("en"));
  await expect(page.getByTestId("pick-bar")).toContainText("性别 is 女");
});

test("crowds are compared, cut by score, split and planned: parts add up to their wholes", async ({ page, served }) => {
  await sample(page, served);
  await show(page, "lookalike");
  await page.getByTestId("save-reach").click();
  await show(page, "crowds");
  await pick(page, "性别", "女");
  const women = await size(page);
  await page.getByTestId("draft-save").click();

  // Contrasts: only tags that pass; ticked, they join the selection.
  await view(page, "Contrasts");
  const signs = page.getByTestId("signs");
  await expect(signs.locator("tbody tr").first()).toBeVisible();
  const both = number((await page.getByTestId("signs-kept").textContent())!.split(" of ")[0]!);
  await signs.getByText("In either").click();
  expect(number((await page.getByTestId("signs-kept").textContent())!.split(" of ")[0]!)).toBeGreaterThan(both);
  expect(await barriers(page), "signs").toEqual([]);

  // Overlap: the bars are everyone who is in any of the crowds, once.
  await view(page, "Overlap");
  const overlap = page.getByTestId("overlap");
  await expect(overlap.getByTestId("region").first()).toBeVisible();
  const titles = await overlap.getByTestId("region").locator("title").allTextContents();
  const inWomen = titles.filter((title) => title.includes("性别 女")).reduce((sum, title) => sum + number(title.split(":").at(-1)!), 0);
  expect(inWomen).toBe(women);
  const before = await crowds(page).count();
  await overlap.getByTestId("region").nth(1).click();
  await expect(crowds(page)).toHaveCount(before + 1);
  expect(number(await crowds(page).nth(before).locator(".people").textContent())).toBe(number(titles[1]!.split(":").at(-1)!));
  await expect(page.getByTestId("similarity")).toContainText(/similar|different/);
  expect(await barriers(page), "overlap").toEqual([]);

  // Score: a row is its crowd outside the seed; two cells make a crowd of their people.
  await view(page, "By score");
  const matrix = page.getByTestId("matrix");
  const row = matrix.locator("tbody tr").filter({ hasText: "Whole tag file" });
  await expect(row.locator("button")).toHaveCount(10);
  const cells = await row.locator("button").evaluateAll((buttons) => buttons.map((button) => Number(button.firstChild!.textContent!.replaceAll(",", ""))));
  expect(cells.reduce((a, b) => a + b, 0)).toBe(50_000 - 4_376);
  await row.locator("button").nth(0).click();
  await row.locator("button").nth(2).click();
  await expect(page.getByTestId("matrix-picked")).toContainText((cells[0]! + cells[2]!).toLocaleString("en"));
  await expect(matrix.locator("button.primary")).toBeEnabled();
  await page.waitForTimeout(300); // a colour on its way is no colour
  expect(await barriers(page), "matrix").toEqual([]);

  // Packs: everyone of the crowd in one archive.
  await view(page, "Packs");
  const packs = page.getByTestId("packs");
  await packs.getByLabel("Who").selectOption({ label: `性别 女 · ${women.toLocaleString("en")}` });
  await packs.locator("fieldset select").nth(0).selectOption("城市等级");
  await packs.locator("fieldset select").nth(1).selectOption("年龄");
  await packs.getByLabel("Packs at most").fill("10");
  await expect(page.getByTestId("packs-sum")).toContainText("11 packs");
  await expect(page.getByTestId("packs-sum")).toContainText("everyone in exactly one pack");
  await expect(packs.locator("tbody tr").first()).toBeVisible();
  const shown = await packs.locator("tbody tr td.num:nth-last-of-type(3)").allTextContents();
  expect(shown.reduce((sum, text) => sum + number(text), 0)).toBe(women);
  await page.getByTestId("make-packs").click();
  const digest = await packs.getByTestId("sha256").textContent();
  expect(await barriers(page), "packs").toEqual([]);
  const file = await download(page, page.getByTestId("save-packs"));
  expect(file.name).toBe("packs.zip");
  expect(sha256(file.bytes)).toBe(digest);
  expect(file.bytes.includes("index.csv")).toBe(true);

  // Waves: every row, held back, first, next and left, is the crowd.
  await view(page, "Waves");
  const waves = page.getByTestId("waves");
  await waves.getByLabel("Campaign audience").selectOption({ label: `性别 女 · ${women.toLocaleString("en")}` });
  await waves.getByText("Seed", { exact: true }).click();
  await expect(waves.locator("[data-row=suppressed]")).toBeVisible();
  const rows = await waves.locator("tbody tr td:nth-of-type(1)").allTextContents();
  const sizes = rows.map(number);
  expect(sizes.slice(0, -1).reduce((a, b) => a + b, 0)).toBe(sizes.at(-1));
  await waves.getByLabel("Wave 1 Offer").fill("满 300 减 50");
  expect(await barriers(page), "waves").toEqual([]);
  const kept = await crowds(page).count();
  await page.getByTestId("save-waves").click();
  await expect(crowds(page)).toHaveCount(kept + 3);
  const sheet = await download(page, waves.getByRole("button", { name: "CSV" }));
  expect(sheet.bytes.toString()).toContain("满 300 减 50");
});

async function download(page: Page, button: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [saved] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), button.click()]);
  return { name: saved.suggestedFilename(), bytes: readFileSync(await saved.path()) };
}
