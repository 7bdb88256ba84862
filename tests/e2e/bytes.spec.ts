// The page writes the very bytes of the command line, whatever the number of shards on either side: on the sample
// city, and on a real table where `../shared/data` stands beside the checkout.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "@playwright/test";
import { ATOLL, expect, test } from "./atoll.ts";

test.setTimeout(240_000);

const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");

/** Names and digests of everything the page exports, as it shows them. */
async function made(page: Page): Promise<Record<string, string>> {
  await page.getByTestId("export-all").click();
  await expect(page.getByTestId("made-file")).toHaveCount(13, { timeout: 200_000 });
  const files = await page.getByTestId("made-file").evaluateAll((all) =>
    all.map((file) => [file.querySelector("b")?.textContent ?? "", file.querySelector("[data-testid=sha256]")?.textContent ?? ""]),
  );
  await page.keyboard.press("Escape");
  return Object.fromEntries(files);
}

/** The recipe as the page saves it. */
async function recipe(page: Page): Promise<Buffer> {
  await page.getByRole("button", { name: "Recipe", exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("save-file").click()]);
  return readFileSync(await download.path());
}

/** Names and digests of everything the command line writes. */
function written(room: string, out: string, shards: string): Record<string, string> {
  execFileSync(ATOLL, ["run", room, "--out", out, "--shards", shards, "--quiet"]);
  return Object.fromEntries(readdirSync(out).map((name) => [name, sha256(readFileSync(join(out, name)))]));
}

async function matched(page: Page): Promise<void> {
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await expect(page.locator("[data-step=match]")).toHaveAttribute("data-status", "done", { timeout: 120_000 });
}

for (const [address, shards] of [["#shards=2", "3"], ["#shards=3", "1"]] as const)
  test(`the sample city: the page with ${address}, the command line with ${shards}`, async ({ page, served }, info) => {
    await page.goto(served + address);
    await page.getByTestId("sample").click();
    await matched(page);
    const files = await made(page);
    const city = info.outputPath("city");
    execFileSync(ATOLL, ["sample", city, "--people", "50000", "--seed", "7"]);
    writeFileSync(join(city, "page.toml"), await recipe(page));
    expect(files).toEqual(written(join(city, "page.toml"), info.outputPath("out"), shards));
  });

const BANK = resolve(import.meta.dirname, "../../../shared/data/bank");

/** The bank's customers with a hashed phone each, the ones who said yes as the brand's own, and the recipe. */
function bank(dir: string): void {
  const lines = (name: string) => readFileSync(join(BANK, name), "utf8").trimEnd().split(/\r?\n/);
  const folds = lines("folds.csv").map((line) => line.split(",")[1]);
  const phone = (row: number) => `138${String(row).padStart(8, "0")}`;
  const table = lines("table.csv");
  const tags = table.map((line, row) => `${row === 0 ? "id" : sha256(phone(row))},${line},${row === 0 ? "fold" : folds[row]}`);
  const ours = table.flatMap((line, row) => (line.split(",")[1] === "1" ? [phone(row)] : []));
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "ours.csv"), ["phone", ...ours, ""].join("\n"));
  writeFileSync(join(dir, "tags.csv"), [...tags, ""].join("\n"));
  writeFileSync(join(dir, "room.toml"), `[first_party]
file = "ours.csv"
id = "phone"
kind = "phone"
[tags]
file = "tags.csv"
id = "id"
kind = "phone"
digest = "sha256"
ignore = ["label", "row_id"]
folds = "fold"
[personas]
k = 5
`);
}

test("a real table: the page with two shards, the command line with three", async ({ page, served }, info) => {
  test.skip(!existsSync(join(BANK, "table.csv")), `skipped: ${BANK} is not there`);
  const room = info.outputPath("room");
  bank(room);
  await page.goto(`${served}#shards=2`);
  await page.getByTestId("file-recipe").setInputFiles(join(room, "room.toml"));
  await page.getByTestId("file-first_party").setInputFiles(join(room, "ours.csv"));
  await page.getByTestId("file-tags").setInputFiles(join(room, "tags.csv"));
  await matched(page);
  const files = await made(page);
  expect(files).toEqual(written(join(room, "room.toml"), info.outputPath("out"), "3"));
  // The recipe as the page saves it says the same.
  writeFileSync(join(room, "page.toml"), await recipe(page));
  expect(files).toEqual(written(join(room, "page.toml"), info.outputPath("again"), "1"));
});
