// The profile as a workbench: any crowd against a base or against another crowd, tags clicked together into a crowd.
import type { Page } from "@playwright/test";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(120_000);

const done = (page: Page, name: string) =>
  expect(page.locator(`[data-step=${name}]`)).toHaveAttribute("data-status", "done", { timeout: 60_000 });

/** The sample city, matched and profiled. */
async function profiled(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.getByTestId("sample").click();
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await done(page, "match");
  await page.locator("[data-step=profile]").click();
  await done(page, "profile");
}

/** People as figures in a text: `Seed (4,376 people)`. */
const figures = (text: string | null) => [...(text ?? "").matchAll(/[\d,]{3,}/g)].map(([n]) => Number(n.replaceAll(",", "")));

test("all tags in one table: limits keep fewer, sorting reorders, ticks make a crowd", async ({ page, served }) => {
  await profiled(page, served);
  await page.getByText("All tags", { exact: true }).click();
  const table = page.getByTestId("all-tags");
  await expect(table.locator("tbody tr").first()).toBeVisible();
  const column = async (nth: number) =>
    (await table.locator(`tbody tr td.num:nth-of-type(${nth})`).allTextContents()).map((text) => Number.parseFloat(text.replaceAll(",", "")));
  const [tgi, share] = [6, 4];
  for (const value of await column(tgi)) expect(value).toBeGreaterThanOrEqual(120);
  for (const value of await column(share)) expect(value).toBeGreaterThanOrEqual(10);
  expect(await column(tgi)).toEqual((await column(tgi)).sort((a, b) => b - a));
  const before = await table.locator("tbody tr").count();
  await table.getByLabel("TGI at least").fill("180");
  expect(await table.locator("tbody tr").count()).toBeLessThan(before);
  await table.getByRole("button", { name: "Share of crowd" }).click();
  expect(await column(share)).toEqual((await column(share)).sort((a, b) => b - a));
  await table.locator("tbody input").nth(0).check();
  await table.locator("tbody input").nth(1).check();
  await expect(page.getByTestId("pick-bar")).toContainText("2 values chosen");
  await expect(page.getByTestId("pick-bar").locator("button.primary")).toBeEnabled();
  expect(await barriers(page)).toEqual([]);
  await table.getByLabel("TGI at least").fill("300");
  await table.getByLabel("Share at least").fill("50");
  await expect(table).toContainText("No value passes");
});

test("a crowd of clicked tags is held against the seed, and the seed against it", async ({ page, served }) => {
  await profiled(page, served);
  await page.locator("svg[data-chart]").getByRole("checkbox").first().click();
  const bar = page.getByTestId("pick-bar");
  await expect(bar.locator("button.primary")).toBeEnabled();
  const picked = await bar.textContent();
  await bar.locator("button.primary").click();
  await page.getByText("A crowd", { exact: true }).click();
  await done(page, "profile");
  const sentence = page.getByTestId("profile-sentence");
  await expect(sentence).toContainText("who are not in it");
  const [seed, others] = figures(await sentence.textContent());
  expect(seed).toBe(4376);
  // Those of the clicked crowd who are not in the seed: fewer than the crowd, and not nobody.
  const people = figures(picked).at(-1) ?? 0;
  expect(others).toBeGreaterThan(0);
  expect(others).toBeLessThan(people);
  expect(await barriers(page)).toEqual([]);
  await page.getByText("Everyone", { exact: true }).first().click();
  await done(page, "profile");
  await expect(sentence).toContainText("everyone in the tag file");
});
