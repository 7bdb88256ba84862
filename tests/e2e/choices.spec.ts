// The best arm for each person, a ladder of coupons by order, and arms without a time: what was planted is found, what cannot be
// told is said.
import { readFileSync, writeFileSync } from "node:fs";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(120_000);

function dice(seed: number): () => number {
  return () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
const phone = (i: number): string => `138${10_000_000 + 37 * i}`;
const date = (day: number): string => new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10);

test("everyone's own arm beats the single best one, and is a list", async ({ page, served }, info) => {
  const random = dice(7);
  // B helps the young, C the old; A is the control. Nobody knows when they came into their arm.
  const people = Array.from({ length: 3000 }, () => {
    const [arm, age] = [["A", "B", "C"][Math.floor(random() * 3)]!, ["young", "old"][Math.floor(random() * 2)]!];
    const buys = random() < 0.15 + ((arm === "B" && age === "young") || (arm === "C" && age === "old") ? 0.3 : 0);
    return { arm, age, buys };
  });
  const [arms, orders] = [info.outputPath("assign.csv"), info.outputPath("orders.csv")];
  writeFileSync(arms, ["phone,arm,age", ...people.map(({ arm, age }, i) => `${phone(i)},${arm},${age}`)].join("\n") + "\n");
  writeFileSync(orders, ["phone,paid_at,amount,order_no", ...people.flatMap(({ buys }, i) => (buys ? `${phone(i)},${date(i % 60)},${10 + (i % 97)},N${i}` : []))].join("\n") + "\n");
  await page.goto(`${served}#shards=2`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles([arms, orders]);
  await expect(page.getByTestId("past-table")).toHaveCount(2, { timeout: 30_000 });
  await page.getByTestId("business-open").click();
  await page.locator(".views input[value=experiment]").check({ force: true });
  await expect(page.getByTestId("srm")).toBeVisible({ timeout: 30_000 });
  await expect(page.getByTestId("experiment-curve-untimed")).toBeVisible();

  // A difference of shares is in percentage points, beside a lift in percent.
  await expect(page.getByTestId("experiment-bought").locator("tbody tr").nth(1)).toContainText(/\+\d+\.\d pp \(\+/);

  await page.getByTestId("uplift-arm").selectOption("*");
  await expect(page.getByTestId("policy-lead")).toContainText("An arm for each person does more", { timeout: 30_000 });
  const rows = page.getByTestId("policy-arms").locator("tbody tr");
  await expect(rows).toHaveCount(3);
  const recommended = async (row: number): Promise<number> => Number((await rows.nth(row).locator("td").nth(1).innerText()).replace(/,/g, "").split(" ")[0]);
  expect((await recommended(0)) + (await recommended(1)) + (await recommended(2))).toBe(people.length);

  // Those for whom B is best are the young.
  await rows.nth(1).getByTestId("keep").click();
  const save = page.getByTestId("made-file").getByRole("button", { name: /^Save:/ });
  const [list] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), save.click({ timeout: 30_000 })]);
  await page.keyboard.press("Escape");
  const kept = new Set(readFileSync(await list.path(), "utf8").trim().split("\n"));
  expect(kept).toEqual(new Set(people.flatMap(({ age }, i) => (age === "young" ? phone(i) : []))));

  // Orders before cannot be told: beside columns it is said, alone it is refused.
  await page.getByTestId("uplift-settings").getByRole("checkbox").check();
  await expect(page.getByTestId("experiment-orders-untimed")).toBeVisible({ timeout: 30_000 });
  expect(await barriers(page)).toEqual([]);
});

test("a coupon that brings the second order only is told by which order it is", async ({ page, served }, info) => {
  const random = dice(3);
  const rows: string[] = [];
  const bases = new Map<string, [number, number]>();
  for (let who = 0; who < 3000; who++) {
    for (let at = 0; at < 3; at++) {
      const coupon = random() < 0.4 ? "coupon" : "plain";
      const again = random() < (at === 0 && coupon === "coupon" ? 0.6 : 0.3) && at < 2;
      rows.push(`${phone(who)},${date(30 * at)},${10 + (who % 97)},N${who}-${at},${coupon}`);
      const key = `${at + 1} ${coupon}`;
      const [people, did] = bases.get(key) ?? [0, 0];
      bases.set(key, [people + 1, did + (again ? 1 : 0)]);
      if (!again) break;
    }
  }
  // Who comes on the last day has nothing behind it yet, and is in no rate.
  rows.push(`${phone(9999)},${date(200)},10,N,plain`);
  const file = info.outputPath("orders.csv");
  writeFileSync(file, ["phone,paid_at,amount,order_no,offer", ...rows].join("\n") + "\n");
  await page.goto(`${served}#shards=2`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles([file]);
  await expect(page.getByTestId("past-table")).toHaveCount(1, { timeout: 30_000 });
  await page.getByTestId("business-open").click();
  await page.locator(".views input[value=pivot]").check({ force: true });
  await page.getByTestId("pivot-by-0").selectOption("nth");
  await page.getByTestId("pivot-by-1").selectOption("offer");
  await page.getByTestId("pivot-plan").locator("input[value=rate]").check({ force: true });
  const within = page.getByTestId("pivot-plan").locator("input[type=number]").last();
  await within.fill("60");
  await within.press("Tab");
  await expect(page.getByTestId("pivot-lead")).toContainText("depends on which order", { timeout: 30_000 });
  await expect(page.getByTestId("pivot-ladder")).toBeVisible();
  const table = page.getByTestId("pivot-table");
  for (const [i, nth] of ["1", "2"].entries()) {
    await expect(table.locator("tbody th").nth(i)).toHaveText(`Order ${nth}`);
    for (const offer of ["coupon", "plain"]) {
      const [people, did] = bases.get(`${nth} ${offer}`)!;
      await expect(table.locator("tbody tr").nth(i)).toContainText(`${((100 * did) / people).toFixed(1)}%`);
    }
  }
  expect(await barriers(page)).toEqual([]);
});

test("a file of arms alone says what is missing, and nothing is refused", async ({ page, served }, info) => {
  const arms = info.outputPath("assign.csv");
  writeFileSync(arms, ["手机号,分组", ...Array.from({ length: 400 }, (_, i) => `${phone(i)},${"AB"[i % 2]}`)].join("\n") + "\n");
  await page.goto(`${served}#shards=2&lang=zh`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(arms);
  await expect(page.getByTestId("past-table")).toHaveValue("assign", { timeout: 30_000 });
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("home-experiment")).toContainText("再加一份订单或行为文件", { timeout: 30_000 });
  await expect(page.locator("[data-testid^=home-]")).toHaveCount(1);
  expect(await barriers(page), "home").toEqual([]);
  await page.locator(".views input[value=experiment]").check({ force: true });
  await expect(page.getByTestId("experiment-missing")).toContainText("再加一份订单或行为文件");
  await expect(page.locator("main")).not.toContainText("room.toml");
  // Control: with a number beside the arms there is something to measure.
  writeFileSync(arms, ["手机号,分组,花费", ...Array.from({ length: 400 }, (_, i) => `${phone(i)},${"AB"[i % 2]},${(i * 7) % 90}`)].join("\n") + "\n");
  await page.locator(".views input[value=files]").check({ force: true });
  await page.getByTestId("file-business").setInputFiles(arms);
  await expect(page.getByTestId("past-card").getByLabel("花费", { exact: true })).toHaveValue("number", { timeout: 30_000 });
  await page.getByTestId("business-open").click();
  await page.locator(".views input[value=experiment]").check({ force: true });
  await expect(page.getByTestId("srm")).toBeVisible({ timeout: 30_000 });
});
