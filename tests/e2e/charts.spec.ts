// The charts' own parts: figures at the pointer and by arrow keys, dots on a canvas, what a saved picture leaves out.
import { readFileSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./atoll.ts";

test.setTimeout(120_000);

async function shown(page: Page, address: string, step: string): Promise<void> {
  await page.goto(address);
  await page.getByTestId("sample").click();
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  for (const name of ["match", step]) {
    await page.locator(`[data-step=${name}]`).click();
    await expect(page.locator(`[data-step=${name}]`)).toHaveAttribute("data-status", "done", { timeout: 60_000 });
  }
}

async function picture(page: Page, figure: Locator): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), figure.getByRole("button", { name: /SVG$/ }).click()]);
  return readFileSync(await download.path(), "utf8");
}

const count = (text: string, what: RegExp) => [...text.matchAll(what)].length;

test("a line chart says the figures of its table, by pointer and by key, and saves without them", async ({ page, served }) => {
  await shown(page, served, "lookalike");
  const figure = page.locator("figure", { has: page.getByRole("heading", { name: "Scores", exact: true }) });
  const [plot, tip] = [figure.locator("svg[data-chart]"), figure.getByRole("status")];
  const bare = await picture(page, figure);
  await plot.focus();
  await page.keyboard.press("End");
  for (let left = 39; left > 24; left -= 1) await page.keyboard.press("ArrowLeft");
  const byKey = await tip.innerText();
  expect(await picture(page, figure), "what the pointer brings stays on the page").toBe(bare);

  // The 25th of 40 steps, by pointer: the plot stands between 44 and 16 pixels of the edges.
  const box = (await plot.boundingBox())!;
  await page.mouse.move(box.x + 44 + ((box.width - 60) * 24.5) / 40, box.y + 100);
  await expect.poll(() => tip.innerText()).toBe(byKey);
  await page.mouse.move(box.x + 44 + ((box.width - 60) * 20.5) / 40, box.y + 100);
  expect(await tip.innerText(), "another step says something else").not.toBe(byKey);
  await page.mouse.move(0, 0);
  await expect(tip).toBeHidden();

  await figure.getByRole("button", { name: "Table" }).click();
  await expect(figure.locator("tbody tr").first()).toBeVisible();
  const people = await figure.locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? "")));
  const seed = people.map(([, n]) => Number(n!.replaceAll(",", "")));
  const share = (100 * seed[24]!) / seed.reduce((sum, n) => sum + n, 0);
  expect(byKey.split("\n")[0], "where the step begins").toContain(`${people[24]![0]}–`);
  expect(byKey).toContain(`${share.toFixed(1)}%`);
});

test("the map draws a dot per person in the persona's colour, light and dark, and saves every one", async ({ page, served }) => {
  await shown(page, served, "personas");
  const figure = page.locator("figure", { has: page.locator("canvas") });
  const note = await figure.locator("p").innerText();
  const dots = Number(/[\d,]+/.exec(note)![0].replaceAll(",", ""));
  expect(dots).toBeGreaterThan(1000);
  const svg = await picture(page, figure);
  const personas = await page.getByTestId("persona").count();
  expect(count(svg, /<circle /g)).toBe(dots + personas);

  /** Pixels of the canvas that have a token's colour, whatever their opacity. */
  const painted = (token: string) =>
    figure.locator("canvas").evaluate((canvas: HTMLCanvasElement, name) => {
      const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
      const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true })!;
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      let found = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i + 3]! > 100 && [r, g, b].every((v, at) => Math.abs(data[i + at]! - v!) < 6)) found += 1;
      return found;
    }, token);
  for (const dark of [false, true]) {
    if (dark) await page.getByRole("button", { name: "Dark or light" }).click();
    for (let number = 1; number <= personas; number += 1) await expect.poll(() => painted(`--crowd-${number}`), `persona ${number}`).toBeGreaterThan(100);
    expect(await painted("--crowd-9"), "a persona that is not there").toBe(0);
  }
});
