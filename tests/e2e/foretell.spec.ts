// What foretells: a planted cause stands at the top, "Model it" puts the made files in the place of the room's two and
// models them, the files of before come back, and the command line makes the same bytes of the same recipe.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { ATOLL, barriers, expect, test } from "./atoll.ts";

test.setTimeout(120_000);

const PEOPLE = 1_200;
const phone = (i: number): string => `138${String(10_000_000 + 37 * i)}`;
const two = (n: number): string => String(n).padStart(2, "0");

/** Half of them share in April; of those seven in ten buy in June, of the others two. */
function shop(): { events: string; orders: string; buyers: number } {
  let seed = 5;
  const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const [events, orders]: [string[], string[]] = [[], []];
  let buyers = 0;
  for (let who = 0; who < PEOPLE; who += 1) {
    const shares = random() < 0.5;
    events.push(`${phone(who)},2026-03-${two(1 + (who % 28))} 09:00:00,view`);
    if (shares) events.push(`${phone(who)},2026-04-${two(1 + (who % 28))} 10:00:00,share`);
    if (random() < 0.3) orders.push(`${phone(who)},2026-03-${two(2 + (who % 27))} 11:00:00,${(20 + random() * 50).toFixed(2)},E${who}`);
    if (random() < (shares ? 0.7 : 0.2)) {
      orders.push(`${phone(who)},2026-06-${two(1 + (who % 30))} 11:00:00,30.00,L${who}`);
      buyers += 1;
    }
  }
  return { events: ["phone,time,event", ...events].join("\n") + "\n", orders: ["phone,paid_at,amount,order_no", ...orders].join("\n") + "\n", buyers };
}

const view = (page: Page, name: string): Promise<void> => page.locator(`.views input[value=${name}]`).check({ force: true });

test("behaviour foretells, becomes the room's two files, and gives way again", async ({ page, served }, info) => {
  const made = shop();
  writeFileSync(info.outputPath("events.csv"), made.events);
  writeFileSync(info.outputPath("orders.csv"), made.orders);
  const mine = Array.from({ length: 300 }, (_, i) => phone(4 * i));
  writeFileSync(info.outputPath("mine.csv"), ["phone", ...mine].join("\n") + "\n");
  writeFileSync(info.outputPath("tags.csv"), ["phone,sex,last_seen", ...Array.from({ length: PEOPLE }, (_, i) => `${phone(i)},${i % 3 ? "f" : "m"},2026-${two(1 + (i % 6))}-${two(1 + (i % 28))}`)].join("\n") + "\n");
  await page.goto(`${served}#shards=2`);
  await page.getByTestId("file-first_party").setInputFiles(info.outputPath("mine.csv"));
  await page.getByTestId("file-tags").setInputFiles(info.outputPath("tags.csv"));
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  const match = page.locator("[data-step=match]");
  await expect(match).toHaveAttribute("data-status", "done", { timeout: 60_000 });

  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(["orders.csv", "events.csv"].map((name) => join(info.outputDir, name)));
  await expect(page.getByTestId("past-table").nth(1)).toHaveValue("events", { timeout: 30_000 });
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("business-tiles")).toBeVisible({ timeout: 30_000 });
  await view(page, "features");
  await expect(page.getByTestId("features-lead")).toBeVisible({ timeout: 30_000 });
  await page.getByTestId("features-outcome").selectOption("bought");
  await expect(page.getByTestId("features-lead")).toContainText(`to ${made.buyers} (`, { timeout: 30_000 });
  // What it also shows in, events and their recency, may stand above it.
  const told = await page.getByTestId("features-table").locator("tbody tr").allInnerTexts();
  expect(told.findIndex((row) => row.includes("share"))).toBeLessThan(5);
  expect(told.findIndex((row) => row.includes("share"))).toBeGreaterThanOrEqual(0);
  expect(await barriers(page)).toEqual([]);

  // The same bytes as the command line, of the recipe that the page writes.
  await page.getByTestId("business-files").click();
  const theirs = await page.getByTestId("made-file").filter({ hasText: "behaviour.csv" }).getByTestId("sha256").textContent();
  await page.keyboard.press("Escape");
  await page.getByTestId("business-recipe").click();
  const [recipe] = await Promise.all([page.waitForEvent("download"), page.getByTestId("made-file").getByRole("button", { name: /^Save:/ }).click()]);
  writeFileSync(info.outputPath("room.toml"), readFileSync(await recipe.path()));
  await page.keyboard.press("Escape");
  execFileSync(ATOLL, ["analyze", info.outputPath("room.toml"), "features", "--out", info.outputPath("out"), "--quiet"]);
  const sums = execFileSync("sha256sum", [join(info.outputPath("out"), "behaviour.csv")]).toString();
  expect(sums.split(" ")[0]).toBe(theirs);

  // An audience leans on the files that are replaced: that is asked first, and can be left.
  await page.getByTestId("keep").first().click();
  await expect(page.locator(".rail").getByTestId("crowd")).toHaveCount(3, { timeout: 30_000 });
  await page.getByTestId("features-go").click();
  await expect(page.getByTestId("features-ask")).toContainText("lean on the present files: 1 (");
  expect(await barriers(page), "asked").toEqual([]);
  await page.getByRole("button", { name: "Not now" }).click();
  await expect(page.getByTestId("features-ask")).toHaveCount(0);
  await page.getByTestId("features-go").click();
  await page.getByTestId("features-sure").click();
  const lookalike = page.locator("[data-step=lookalike]");
  await expect(lookalike).toHaveAttribute("data-status", "done", { timeout: 120_000 });
  await expect(lookalike).toHaveAttribute("aria-current", "step");
  // Features bear the names they had where they were chosen.
  await page.locator("[data-step=profile]").click();
  await expect(page.locator("main")).toContainText("Days since last event", { timeout: 60_000 });
  await expect(page.locator("main")).not.toContainText("event_recency_days");
  await page.locator("[data-step=files]").click();
  await expect(page.locator("main")).toContainText("behaviour.csv");
  await page.getByTestId("put-back").click();
  await expect(match).toHaveAttribute("data-status", "done", { timeout: 60_000 });
  await page.locator("[data-step=files]").click();
  await expect(page.locator("main")).toContainText("tags.csv");
  await expect(page.getByTestId("put-back")).toHaveCount(0);

  // A model of who leaves freezes the tag file by itself: the last day is June 30, 90 days of silence and the day they begin on.
  await page.locator("[data-step=business]").click();
  await view(page, "cohorts");
  await page.getByTestId("churn-model").click({ timeout: 30_000 });
  await expect(page.locator("[data-step=lookalike]")).toHaveAttribute("aria-current", "step", { timeout: 60_000 });
  await page.locator("[data-step=files]").click();
  await expect(page.locator("input[type=date]").last()).toHaveValue("2026-03-31");
});
