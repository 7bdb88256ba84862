// The chain as one click, with every stage in sight and each merge to be taken back; a card that keeps what is written;
// a crowd for a product nobody bought yet.
import { readFileSync } from "node:fs";
import { expect, test, SAVED } from "./atoll";
import type { Page } from "@playwright/test";

/** The sample city, matched, at the personas. */
async function personas(page: Page): Promise<void> {
  await page.goto(`${SAVED}#lang=en`);
  await page.getByTestId("sample").click();
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await page.locator("[data-step=match][data-status=done]").waitFor();
  await page.locator("[data-step=personas]").click();
  await done(page);
}

async function done(page: Page): Promise<void> {
  await page.locator("[data-step=personas][data-status=done]").waitFor({ timeout: 60_000 });
}

test("one click runs the chain; a merge is taken back and made again; a card keeps its name in the recipe", async ({ page }) => {
  await personas(page);
  await page.getByTestId("chain").click();
  const cards = page.getByTestId("persona");
  await expect(page.locator("[data-stage=merge]")).toContainText("8 → 6");
  await done(page);
  await expect(cards).toHaveCount(6);
  await expect(page.locator("[data-stage=contrast]")).toContainText("/ 366");
  await expect(page.locator("[data-stage=layers]")).toContainText("core");
  await page.locator("[data-stage=merge]").click();
  await expect(page.getByTestId("merge")).toHaveCount(2);
  await expect(page.getByTestId("merge").first()).toContainText("become one");
  await page.getByTestId("merge").nth(1).getByRole("button", { name: "Undo" }).click();
  await expect(cards).toHaveCount(7);
  await page.getByTestId("merge").nth(1).getByRole("button", { name: "Redo" }).click();
  await expect(cards).toHaveCount(6);
  for (const stage of ["parts", "expand", "layers", "target"]) {
    await page.locator(`[data-stage=${stage}]`).click();
    await expect(page.getByTestId("stages").locator("table, svg[data-chart]").first()).toBeVisible();
  }
  await cards.first().getByRole("button", { name: /Strategy card/ }).click();
  await page.getByLabel("Name").fill("Young mothers");
  await page.getByRole("button", { name: "Use suggestion: Product" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(cards.first()).toContainText("P1 Young mothers");
  await expect(cards.first()).toContainText("Lead with products around");
  // Two personas side by side: every tag has both shares.
  for (const at of [0, 1]) await cards.nth(at).getByRole("button", { name: /^Compare/ }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.locator("tbody tr").first()).toBeVisible();
  await expect(dialog.locator("tbody td", { hasText: /^–$/ })).toHaveCount(0);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Recipe" }).first().click();
  const saving = page.waitForEvent("download");
  await page.getByRole("dialog").getByRole("button", { name: /^Save/ }).click();
  const recipe = readFileSync(await (await saving).path(), "utf8");
  expect(recipe).toContain("Young mothers");
  expect(recipe).toContain("[personas.merge]");
});

test("a portrait of weighted tags becomes a crowd of the size that was shown", async ({ page }) => {
  await personas(page);
  await page.getByRole("button", { name: "New product" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Profile" }).click();
  for (const word of ["母婴用品", "早教"]) {
    await page.getByRole("searchbox").fill(word);
    await page.getByTestId("found").getByRole("button").first().click();
  }
  const size = page.getByTestId("portrait-size");
  await expect(size).toContainText("people");
  await page.getByRole("slider", { name: "Similarity" }).fill("30");
  await expect(size).toContainText("0.30");
  const people = /: ([\d,]+) people/.exec((await size.textContent()) ?? "")?.[1] ?? "";
  expect(people).not.toBe("0");
  await page.getByLabel("Name").fill("Formula");
  await page.getByRole("dialog").getByRole("button", { name: "Save as audience" }).click();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Saved" })).toBeVisible();
  await page.keyboard.press("Escape");
  const row = page.locator("li", { hasText: "Formula" }).first();
  await expect(row).toContainText(people);
});
