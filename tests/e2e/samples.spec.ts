// Whom a lookalike learns from: crowds and caps chosen in its settings, told on the page, kept in the recipe, and the same
// bytes as the command line writes from that recipe.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ATOLL, barriers, expect, test } from "./atoll.ts";

test.setTimeout(180_000);

test("positives are a crowd, negatives are thinned, and the command line agrees", async ({ page, served }, info) => {
  const city = info.outputPath("city");
  execFileSync(ATOLL, ["sample", city, "--people", "3000", "--seed", "5"]);
  await page.goto(served);
  await page.getByTestId("file-recipe").setInputFiles(join(city, "room.toml"));
  await page.getByTestId("file-first_party").setInputFiles(join(city, "first_party.csv"));
  await page.getByTestId("file-tags").setInputFiles(join(city, "tags.csv"));
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  const done = (step: string) => page.locator(`[data-step=${step}][data-status=done]`).waitFor({ timeout: 90_000 });
  await done("match");
  await page.locator("[data-step=lookalike]").click();
  await done("lookalike");
  await expect(page.getByText("If the seed is a random part of all who are like it")).toBeVisible();
  await page.getByRole("button", { name: "Settings" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByText("Scorecard", { exact: true }).click();
  // No crowd cut from the scores may choose whom they are made from: only the two given ones are offered.
  const positives = sheet.getByLabel("Positives: whom to be like");
  await expect(positives.locator("option")).toHaveText([/Seed/, /Everyone|tag file/i]);
  await sheet.getByLabel("Most negatives per positive (optional)").fill("2");
  await sheet.getByLabel("Most positives (optional)").fill("50");
  expect(await barriers(page)).toEqual([]);
  await sheet.getByRole("button", { name: "Run again" }).click();
  await expect(page.getByText("Learned from 50 positives and 100 negatives; 0 people are neither")).toBeVisible({ timeout: 60_000 });
  await page.getByTestId("export-all").click();
  await expect(page.getByTestId("made-file").filter({ hasText: "scores.csv" })).toHaveCount(1, { timeout: 90_000 });
  const theirs = await page.getByTestId("made-file").filter({ hasText: "scores.csv" }).getByTestId("sha256").textContent();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Recipe", exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("save-file").click()]);
  const recipe = readFileSync(await download.path()).toString();
  expect(recipe).toContain("[lookalike.samples]");
  writeFileSync(join(city, "page.toml"), recipe);
  const out = info.outputPath("out");
  execFileSync(ATOLL, ["run", join(city, "page.toml"), "--out", out, "--shards", "3", "--quiet"]);
  const scores = readFileSync(join(out, "scores.csv"));
  expect(createHash("sha256").update(scores).digest("hex")).toBe(theirs);
  expect(scores.toString().split("\n", 1)[0]).toBe("id,seed,fold,score,positive,negative");
});
