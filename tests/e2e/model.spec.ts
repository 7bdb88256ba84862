// A model is kept, comes back, and is held against the one of this run.
import { readFile, writeFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(180_000);

const done = (page: Page, name: string) =>
  expect(page.locator(`[data-step=${name}]`)).toHaveAttribute("data-status", "done", { timeout: 90_000 });

async function fitted(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.getByTestId("sample").click();
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await done(page, "match");
  await page.locator("[data-step=lookalike]").click();
  await done(page, "lookalike");
}

/** Saves a file of the page and gives its path. */
async function saved(page: Page, button: string): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByTestId(button).click()]);
  return file.path();
}

test("a saved model comes back: no drift on its own people, its tiers as crowds; an edited one is refused", async ({ page, served }, info) => {
  await fitted(page, served);
  const card = page.getByTestId("model-card");
  const column = page.getByTestId("effect-column");
  const before = await card.locator("svg[data-chart]").first().textContent();
  await column.selectOption({ index: 1 });
  expect(await card.locator("svg[data-chart]").first().textContent()).not.toBe(before);
  const model = await saved(page, "save-model");
  const text = await readFile(model, "utf8");
  expect(JSON.parse(text).format).toBe("atoll-model");
  expect(await readFile(await saved(page, "save-card"), "utf8")).toContain("<h1>Model card</h1>");

  const edited = info.outputPath("model.json");
  await writeFile(edited, text.replace('"share": 1', '"share": 2'));
  await page.getByTestId("file-model").setInputFiles(edited);
  await expect(page.locator("[data-code=model-edited]")).toBeVisible();

  await page.getByTestId("file-model").setInputFiles({ name: "model.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await expect(page.getByTestId("drift")).toContainText("have not moved", { timeout: 60_000 });
  await expect(page.locator("[data-code=model-edited]")).toHaveCount(0);
  const box = page.getByTestId("saved-model");
  await expect(box).toContainText("learned from these very people");
  await expect(page.getByTestId("flips")).toHaveText("Sign flips: 0");
  await box.getByRole("button", { name: "Top 1%" }).click();
  await expect(page.getByText("Saved model Top 1%").first()).toBeVisible();
  expect(await barriers(page)).toEqual([]);
});

test("the run before stands beside the last one", async ({ page, served }) => {
  await fitted(page, served);
  const sides = page.getByTestId("sides");
  await expect(sides).toContainText("Run once more");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("dialog").getByText("Scorecard", { exact: true }).click();
  await page.getByRole("dialog").getByLabel("Ridge strength", { exact: true }).fill("500");
  await page.getByRole("dialog").getByRole("button", { name: "Run again" }).click();
  await expect(page.getByTestId("flips")).toBeVisible({ timeout: 90_000 });
  await expect(sides.locator("select").nth(1)).toHaveValue("before");
  const first = sides.locator("tbody tr").first().locator("td.num");
  expect(await first.nth(0).textContent()).not.toBe(await first.nth(1).textContent());
});
