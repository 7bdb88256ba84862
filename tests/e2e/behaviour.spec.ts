// What goes with what, who came back, what comes next, and who did or did not do what rules name: the figures of each
// view are those of a plain script, too small cells stay away, and who stands behind a number is a list.
import { createHash, createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(240_000);

const PEOPLE = 900;
const phone = (i: number): string => `138${String(10_000_000 + 37 * i)}`;
const two = (n: number): string => String(n).padStart(2, "0");
const n = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
const percent = (share: number): string => share.toLocaleString("en-US", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

type Order = { who: number; day: number; hour: number; items: string[]; channel: string; cents: number };
type Event = { who: number; day: number; hour: number; what: string };
const BEGIN = Date.UTC(2026, 0, 1) / 86_400_000;
const date = (day: number): string => new Date((BEGIN + day) * 86_400_000).toISOString().slice(0, 10);
const DAYS = 170;

/** A shop of three products in two channels. The last row is of day 170, so June is not over. */
function shop() {
  let seed = 11;
  const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const [orders, events]: [Order[], Event[]] = [[], []];
  for (let who = 0; who < PEOPLE; who += 1) {
    const channel = who % 150 === 0 ? "rare" : random() < 0.5 ? "app" : "mini";
    let day = Math.floor(random() * 150);
    let product = random() < 0.6 ? "tea" : "cup";
    for (let visit = 0; visit < 4 && day < DAYS; visit += 1) {
      events.push({ who, day, hour: 9, what: "view" });
      if (random() < 0.6) {
        events.push({ who, day, hour: 10, what: "cart" });
        if (random() < (channel === "app" ? 0.8 : 0.5)) {
          orders.push({ who, day, hour: 11, items: random() < 0.3 ? [product, "bag"] : [product], channel, cents: 2000 + Math.floor(random() * 5000) });
          product = random() < 0.7 ? "cup" : "tea";
        }
      }
      day += 1 + Math.floor(random() * 60);
    }
  }
  events.push({ who: 0, day: DAYS, hour: 9, what: "view" });
  const rows = orders.flatMap((order, at) => order.items.map((item, i) => `${phone(order.who)},${date(order.day)} ${two(order.hour)}:00:00,${((i === 0 ? order.cents : 100) / 100).toFixed(2)},N${at},${item},${order.channel}`));
  return {
    orders, events,
    ordersFile: ["phone,paid_at,amount,order_no,product,channel", ...rows].join("\n") + "\n",
    eventsFile: ["phone,time,event", ...events.map(({ who, day, hour, what }) => `${phone(who)},${date(day)} ${two(hour)}:00:00,${what}`)].join("\n") + "\n",
  };
}

const view = (page: Page, name: string): Promise<void> => page.locator(`.views input[value=${name}]`).check({ force: true });
const cells = async (row: Locator): Promise<string[]> => (await row.locator("th, td").allInnerTexts()).map((text) => text.trim());

async function listed(page: Page, keep: Locator): Promise<Set<string>> {
  await keep.click();
  const save = page.getByTestId("made-file").getByRole("button", { name: /^Save:/ });
  const [file] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), save.click({ timeout: 30_000 })]);
  await page.keyboard.press("Escape");
  return new Set(readFileSync(await file.path(), "utf8").trim().split("\n"));
}
const ids = (people: Iterable<number>): Set<string> => new Set([...people].map(phone));

