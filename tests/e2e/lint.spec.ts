// Every file is looked at before it leaves: its mark, why, and what to do; and a model's tokens for a partner.
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(180_000);

async function saved(page: Page, click: () => Promise<void>): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent("download"), click()]);
  return readFile(await file.path(), "utf8");
}

test("files are marked when opened and made, and a model's tokens name nobody", async ({ page, served }) => {
  await page.goto(served);
  await page.getByTestId("sample").click();
  await expect(page.getByTestId("mark-first_party")).toContainText("Red", { timeout: 60_000 });
  await expect(page.getByTestId("mark-tags")).toContainText("Red");
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  for (const step of ["match", "lookalike"].map((name) => page.locator(`[data-step=${name}]`))) {
    await step.click();
    await expect(step).toHaveAttribute("data-status", "done", { timeout: 90_000 });
  }

  const text = await saved(page, () => page.getByTestId("save-model").click());
  const { columns, score } = JSON.parse(text) as { columns: { people: number[] }[]; score: { people: number[] } };
  const small = [score, ...columns].some(({ people }) => people.some((n) => n > 0 && n < 50));
  await expect(page.getByTestId("model-card").getByTestId("mark")).toHaveAttribute("data-mark", small ? "amber" : "green");

  await page.getByTestId("file-model").setInputFiles({ name: "model.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await page.getByTestId("tokens").click({ timeout: 60_000 });
  const files = page.getByTestId("saved-model").getByTestId("made-file");
  await expect(files).toHaveCount(2, { timeout: 60_000 });
  await expect(files.first().getByTestId("mark")).toHaveText(/Green\s+nothing found/);
  await expect(files.last().getByTestId("mark")).toContainText("Red");
  const [tokens, crosswalk] = [await saved(page, () => files.first().getByRole("button", { name: /^Save/ }).click()), await saved(page, () => files.last().getByRole("button", { name: /^Save/ }).click())];
  const lines = tokens.trim().split("\n").slice(1);
  expect(lines.every((line) => /^t_[a-z2-7]{32},[1-4]$/.test(line))).toBe(true);
  expect(crosswalk.trim().split("\n").slice(1).map((line) => line.split(",")[0])).toEqual(lines.map((line) => line.split(",")[0]));
  expect(await barriers(page)).toEqual([]);

  await page.getByTestId("save-reach").click();
  await page.getByTestId("export").click();
  await page.getByTestId("make-file").click();
  const mark = page.getByRole("dialog").getByTestId("mark");
  await expect(mark.locator("[data-code=guessable]")).toContainText("Digests without a key");
  await expect(mark.locator("[data-code=guessable]")).toContainText("…");
  expect(await barriers(page)).toEqual([]);
});
