// What the workbench made stands in the recipe: the command line writes the same lists and tables from it, and a page
// that loads it has its crowds back as soon as they can be counted.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { ATOLL, barriers, expect, test } from "./atoll.ts";

test.setTimeout(240_000);

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const step = (page: Page, name: string) => page.locator(`[data-step=${name}]`);
const done = (page: Page, name: string) => expect(step(page, name)).toHaveAttribute("data-status", "done", { timeout: 120_000 });
const crowds = (page: Page) => page.locator(".rail").getByTestId("crowd");
const view = (page: Page, name: string): Promise<void> => page.locator(".views label").filter({ hasText: name }).click();

async function matched(page: Page): Promise<void> {
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await done(page, "match");
}

async function download(page: Page, button: Locator): Promise<Buffer> {
  const [saved] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), button.click()]);
  return readFileSync(await saved.path());
}

/** Names and digests of everything the page exports, as it shows them. */
async function all(page: Page): Promise<Record<string, string>> {
  await page.getByTestId("export-all").click();
  await expect(page.getByTestId("made-file").filter({ hasText: "run.json" })).toHaveCount(1, { timeout: 120_000 });
  const files = await page.getByTestId("made-file").evaluateAll((all) =>
    all.map((file) => [file.querySelector("b")?.textContent ?? "", file.querySelector("[data-testid=sha256]")?.textContent ?? ""]),
  );
  await page.keyboard.press("Escape");
  return Object.fromEntries(files);
}

/** Names and sizes of the crowds somebody made. */
async function basket(page: Page): Promise<string[]> {
  const rows = await crowds(page).evaluateAll((all) => all.map((row) => `${row.querySelector(".name")?.textContent ?? ""} ${row.querySelector(".people")?.textContent ?? ""}`.trim()));
  return rows.slice(2).sort();
}

test("crowds and tables of the page come out of its recipe, on the command line and on a fresh page", async ({ page, served }, info) => {
  await page.goto(`${served}#shards=2`);
  await page.getByTestId("sample").click();
  await matched(page);
  await step(page, "lookalike").click();
  await done(page, "lookalike");
  await page.getByTestId("save-reach").click();
  await step(page, "crowds").click();
  await page.getByTestId("palette-search").fill("性别");
  await page.getByTestId("palette-tag").filter({ has: page.getByText("女", { exact: true }) }).first().click();
  await expect(page.getByTestId("draft-people")).toHaveText(/\d/);
  await page.getByTestId("draft-save").click();
  await expect(crowds(page)).toHaveCount(4);

  // Every table is saved by its button; what it was made of joins the recipe.
  const saved: Record<string, Buffer> = {};
  for (const [name, button, at] of [["signs", "Contrasts", "signs"], ["similarity", "Overlap", "overlap"], ["matrix", "By score", "matrix"], ["waves", "Waves", "waves"]] as const) {
    await view(page, button);
    const panel = page.getByTestId(at);
    await expect(panel.locator("tbody tr").first()).toBeVisible();
    if (name === "waves") {
      await panel.getByText("Seed", { exact: true }).click();
      await expect(panel.locator("[data-row=suppressed]")).toBeVisible();
      await panel.getByLabel("Wave 1 Offer").fill("满 300, 减 50");
    }
    saved[`${name}.csv`] = await download(page, panel.getByRole("button", { name: "CSV" }).last());
  }
  expect(saved["waves.csv"]!.toString()).toContain('"满 300, 减 50"');
  const [files, before] = [await all(page), await basket(page)];
  await page.getByRole("button", { name: "Recipe", exact: true }).click();
  const recipe = await download(page, page.getByTestId("save-file"));
  await page.keyboard.press("Escape");

  const city = info.outputPath("city");
  execFileSync(ATOLL, ["sample", city, "--people", "50000", "--seed", "7"]);
  writeFileSync(join(city, "page.toml"), recipe);
  const out = info.outputPath("out");
  execFileSync(ATOLL, ["run", join(city, "page.toml"), "--out", out, "--shards", "3", "--quiet"]);
  expect(files).toEqual(Object.fromEntries(readdirSync(out).map((name) => [name, sha256(readFileSync(join(out, name)))])));
  for (const [name, bytes] of Object.entries(saved)) expect(sha256(bytes), name).toBe(files[name]);
  expect(Object.keys(files)).toEqual(expect.arrayContaining(["crowds.csv", "crowd-性别 女.csv", "wave-1.csv", "wave-2.csv", "holdout.csv", "overlap.csv"]));

  // A fresh page: what needs no score is there after the match, the rest after the model; until then it is told.
  await page.goto("about:blank");
  await page.goto(`${served}#shards=3`);
  await page.getByTestId("file-recipe").setInputFiles(join(city, "page.toml"));
  await page.getByTestId("file-first_party").setInputFiles(join(city, "first_party.csv"));
  await page.getByTestId("file-tags").setInputFiles(join(city, "tags.csv"));
  await matched(page);
  await expect(crowds(page)).toHaveCount(3);
  await expect(page.locator(".rail").getByTestId("waiting")).toContainText("“");
  expect(await barriers(page), "waiting").toEqual([]);
  await step(page, "lookalike").click();
  await done(page, "lookalike");
  await expect(crowds(page)).toHaveCount(4);
  await expect(page.locator(".rail").getByTestId("waiting")).toHaveCount(0);
  expect(await basket(page)).toEqual(before);
  await step(page, "crowds").click();
  await view(page, "Waves");
  await expect(page.getByLabel("Wave 1 Offer")).toHaveValue("满 300, 减 50");
  expect(await all(page), "nothing was lost on the way").toEqual(files);
});
