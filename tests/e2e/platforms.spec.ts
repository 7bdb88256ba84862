// An audience for an ad platform: which are possible and why others are not, what leaves and what is held out, the same
// bytes as the command line writes from the saved recipe, and the difference to an earlier export.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ATOLL, barriers, expect, test } from "./atoll.ts";

test.setTimeout(180_000);

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("a crowd goes to a platform, on the page as on the command line", async ({ page, served }, info) => {
  const city = info.outputPath("city");
  execFileSync(ATOLL, ["sample", city, "--people", "2000", "--seed", "3"]);
  await page.goto(served);
  await page.getByTestId("file-first_party").setInputFiles(join(city, "first_party.csv"));
  await page.getByTestId("file-tags").setInputFiles(join(city, "tags.csv"));
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await page.locator("[data-step=match][data-status=done]").waitFor({ timeout: 60_000 });
  await page.locator("[data-step=lookalike]").click();
  await page.locator("[data-step=lookalike][data-status=done]").waitFor({ timeout: 90_000 });
  await page.getByTestId("save-reach").click();
  await page.getByTestId("export").click();
  const sheet = page.getByRole("dialog");
  const to = sheet.getByTestId("destination");
  // Phones whose SHA-256 the tag file has: X takes none; TikTok's are hashed otherwise, and this crowd is not the brand's.
  await expect(to.locator("option[value=x]")).toBeDisabled();
  await expect(to.locator("option[value=x]")).toContainText("does not take such IDs");
  await to.selectOption("tiktok");
  await sheet.getByTestId("make-file").click();
  await expect(sheet.getByRole("alert")).toContainText("hashed in another way");
  await to.selectOption("alibaba");
  await sheet.getByTestId("make-file").click();
  await expect(sheet.getByRole("alert")).toContainText("5000");
  await to.selectOption("tencent");
  await expect(sheet.locator(".red")).toContainText("This digest has no key");
  await expect(sheet).not.toContainText("only people whose raw ID");
  await sheet.getByText("MD5", { exact: true }).click();
  await expect(sheet).toContainText("only people whose raw ID");
  await sheet.getByText("SHA-256", { exact: true }).click();
  expect(await barriers(page)).toEqual([]);
  await sheet.getByTestId("make-file").click();
  const files = sheet.getByTestId("made-file");
  await expect(files).toHaveCount(3);
  const digest = (name: string) => files.filter({ hasText: name }).getByTestId("sha256").textContent();
  const [archive, arm] = [await digest("tencent.zip"), await digest("holdout.csv")];
  const [download] = await Promise.all([page.waitForEvent("download"), files.first().getByRole("button", { name: /^Save/ }).click()]);
  const before = await download.path();
  expect(sha256(readFileSync(before))).toBe(archive);
  // The same crowd again is no difference.
  await sheet.getByText("Add to", { exact: true }).click();
  await sheet.getByTestId("make-file").click();
  await expect(sheet.getByRole("alert")).toContainText("earlier export");
  await sheet.getByTestId("file-earlier").setInputFiles({ name: "tencent.zip", mimeType: "application/zip", buffer: readFileSync(before) });
  await expect(sheet).toContainText("tencent.zip");
  await sheet.getByTestId("make-file").click();
  await expect(sheet.getByTestId("account")).toContainText(", 0 to add");
  // What the recipe says is what the page did.
  await sheet.getByText("Replace", { exact: true }).click();
  await sheet.getByTestId("make-file").click();
  await expect(files).toHaveCount(3);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Recipe", exact: true }).click();
  const [recipe] = await Promise.all([page.waitForEvent("download"), page.getByTestId("save-file").click()]);
  writeFileSync(join(city, "page.toml"), readFileSync(await recipe.path()));
  execFileSync(ATOLL, ["run", join(city, "page.toml"), "--out", join(city, "out"), "--quiet"]);
  expect(sha256(readFileSync(join(city, "out", "tencent.zip")))).toBe(archive);
  expect(sha256(readFileSync(join(city, "out", "holdout.csv")))).toBe(arm);
});
