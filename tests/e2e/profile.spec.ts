// The profile as a workbench: any crowd against a base or against another crowd, tags clicked together into a crowd.
import type { Page } from "@playwright/test";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(120_000);

const done = (page: Page, name: string) =>
  expect(page.locator(`[data-step=${name}]`)).toHaveAttribute("data-status", "done", { timeout: 60_000 });

/** People as figures in a text: `Seed (4,376 people)`. */
const figures = (text: string | null) => [...(text ?? "").matchAll(/[\d,]{3,}/g)].map(([n]) => Number(n.replaceAll(",", "")));

test("a crowd of clicked tags is held against the seed, and the seed against it", async ({ page, served }) => {
  await page.goto(served);
  await page.getByTestId("sample").click();
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await done(page, "match");
  await page.locator("[data-step=profile]").click();
  await done(page, "profile");
  await page.locator("svg[data-chart]").getByRole("checkbox").first().click();
  const bar = page.getByTestId("pick-bar");
  await expect(bar.locator("button.primary")).toBeEnabled();
  const picked = await bar.textContent();
  await bar.locator("button.primary").click();
  await page.getByText("Another crowd", { exact: true }).click();
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