test("cross table, cohorts, paths and rules hold what a plain script finds", async ({ page, served }, info) => {
  const made = shop();
  writeFileSync(info.outputPath("orders.csv"), made.ordersFile);
  writeFileSync(info.outputPath("events.csv"), made.eventsFile);
  await page.goto(`${served}#shards=2`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(["orders.csv", "events.csv"].map((name) => join(info.outputDir, name)));
  await expect(page.getByTestId("past-table").nth(1)).toHaveValue("events", { timeout: 30_000 });
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("business-tiles")).toBeVisible({ timeout: 30_000 });

  // Cross: different people by channel and month; a cell of few is not shown until it is asked for.
  const month = (day: number): string => date(day).slice(0, 7);
  const months = [...new Set(made.orders.map(({ day }) => month(day)))].sort();
  const inCell = (channel: string, when?: string): Set<number> => new Set(made.orders.filter((o) => o.channel === channel && (!when || month(o.day) === when)).map(({ who }) => who));
  await view(page, "pivot");
  const cross = page.getByTestId("pivot-table");
  await expect(cross).toBeVisible({ timeout: 30_000 });
  await expect(cross).not.toContainText("rare");
  await page.getByTestId("pivot-floor").fill("1");
  await page.getByTestId("pivot-floor").press("Enter");
  await expect(cross.locator("tbody th").nth(2)).toHaveText("rare", { timeout: 30_000 });
  expect(await cells(cross.locator("thead tr"))).toEqual(["channel", ...months, "All"]);
  for (const [i, channel] of ["app", "mini", "rare"].entries()) {
    const want = [...months.map((when) => inCell(channel, when).size), inCell(channel).size].map((people) => (people > 0 ? n(people) : "–"));
    expect(await cells(cross.locator("tbody tr").nth(i))).toEqual([channel, ...want]);
  }
  await cross.locator("tbody tr").nth(0).getByRole("button").nth(1).click();
  expect(await listed(page, page.getByTestId("pivot-cell").getByTestId("keep").first())).toEqual(ids(inCell("app", months[1])));
  expect(await barriers(page), "pivot").toEqual([]);
  // What another analysis finds of people is an axis like any other: each buyer stands in one stage.
  await page.getByTestId("pivot-by-0").selectOption("stage");
  await expect(cross.locator("thead th").first()).toHaveText("stage", { timeout: 30_000 });
  const totals = (await cross.locator("tbody tr td:last-child").allInnerTexts()).map((text) => Number(text.replaceAll(",", "")));
  expect(totals.pop()).toBe(new Set(made.orders.map(({ who }) => who)).size);
  expect(totals.reduce((sum, people) => sum + people, 0)).toBe(new Set(made.orders.map(({ who }) => who)).size);

  // Of a rate the ends of the first axis are named, and the best combinations stand by their rate.
  await page.getByTestId("pivot-by-0").selectOption("channel");
  await page.getByTestId("pivot-plan").locator("input[value=rate]").check({ force: true });
  await expect(page.getByTestId("pivot-margins")).toBeVisible({ timeout: 30_000 });
  const ends = (await cross.locator("tbody tr td:last-child").allInnerTexts()).slice(0, -1).map(parseFloat);
  for (const end of [Math.max(...ends), Math.min(...ends)]) await expect(page.getByTestId("pivot-lead")).toContainText(`${end.toFixed(1)}%`);
  const named = await page.locator("section", { has: page.getByTestId("pivot-once") }).locator("svg text:not(.name)").allInnerTexts();
  const rates = named.map(parseFloat);
  expect(rates.length).toBeGreaterThan(2);
  expect(rates).toEqual([...rates].sort((a, b) => b - a));
  expect(await barriers(page), "rates").toEqual([]);

  // What people met before moving up, and who they are.
  await view(page, "stages");
  await page.getByTestId("stages-touch").selectOption("event");
  const met = page.getByTestId("stages-touches").locator("tbody tr").first();
  await expect(met).toBeVisible({ timeout: 30_000 });
  expect(n((await listed(page, met.getByTestId("keep"))).size)).toBe((await cells(met))[1]);
  expect(await barriers(page), "stages").toEqual([]);

  // Cohorts: by the month of the first order; the last month is not over, so it has no figure.
  const mine = new Map<number, Order[]>();
  for (const order of made.orders) mine.set(order.who, [...(mine.get(order.who) ?? []), order]);
  const cohort = (when: string): number[] => [...mine].filter(([, orders]) => month(orders[0]!.day) === when).map(([who]) => who);
  await view(page, "cohorts");
  const triangle = page.getByTestId("cohorts-table");
  await expect(triangle).toBeVisible({ timeout: 30_000 });
  for (const [i, when] of months.entries()) {
    const people = cohort(when);
    const over = months.slice(i, -1);
    const rates = over.map((later) => percent(people.filter((who) => mine.get(who)!.some((order) => month(order.day) === later)).length / people.length));
    const row = (await cells(triangle.locator("tbody tr").nth(i))).slice(0, 2 + over.length + 1);
    expect(row).toEqual([over.length > 0 ? when : `${when}*`, n(people.length), ...rates, ""]);
  }
  expect(await listed(page, triangle.locator("tbody tr").nth(1).getByTestId("keep"))).toEqual(ids(cohort(months[1]!)));
  // One stop of the tab key, and arrows inside; cells that are empty are passed over.
  await expect(triangle.locator("[data-at][tabindex='0']")).toHaveCount(1);
  await triangle.locator("[data-at][tabindex='0']").focus();
  const focused = triangle.locator("[data-at]:focus");
  for (const [key, at] of [["ArrowRight", "0,1"], ["End", `0,${months.length - 1}`], ["ArrowDown", `${months.length},${months.length - 1}`], ["Home", `${months.length},0`], ["ArrowUp", `${months.length - 1},0`]] as const) {
    await page.keyboard.press(key);
    await expect(focused, key).toHaveAttribute("data-at", at);
  }
  await triangle.locator("[data-at='1,1']").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("cohorts-cell")).toContainText(months[1]!);
  await expect(triangle.locator("[data-at][tabindex='0']")).toHaveCount(1);
  // The triangle as a picture holds what the table does.
  const [picture] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Retention: SVG" }).click()]);
  const drawn = readFileSync(await picture.path(), "utf8");
  for (const text of (await triangle.locator("[data-at]").allInnerTexts())) expect(drawn).toContain(`>${text.trim()}<`);
  expect(drawn.match(/<rect/g)!.length).toBeGreaterThan(await triangle.locator("[data-at]").count());
  // A number below what there can be is put right in its field, too.
  const silence = page.getByLabel("Lost after days without");
  await silence.fill("-5");
  await silence.blur();
  await expect(silence).toHaveValue("1");
  await silence.fill("-7");
  await silence.blur();
  await expect(silence).toHaveValue("1");
  await silence.fill("90");
  await silence.blur();
  const lost = [...mine].filter(([, orders]) => DAYS - orders.at(-1)!.day > 90);
  const early = lost.filter(([, orders]) => orders.length === 1).length;
  await expect(page.getByTestId("churn-line")).toContainText(percent(early / lost.length));
  expect(await barriers(page), "cohorts").toEqual([]);

  // Paths: by the dearest product of each order.
  const paths = new Map<string, number[]>();
  for (const [who, orders] of mine) {
    const path = orders.slice(0, 3).map((order) => order.items[0]!).join(" → ");
    paths.set(path, [...(paths.get(path) ?? []), who]);
  }
  const [most] = [...paths].sort((a, b) => b[1].length - a[1].length);
  await view(page, "paths");
  const top = page.getByTestId("paths-table").locator("tbody tr").first();
  await expect(top).toBeVisible({ timeout: 30_000 });
  expect((await cells(top)).slice(0, 3)).toEqual([most![0], n(most![1].length), percent(most![1].length / mine.size)]);
  expect(await listed(page, top.getByTestId("keep"))).toEqual(ids(most![1]));
  const both = made.orders.filter(({ items }) => items[0] === "tea" && items.length > 1).length;
  const pair = page.getByTestId("paths-pairs").locator("tbody tr", { hasText: "tea" });
  expect((await cells(pair)).slice(0, 3)).toEqual(["bag", "tea", n(both)]);
  expect(await barriers(page), "paths").toEqual([]);

  // Rules: of the preset what the events allow, then one of one's own, moved up.
  const after = (event: Event, days: number): boolean => made.orders.some((o) => o.who === event.who && (o.day - event.day) * 24 + o.hour - event.hour >= 0 && (o.day - event.day) * 24 + o.hour - event.hour < days * 24);
  const left = new Set(made.events.filter((e) => e.what === "cart" && e.day * 24 + e.hour + 72 <= (DAYS + 1) * 24 && !after(e, 3)).map(({ who }) => who));
  await view(page, "rules");
  const rules = page.getByTestId("rules-table").locator("tbody tr");
  const cart = rules.filter({ hasText: "Cart left" });
  await expect(cart.locator("td").first()).toHaveText(n(left.size), { timeout: 30_000 });
  await expect(rules.filter({ hasText: "Coupon" })).toHaveCount(0);
  expect(await listed(page, cart.getByTestId("keep"))).toEqual(ids(left));
  const seen = [...Array(PEOPLE).keys()].filter((who) => made.events.filter((e) => e.who === who && e.what === "view").length >= 3);
  const form = page.getByTestId("rules-form");
  await form.getByRole("button", { name: "New rule" }).click();
  await page.getByTestId("rule-name").fill("Often here");
  await form.getByRole("combobox", { name: "Event" }).selectOption("view");
  await page.getByTestId("rule-least").fill("3");
  await page.getByTestId("rule-least").blur();
  await page.getByTestId("rule-add").click();
  const often = rules.filter({ hasText: "Often here" });
  await expect(often.locator("td").first()).toHaveText(n(seen.length), { timeout: 30_000 });
  expect(await listed(page, often.getByTestId("keep"))).toEqual(ids(seen));

  // Two tests that both hold: money in one channel, and nothing put in the cart of late. Then it is changed.
  const spent = (who: number): number => made.orders.filter((o) => o.who === who && o.channel === "app").reduce((sum, o) => sum + o.cents + (o.items.length - 1) * 100, 0);
  const carted = (who: number, days: number): boolean => made.events.some((e) => e.who === who && e.what === "cart" && e.day > DAYS - days);
  const big = (least: number): number[] => [...Array(PEOPLE).keys()].filter((who) => spent(who) >= least * 100 && !carted(who, 60));
  await form.getByRole("button", { name: "New rule" }).click();
  await page.getByTestId("rule-name").fill("Quiet and large");
  const [bought, quiet] = [page.getByTestId("rule-test").nth(0), page.getByTestId("rule-test").nth(1)];
  await bought.locator("summary").click();
  await bought.getByTestId("rule-only").selectOption("channel");
  await expect(page.getByTestId("rule-add"), "a filter without values says nothing").toBeDisabled();
  await bought.getByRole("combobox", { name: "channel", exact: true }).selectOption("app");
  await bought.getByTestId("rule-sum").selectOption("amount");
  await bought.getByTestId("rule-sum-least").fill("80");
  await bought.getByTestId("rule-sum-least").blur();
  await page.getByTestId("rule-and").click();
  await quiet.getByRole("combobox", { name: "Event" }).selectOption("cart");
  await quiet.getByTestId("rule-least").fill("0");
  await quiet.getByTestId("rule-most").fill("0");
  await quiet.getByLabel("In the last days", { exact: true }).fill("60");
  await quiet.getByLabel("In the last days", { exact: true }).blur();
  await page.getByTestId("rule-add").click();
  const large = rules.filter({ hasText: "Quiet and large" });
  await expect(large.locator("td").first()).toHaveText(n(big(80).length), { timeout: 30_000 });
  expect(await listed(page, large.getByTestId("keep"))).toEqual(ids(big(80)));
  await large.getByRole("button", { name: "Edit: Quiet and large" }).click();
  await expect(bought.getByTestId("rule-sum-least")).toHaveValue("80");
  await bought.getByTestId("rule-sum-least").fill("100");
  await bought.getByTestId("rule-sum-least").blur();
  expect(await barriers(page), "rule form").toEqual([]);
  await page.getByTestId("rule-add").click();
  await expect(large.locator("td").first()).toHaveText(n(big(100).length), { timeout: 30_000 });
  expect(big(100).length).toBeLessThan(big(80).length);

  // After a campaign everyone it reached is in one of four lists.
  await page.getByTestId("rules-response").click();
  const four = page.getByTestId("responses-table").locator("tbody tr");
  const reached = new Set(made.events.filter(({ what }) => what === "view").map(({ who }) => who));
  const won = [...reached].filter((who) => made.events.some((e) => e.who === who && e.what === "view" && after(e, 30)));
  await expect(four.first().locator("td").first()).toHaveText(n(won.length), { timeout: 30_000 });
  const lists = [];
  for (let at = 0; at < 4; at += 1) {
    const keep = four.nth(at).getByTestId("keep");
    lists.push(...((await keep.isEnabled()) ? await listed(page, keep) : []));
  }
  expect(new Set(lists)).toEqual(ids(reached));
  expect(lists.length, "each once").toBe(reached.size);
  expect(await barriers(page), "responses").toEqual([]);
  await page.getByTestId("rules-response").click();
  await expect(page.getByTestId("responses-table")).toHaveCount(0);

  const order = await rules.count();
  for (let at = order - 3; at > 0; at -= 1) await often.getByRole("button", { name: "Up: Often here" }).click();
  await expect(rules.first()).toContainText("Often here");
  await expect(rules.first().locator("td").nth(4)).toHaveText(n(seen.length), { timeout: 30_000 });
  await expect(page.getByTestId("rules-lead")).toContainText("people");
  expect(await barriers(page), "rules").toEqual([]);
});

