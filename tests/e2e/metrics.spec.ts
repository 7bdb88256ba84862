// An experiment's own metrics and factors: ratios, quantiles and combinations are those of a plain script, and what was
// planted is found.
import { readFileSync, writeFileSync } from "node:fs";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(120_000);

type Person = { arm: string; timing: string; creative: string; gmv: number; visits: number };

/** Red creatives sell in the evening, and only then. */
function people(): Person[] {
  let seed = 5;
  const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return Array.from({ length: 1600 }, () => {
    const [arm, timing, creative] = [random() < 0.5 ? "control" : "test", random() < 0.5 ? "am" : "pm", random() < 0.5 ? "blue" : "red"];
    const visits = 1 + Math.floor(random() * 60);
    const buys = random() < 0.3 + (timing === "pm" && creative === "red" ? 0.3 : 0);
    return { arm, timing, creative, visits, gmv: buys ? 10 + Math.floor(random() * 80) : 0 };
  });
}

const phone = (i: number): string => `138${10_000_000 + 37 * i}`;
const sum = (all: Person[], of: (one: Person) => number): number => all.reduce((sum, one) => sum + of(one), 0);

test("ratios, quantiles and factors are those of a plain script", async ({ page, served }, info) => {
  const all = people();
  const rows = all.map(({ arm, timing, creative, gmv, visits }, i) => `${phone(i)},${arm},${timing},${creative},${gmv},${visits}`);
  const file = info.outputPath("assign.csv");
  writeFileSync(file, ["phone,arm,timing,creative,gmv,visits", ...rows].join("\n") + "\n");
  await page.goto(`${served}#shards=2`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles([file]);
  await page.getByTestId("business-open").click();
  await page.locator(".views input[value=experiment]").check({ force: true });
  await expect(page.getByTestId("srm")).toBeVisible({ timeout: 30_000 });

  const choose = page.getByTestId("factor-settings").locator("select");
  await choose.selectOption("timing");
  await expect(page.getByTestId("factor-settings")).toContainText("Choose a second one");
  await choose.selectOption("creative");
  const effects = page.getByTestId("factor-effects-gmv").locator("tbody tr");
  await expect(effects).toHaveCount(3, { timeout: 30_000 });
  await expect(effects.last()).toContainText("timing × creative");
  await expect(effects.last()).toContainText("the one depends on the other");
  await expect(page.getByTestId("factor-effects-visits").locator("tbody tr").last()).toContainText("no sign");
  const best = all.filter(({ timing, creative }) => timing === "pm" && creative === "red");
  const mean = sum(best, ({ gmv }) => gmv) / best.length;
  await expect(page.getByTestId("factorial-gmv")).toContainText(`Highest: pm × red, ${mean.toFixed(2)}`);

  // Who had that combination is a list.
  await page.getByTestId("factorial-gmv").locator("summary").first().click();
  const combination = page.getByTestId("factor-cells-gmv").locator("tbody tr").last();
  await expect(combination).toContainText("pm");
  await combination.getByTestId("keep").click();
  const save = page.getByTestId("made-file").getByRole("button", { name: /^Save:/ });
  const [list] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), save.click({ timeout: 30_000 })]);
  await page.keyboard.press("Escape");
  expect(readFileSync(await list.path(), "utf8").trim().split("\n")).toHaveLength(best.length);

  await page.locator("details", { hasText: "Metrics" }).locator("summary").click();
  const metric = page.getByTestId("metric").first();
  await metric.locator("input[value=ratio]").check({ force: true });
  await page.getByTestId("metric-per").selectOption("column:visits");
  const control = all.filter(({ arm }) => arm === "control");
  const visits = sum(control, (one) => one.visits);
  const row = page.getByTestId("experiment-gmv").locator("tbody tr").first();
  await expect(row).toContainText((sum(control, ({ gmv }) => gmv) / visits).toFixed(4), { timeout: 30_000 });
  await expect(row).toContainText(visits.toLocaleString("en-US"));

  await metric.locator("input[value=quantile]").check({ force: true });
  await page.getByTestId("metric-at").fill("80");
  await page.getByTestId("metric-at").blur();
  const values = control.map(({ gmv }) => gmv).sort((one, other) => one - other);
  const rank = 0.8 * values.length;
  const [low, high] = [values[Math.ceil(rank) - 1] ?? 0, values[Math.floor(rank)] ?? 0];
  await expect(row).toContainText(((low + high) / 2).toFixed(2), { timeout: 30_000 });
  expect(await barriers(page)).toEqual([]);
});
