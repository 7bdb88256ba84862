// An ID map and a consent list, dropped beside the two files: phones meet devices, people are counted once, rows without
// consent stay out, and the command line gives the same bytes from the recipe the page saves.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ATOLL, barriers, expect, test } from "./atoll.ts";

test.setTimeout(120_000);

const sha256 = (text: Buffer | string) => createHash("sha256").update(text).digest("hex");
const phone = (n: number) => `138${String((n * 7919) % 100_000_000).padStart(8, "0")}`;
const oaid = (n: number) => `${(0x1000_0000 + n * 7919).toString(16)}-efbb-29e0-0bdd-${n.toString(16).padStart(12, "0")}`;
const union = (n: number) => `o6_bmjrPTlm6_2sgVt7hMZ${String(n).padStart(5, "0")}`;
const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const people = [...Array(600).keys()];
const rows = (header: string, of: string[]) => [header, ...of].join("\n") + "\n";

test("an ID map makes people of phones and devices, and nobody is matched without consent", async ({ page, served }, info) => {
  const dir = info.outputPath("room");
  mkdirSync(dir, { recursive: true });
  const files = {
    "ours.csv": rows("phone,shop", people.slice(0, 300).map((n) => `${phone(n)},${["east", "west", "south"][n % 3]}`)),
    "tags.csv": rows("oaid_md5,interest,income", people.map((n) => `${md5(oaid(n))},${["tea", "car", "pet"][(n * 5 + (n < 300 ? n % 2 : 1)) % 3]},${(n * 37) % 900}`)),
    "map.csv": rows("phone,oaid,unionid,confidence", people.flatMap((n) => [`${phone(n)},${oaid(n)},${union(n)},0.9`, ...(n < 4 ? [`${phone(5000 + n)},,${union(n)},0.5`] : [])])),
    "consent.csv": rows("phone,consent,ends", people.map((n) => `${phone(n)},${n % 3 === 0 ? "no" : "yes"},${n % 5 === 0 ? "2026-01-31" : "2027-01-31"}`)),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  await page.goto(served);
  await expect(page.getByTestId("extras")).toHaveCount(0);
  await page.getByTestId("file-first_party").setInputFiles(join(dir, "ours.csv"));
  await page.getByTestId("file-tags").setInputFiles(join(dir, "tags.csv"));
  const extras = page.getByTestId("extras");
  await expect(extras).not.toHaveAttribute("open");
  // The control: phones and devices alone are not matched.
  await page.getByTestId("go-match").click();
  await expect(page.getByText("different kinds of ID").first()).toBeVisible();
  await page.locator("[data-step=files]").click();
  await extras.locator("summary").click();
  await page.getByTestId("file-idmap").setInputFiles(join(dir, "map.csv"));
  await expect(extras).toContainText("map.csv");
  expect(await barriers(page)).toEqual([]);
  await page.getByTestId("go-match").click();
  await expect(page.getByTestId("match-sentence")).toContainText("300", { timeout: 60_000 });
  // Four union IDs have a second phone, which is less sure.
  await expect(page.getByTestId("one-id")).toContainText("4 conflicting pairs");
  await expect(page.getByTestId("no-consent")).toHaveCount(0);
  await page.locator("[data-step=files]").click();
  await page.getByTestId("file-consent").setInputFiles(join(dir, "consent.csv"));
  await page.getByTestId("go-match").click();
  await expect(page.getByTestId("no-consent")).toContainText("100 rows without consent", { timeout: 60_000 });
  // A consent that ended is none; the phone of everyone beside their device is written where it is asked for.
  await page.locator("[data-step=files]").click();
  await page.getByTestId("consent-settings").locator("input").first().fill("ends");
  await page.getByTestId("consent-settings").locator("input[type=date]").fill("2026-06-01");
  await page.getByTestId("translate").check();
  expect(await barriers(page)).toEqual([]);
  await page.getByTestId("go-match").click();
  await expect(page.getByTestId("no-consent")).toContainText("140 rows without consent", { timeout: 60_000 });
  await page.getByTestId("export-all").click();
  await expect(page.getByTestId("made-file").filter({ hasText: "run.json" })).toHaveCount(1, { timeout: 90_000 });
  const made = await page.getByTestId("made-file").evaluateAll((all) =>
    all.map((file) => [file.querySelector("b")?.textContent ?? "", file.querySelector("[data-testid=sha256]")?.textContent ?? ""]),
  );
  expect(made.map(([name]) => name)).toEqual(expect.arrayContaining(["oneid.json", "conflicts.csv", "translated.csv"]));
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Recipe", exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("save-file").click()]);
  writeFileSync(join(dir, "room.toml"), readFileSync(await download.path()));
  const out = info.outputPath("out");
  execFileSync(ATOLL, ["run", dir, "--out", out, "--shards", "3", "--quiet"]);
  expect(Object.fromEntries(made)).toEqual(Object.fromEntries(readdirSync(out).map((name) => [name, sha256(readFileSync(join(out, name)))])));
});
