// What a shop's own export tells: orders as they stand, lines with a status each, lines above the names of columns.
import { writeFileSync } from "node:fs";
import { barriers, expect, test } from "./atoll.ts";

const PEOPLE = 60;
const phone = (i: number): string => `138${String(10_000_000 + 37 * i)}`;
const two = (n: number): string => String(n).padStart(2, "0");

test("a refunded order is worth nothing, and a preamble is pointed at", async ({ page, served }, info) => {
  const rows = Array.from({ length: PEOPLE }, (_, i) => {
    const day = `2026-${two(1 + (i % 6))}-${two(1 + (i % 27))}`;
    return [`${phone(i)},${day} 10:00:00,100元,A${i},交易成功`, `${phone(i)},${day} 12:00:00,40元,B${i},已退款`];
  }).flat();
  const text = ["手机号,下单时间,金额,订单号,状态", ...rows].join("\n") + "\n";
  writeFileSync(info.outputPath("orders.csv"), text);
  writeFileSync(info.outputPath("export.csv"), `导出时间：2026-07-01\n店铺：茶\n${text}`);
  await page.goto(`${served}#shards=2`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(info.outputPath("export.csv"));
  await expect(page.getByRole("alert")).toContainText("row 3", { timeout: 30_000 });
  await expect(page.getByRole("alert")).toContainText("Delete the lines above it");

  await page.reload();
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(info.outputPath("orders.csv"));
  await expect(page.getByTestId("past-lines")).toBeVisible({ timeout: 30_000 });
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("business-tiles")).toContainText((100 * PEOPLE).toLocaleString("en"), { timeout: 30_000 });
  const files = page.locator(".views input[value=files]");
  await files.check({ force: true });
  await expect(page.getByTestId("orders-settled")).toContainText(`${PEOPLE} rows are of orders that were given back`);
  expect(await barriers(page), "files").toEqual([]);

  // Where every row speaks for itself there is nothing to settle, and the money is the same.
  await page.getByTestId("past-lines").check();
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("business-tiles")).toContainText((100 * PEOPLE).toLocaleString("en"), { timeout: 30_000 });
  await files.check({ force: true });
  await expect(page.getByTestId("orders-settled")).toHaveCount(0);
  // A status that no row has is named.
  await page.getByLabel("Statuses that mean a refund").fill("returned");
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("business-tiles")).toContainText((140 * PEOPLE).toLocaleString("en"), { timeout: 30_000 });
  await files.check({ force: true });
  await expect(page.getByTestId("past-account")).toContainText("状态: returned");
});
