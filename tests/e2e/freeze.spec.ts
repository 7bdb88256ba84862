// A tag file as it was known on a day: set on its card, told in the account, kept in the recipe, and the same bytes as
// the command line writes from that recipe.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ATOLL, barriers, expect, test } from "./atoll.ts";

test.setTimeout(120_000);

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("a day and the dates of columns freeze the tag file, on the page as on the command line", async ({ page, served }, info) => {
  const city = info.outputPath("city");
  execFileSync(ATOLL, ["sample", city, "--people", "2000", "--seed", "3"]);
  await page.goto(served);
  await page.getByTestId("file-first_party").setInputFiles(join(city, "first_party.csv"));
  await page.getByTestId("file-tags").setInputFiles(join(city, "tags.csv"));
  const card = page.getByTestId("card-tags");
  const day = card.getByLabel("As of", { exact: true });
  const known = card.getByLabel("When “省份” was known");
  await expect(day).toBeVisible();
  await expect(known).toHaveCount(0);
  // Without its only date column the file cannot be frozen.
  await card.getByLabel("Role of column “最近活跃”").selectOption("category");
  await expect(day).toHaveCount(0);
  await card.getByLabel("Role of column “最近活跃”").selectOption("date");
  await day.fill("2026-06-27");
  await known.selectOption("最近活跃");
  expect(await barriers(page)).toEqual([]);
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  const row = (column: string) => page.getByRole("row").filter({ hasText: `Dated later than 2026-06-27 “${column}”` });
  await expect(row("省份")).toContainText("counts as missing");
  await expect(row("最近活跃")).toBeVisible();
  await page.getByTestId("export-all").click();
  await expect(page.getByTestId("made-file")).toHaveCount(13, { timeout: 90_000 });
  const files = await page.getByTestId("made-file").evaluateAll((all) =>
    all.map((file) => [file.querySelector("b")?.textContent ?? "", file.querySelector("[data-testid=sha256]")?.textContent ?? ""]),
  );
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Recipe", exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("save-file").click()]);
  const recipe = readFileSync(await download.path());
  expect(recipe.toString()).toContain('as_of = "2026-06-27"');
  writeFileSync(join(city, "page.toml"), recipe);
  const out = info.outputPath("out");
  execFileSync(ATOLL, ["run", join(city, "page.toml"), "--out", out, "--shards", "3", "--quiet"]);
  expect(Object.fromEntries(files)).toEqual(Object.fromEntries(readdirSync(out).map((name) => [name, sha256(readFileSync(join(out, name)))])));
  // The recipe brings the day and the dates back.
  page.once("dialog", (dialog) => void dialog.accept());
  await page.goto("about:blank");
  await page.goto(served);
  await page.getByTestId("file-recipe").setInputFiles(join(city, "page.toml"));
  await page.getByTestId("file-tags").setInputFiles(join(city, "tags.csv"));
  await expect(day).toHaveValue("2026-06-27");
  await expect(known).toHaveValue("最近活跃");
});