test("figures of a report are held to their own arithmetic, without files", async ({ page, served }) => {
  await page.goto(`${served}#shards=1`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("business-figures").click();
  await page.getByTestId("figures-example").click();
  const verdicts = (part: string): Promise<(string | null)[]> => page.getByTestId(`figures-${part}`).locator("[data-verdict]").evaluateAll((all) => all.map((one) => one.getAttribute("data-verdict")));
  await expect.poll(() => verdicts("sums"), { timeout: 30_000 }).toEqual(["sum-apart"]);
  expect(await verdicts("funnels")).toEqual(["fine", "ten-times"]);
  expect(await verdicts("split")).toEqual(["uneven-split", "growth-apart"]);
  expect(await verdicts("stages")).toEqual(["stocks-not-flow"]);
  expect(await verdicts("changes")).toEqual(["points"]);
  await expect(page.getByTestId("figures-sums")).toContainText("10,200");
  expect(await barriers(page), "figures").toEqual([]);
  // A figure put right agrees; a row that is not complete is not asked about, and nothing else changes.
  await page.getByTestId("figures-sums").getByLabel("Printed whole").fill("10200");
  await page.getByTestId("figures-sums").getByLabel("Printed whole").blur();
  await expect.poll(() => verdicts("sums"), { timeout: 30_000 }).toEqual(["fine"]);
  await page.getByTestId("figures-add-sums").click();
  await page.getByTestId("figures-sums").getByLabel("Printed whole").nth(1).fill("7");
  await page.getByTestId("figures-sums").getByLabel("Printed whole").nth(1).blur();
  expect(await verdicts("sums")).toEqual(["fine"]);
  await page.getByTestId("figures-stages").getByRole("checkbox").check();
  await expect.poll(() => verdicts("stages"), { timeout: 30_000 }).toEqual(["fine"]);
  await page.locator(".views input[value=files]").click({ force: true });
  await expect(page.getByTestId("sample-business")).toBeVisible();
});

test("people are put into the arms that a partner computes, and the arms file becomes an experiment", async ({ page, served }, info) => {
  const made = shop();
  writeFileSync(info.outputPath("orders.csv"), made.ordersFile);
  writeFileSync(info.outputPath("events.csv"), made.eventsFile);
  await page.goto(`${served}#shards=2`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(["orders.csv", "events.csv"].map((name) => join(info.outputDir, name)));
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("business-tiles")).toBeVisible({ timeout: 30_000 });
  await view(page, "traffic");
  for (const salt of ["price-2026", "page-2026"]) {
    await page.getByTestId("layer-add").click();
    const field = page.getByTestId("layer-salt").last();
    await field.fill(salt);
    await field.blur();
  }
  const table = page.getByTestId("traffic-table").locator("tbody tr");
  await expect(table).toHaveCount(4, { timeout: 30_000 });
  const bucket = (salt: string, id: string): number => Number(createHmac("sha256", salt).update(createHash("sha256").update(id).digest("hex")).digest().readBigUInt64BE() % 10_000n);
  const people = [...new Set([...made.orders, ...made.events].map(({ who }) => who))];
  const control = people.filter((who) => bucket("price-2026", phone(who)) < 5_000);
  await expect(table.first()).toContainText(n(control.length));
  expect(await listed(page, table.first().getByTestId("keep"))).toEqual(ids(control));
  await expect(page.getByTestId("independent")).toContainText("Independent");
  expect(await barriers(page), "traffic").toEqual([]);

  // One salt for both is seen; ranges that overlap are refused.
  const second = page.getByTestId("layer-salt").last();
  await second.fill("price-2026");
  await second.blur();
  await expect(page.getByTestId("independent")).toContainText("Not independent");
  await second.fill("page-2026");
  await second.blur();
  await expect(page.getByTestId("independent")).not.toContainText("Not");

  await page.getByTestId("use-arms").first().click();
  await expect(page.getByTestId("srm")).toContainText(n(control.length), { timeout: 30_000 });
  await expect(page.getByTestId("srm")).toContainText(n(people.length - control.length));
  await page.getByTestId("uplift-arm").selectOption("test");
  await expect(page.getByTestId("uplift-bands").locator("tbody tr")).toHaveCount(10, { timeout: 30_000 });
  await page.getByTestId("sequential").check();
  await expect(page.getByTestId("experiment-bought")).toBeVisible({ timeout: 30_000 });
  expect(await barriers(page), "experiment").toEqual([]);
  // Without a lot there is no uplift; people alike are compared instead, and it is said to be an observation.
  await page.getByTestId("experiment-settings").getByLabel("Randomised").uncheck();
  await expect(page.getByTestId("uplift")).toHaveCount(0, { timeout: 30_000 });
  await expect(page.getByTestId("observed")).toHaveCount(0);
  await page.getByTestId("adjust").check();
  await expect(page.getByTestId("observed-lead")).toContainText("among people alike", { timeout: 30_000 });
  await expect(page.getByTestId("observed-effects").locator("tbody tr")).toHaveCount(2);
  expect(await barriers(page), "people alike").toEqual([]);
});
