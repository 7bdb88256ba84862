// Who is behind a move, a value of a funnel, a cell, a first product and a pair: the people a plain script finds. What a change of a
// funnel is made of adds up to it, and scores and groups of RFM are one's own.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(240_000);

const PEOPLE = 900;
const DAYS = 170;
const phone = (i: number): string => `138${String(10_000_000 + 37 * i)}`;
const two = (n: number): string => String(n).padStart(2, "0");
const BEGIN = Date.UTC(2026, 0, 1) / 86_400_000;
const date = (day: number): string => new Date((BEGIN + day) * 86_400_000).toISOString().slice(0, 10);
const month = (day: number): string => date(day).slice(0, 7);

type Order = { who: number; day: number; items: string[]; cents: number };
type Event = { who: number; day: number; hour: number; what: string; channel: string };

/** A shop of three products; from day 130 on few in the app come further than looking. Every second person is in an arm. */
function shop() {
  let seed = 23;
  const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const [orders, events]: [Order[], Event[]] = [[], []];
  for (let who = 0; who < PEOPLE; who += 1) {
    const channel = random() < 0.5 ? "app" : "mini";
    let product = random() < 0.6 ? "tea" : "cup";
    for (let day = Math.floor(random() * 60), visit = 0; visit < 5 && day < DAYS; visit += 1, day += 1 + Math.floor(random() * 60)) {
      events.push({ who, day, hour: 9, what: "view", channel });
      if (random() > (channel === "app" && day >= 130 ? 0.2 : 0.7)) continue;
      events.push({ who, day, hour: 10, what: "cart", channel });
      if (random() > 0.7) continue;
      events.push({ who, day, hour: 11, what: "pay", channel });
      orders.push({ who, day, items: random() < 0.3 ? [product, "bag"] : [product], cents: 2000 + Math.floor(random() * 5000) });
      product = random() < 0.7 ? "cup" : "tea";
    }
  }
  events.push({ who: 0, day: DAYS, hour: 9, what: "view", channel: "app" });
  const rows = orders.flatMap(({ who, day, items, cents }, at) => items.map((item, i) => `${phone(who)},${date(day)} 11:00:00,${((i === 0 ? cents : 100) / 100).toFixed(2)},N${at},${item}`));
  return {
    orders, events,
    files: {
      "orders.csv": ["phone,paid_at,amount,order_no,product", ...rows],
      "events.csv": ["phone,time,event,channel", ...events.map(({ who, day, hour, what, channel }) => `${phone(who)},${date(day)} ${two(hour)}:00:00,${what},${channel}`)],
      "arms.csv": ["phone,time,arm", ...Array.from({ length: PEOPLE }, (_, who) => `${phone(who)},${date(20)} 00:00:00,${who % 2 ? "test" : "control"}`)],
    },
  };
}

const view = (page: Page, name: string): Promise<void> => page.locator(`.views input[value=${name}]`).check({ force: true });
const numbers = async (cells: Locator): Promise<number[]> => (await cells.allInnerTexts()).map((text) => Number(text.replaceAll(",", "").replace("−", "-").replace("+", "")));
const ids = (people: Iterable<number>): Set<string> => new Set([...people].map(phone));

async function listed(page: Page, keep: Locator): Promise<Set<string>> {
  await keep.click();
  const save = page.getByTestId("made-file").getByRole("button", { name: /^Save:/ });
  const [file] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), save.click({ timeout: 30_000 })]);
  await page.keyboard.press("Escape");
  return new Set(readFileSync(await file.path(), "utf8").trim().split("\n"));
}

/** Of the moves listed below a flow, the first that bears this: as many people as its row says. */
async function moved(page: Page, topic: string, row: Locator): Promise<void> {
  const list = page.getByTestId(`${topic}-moves`);
  if ((await list.getAttribute("open")) === null) await list.locator("summary").click();
  const [people] = await numbers(row.locator("td").nth(2));
  expect((await listed(page, row.getByTestId("keep"))).size, topic).toBe(people);
}

test("who is behind each number is listed, and a change is taken apart", async ({ page, served }, info) => {
  page.setDefaultTimeout(30_000);
  const made = shop();
  for (const [name, rows] of Object.entries(made.files)) writeFileSync(info.outputPath(name), rows.join("\n") + "\n");
  await page.goto(`${served}#shards=2`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(Object.keys(made.files).map((name) => join(info.outputDir, name)));
  await expect(page.getByTestId("past-table")).toHaveCount(3, { timeout: 30_000 });
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("business-tiles")).toBeVisible({ timeout: 30_000 });

  // Of the funnel: who of a value came so far and no further, by a plain script.
  await view(page, "funnel");
  await page.getByTestId("funnel-by").selectOption("channel");
  const values = page.getByTestId("funnel-values").locator("tbody tr");
  await expect(values).toHaveCount(2, { timeout: 30_000 });
  const furthest = new Map<number, { channel: string; steps: number }>();
  for (let who = 0; who < PEOPLE; who += 1) {
    const mine = made.events.filter((event) => event.who === who);
    const steps = ["view", "cart", "pay"].filter((_, at) => mine.some((_, row) => ["view", "cart", "pay"].slice(0, at + 1).every((what, i) => mine[row + i]?.what === what))).length;
    if (mine[0]) furthest.set(who, { channel: mine[0].channel, steps });
  }
  const of = (channel: string, holds: (steps: number) => boolean): Set<string> => ids([...furthest].filter(([, one]) => one.channel === channel && holds(one.steps)).map(([who]) => who));
  await values.filter({ hasText: "app" }).getByRole("button").nth(1).click();
  const keeps = page.getByTestId("funnel-value").getByTestId("keep");
  expect(await listed(page, keeps.nth(0))).toEqual(of("app", (steps) => steps >= 2));
  expect(await listed(page, keeps.nth(1))).toEqual(of("app", (steps) => steps === 2));
  await expect(page.getByTestId("funnel-shortest").locator("li")).toHaveText(["view", "cart", "pay"]);

  // What the steps contributed is the whole change, and so is what values did and how their shares moved.
  await page.getByTestId("funnel-compare").selectOption("30");
  const change = page.getByTestId("funnel-change");
  await expect(change).toBeVisible({ timeout: 30_000 });
  await expect(change).toContainText("Most of it at “cart”");
  await expect(page.getByTestId("funnel-steps").getByLabel("Within")).toHaveValue("10080");
  const whole = Number(/: ([+−][\d.]+)/.exec(await change.locator(".lead").innerText())![1]!.replace("−", "-"));
  const parts = await numbers(page.getByTestId("funnel-change-values").locator("tbody td:nth-child(n+4)"));
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(whole, 1);
  await change.getByRole("button", { name: "Table" }).first().click();
  const steps = await numbers(change.locator("figure").first().locator("tbody td:nth-child(4)"));
  expect(steps.reduce((sum, part) => sum + part, 0)).toBeCloseTo(whole, 1);
  expect(whole).toBeLessThan(-5);
  expect(await barriers(page), "funnel").toEqual([]);
  await page.getByTestId("funnel-support").fill("900");
  await page.getByTestId("funnel-support").blur();
  await expect(page.getByTestId("funnel-shortest").locator("li"), "control: nobody goes with so many").toHaveCount(0, { timeout: 30_000 });

  // Moves between stages, and who fell in silence.
  await view(page, "stages");
  const moves = page.getByTestId("stages-moves").locator("tbody tr");
  await expect(page.getByTestId("stages-moves")).toBeVisible({ timeout: 30_000 });
  await moved(page, "stages", moves.first());
  const silent = page.getByTestId("stages-table").locator("tbody tr").first().locator("td").nth(6);
  const [, people] = (await silent.innerText()).split("/").map((text) => Number(text.trim().replaceAll(",", "")));
  expect((await listed(page, silent.getByTestId("keep").last())).size).toBe(people);
  // Old and new people of a stage, all of them and those who went higher: as many as stand beside the button.
  const went = page.getByTestId("stages-went").locator("span.row span.row");
  for (const at of [0, 1, 3]) {
    const many = Number(/([\d,]+)\D*$/.exec(await went.nth(at).innerText())![1]!.replaceAll(",", ""));
    expect(many, "the control: there are some").toBeGreaterThan(0);
    expect((await listed(page, went.nth(at).getByTestId("keep"))).size, `went ${at}`).toBe(many);
  }
  // Moves within one channel.
  await page.getByTestId("stages-by").selectOption("channel");
  await expect(page.getByTestId("stages-category")).toBeVisible({ timeout: 30_000 });
  await page.getByTestId("stages-category").selectOption("app");
  await moved(page, "stages", moves.first());
  expect(await barriers(page), "stages").toEqual([]);

  // First, next and paired products, and a move from one order to the next.
  const mine = new Map<number, Order[]>();
  for (const order of made.orders) mine.set(order.who, [...(mine.get(order.who) ?? []), order]);
  const buyers = (holds: (orders: Order[]) => boolean): Set<string> => ids([...mine].filter(([, orders]) => holds(orders)).map(([who]) => who));
  await view(page, "paths");
  const first = page.getByTestId("paths-first").locator("span.row").filter({ hasText: "bag" });
  await expect(first).toBeVisible({ timeout: 30_000 });
  expect(await listed(page, first.getByTestId("keep")), "first").toEqual(buyers(([order]) => order!.items.includes("bag")));
  const next = page.getByTestId("paths-next").locator("tbody tr").first();
  const [one, other] = [await next.locator("th").innerText(), (await next.locator("td").first().innerText()).replace("same", "").trim()];
  expect(await listed(page, next.getByTestId("keep")), "next").toEqual(buyers(([a, b]) => a!.items.includes(one) && (b?.items.includes(other) ?? false)));
  const pair = page.getByTestId("paths-pairs").locator("tbody tr", { hasText: "tea" });
  expect(await listed(page, pair.getByTestId("keep")), "pair").toEqual(buyers((orders) => orders.some(({ items }) => items.includes("tea") && items.includes("bag"))));
  await moved(page, "paths", page.getByTestId("paths-moves").locator("tbody tr").first());
  // Who ordered again within two weeks of any order, and of one that was bought for its cup.
  const again = page.getByTestId("paths-again");
  const soon = (orders: Order[], lead?: string): boolean => orders.some((order, at) => at > 0 && order.day - orders[at - 1]!.day <= 14 && (lead === undefined || orders[at - 1]!.items[0] === lead));
  await again.locator("input").nth(1).fill("14");
  await again.locator("input").nth(1).blur();
  expect(await listed(page, again.getByTestId("keep")), "again").toEqual(buyers((orders) => soon(orders)));
  await again.locator("select").selectOption("=cup");
  await again.locator("input").nth(1).fill("14");
  await again.locator("input").nth(1).blur();
  expect(await listed(page, again.getByTestId("keep")), "again after a cup").toEqual(buyers((orders) => soon(orders, "cup")));
  // What was seen before an order: everyone is in one channel only.
  await page.getByTestId("paths-touch").selectOption("channel");
  const app = page.getByTestId("paths-touched").locator("span.row").filter({ hasText: /^app/ });
  await expect(app).toBeVisible({ timeout: 30_000 });
  expect(await listed(page, app.getByTestId("keep")), "touch").toEqual(buyers(([order]) => made.events.find(({ who }) => who === order!.who)!.channel === "app"));
  expect(await barriers(page), "paths").toEqual([]);

  // A cell of the triangle: there in the second month after, and not there.
  await view(page, "cohorts");
  const cell = page.getByTestId("cohorts-table").locator("tbody tr").first().getByRole("button").nth(3);
  await expect(cell).toBeVisible({ timeout: 30_000 });
  await cell.click();
  const [there, away] = [page.getByTestId("cohorts-cell").getByTestId("keep").nth(0), page.getByTestId("cohorts-cell").getByTestId("keep").nth(1)];
  const began = month(Math.min(...made.orders.map(({ day }) => day)));
  const later = `2026-${two(Number(began.slice(5)) + 2)}`;
  const back = (orders: Order[]): boolean => orders.some(({ day }) => month(day) === later);
  expect(await listed(page, there)).toEqual(buyers((orders) => month(orders[0]!.day) === began && back(orders)));
  expect(await listed(page, away)).toEqual(buyers((orders) => month(orders[0]!.day) === began && !back(orders)));
  // Who was active on a day and in the week that ends with it, and who came in a month.
  const day = 100;
  await page.getByTestId("activity-who").locator("input").fill(date(day));
  await page.getByTestId("activity-who").locator("input").blur();
  const active = page.getByTestId("activity-who").getByTestId("keep");
  for (const [at, span] of [1, 7, 30].entries()) expect(await listed(page, active.nth(at)), `${span} days`).toEqual(buyers((orders) => orders.some((order) => order.day <= day && order.day > day - span)));
  await page.getByTestId("churn-who").locator("select").selectOption("2026-03");
  expect(await listed(page, page.getByTestId("churn-who").getByTestId("keep").first()), "acquired").toEqual(buyers(([order]) => month(order!.day) === "2026-03"));
  expect(await barriers(page), "cohorts").toEqual([]);

  // Value: from one state of the lifecycle to another.
  await view(page, "clv");
  await expect(page.getByTestId("clv-moves")).toBeVisible({ timeout: 60_000 });
  await moved(page, "clv", page.getByTestId("clv-moves").locator("tbody tr").first());

  // RFM: who came into a group, then cuts and groups of one's own, and the preset again.
  await view(page, "rfm");
  const groups = page.getByTestId("rfm-groups").locator("tbody tr");
  await expect(groups).toHaveCount(11, { timeout: 30_000 });
  await moved(page, "rfm", page.getByTestId("rfm-moves").locator("tbody tr").first());
  await page.getByTestId("rfm-edit").click();
  const form = page.getByTestId("rfm-form");
  // Cells of the map say more than is written in them.
  const beside = (await barriers(page)).filter((barrier) => !barrier.includes("<g role"));
  expect(beside, "rfm editor").toEqual([]);
  await form.getByRole("group", { name: "Frequency (F)" }).getByLabel("Own cuts").check({ force: true });
  for (const [i, cut] of ["1", "1", "3", "9"].entries()) await page.getByTestId(`rfm-frequency-${i}`).fill(cut);
  await expect(page.getByTestId("rfm-apply"), "cuts rise").toBeDisabled();
  await page.getByTestId("rfm-frequency-1").fill("2");
  await page.getByTestId("rfm-group").fill("Stars");
  await page.getByTestId("rfm-group").press("Enter");
  for (const fm of [5, 4]) await page.getByTestId(`rfm-grid-5-${fm}`).selectOption("Stars");
  await page.getByTestId("rfm-apply").click();
  const stars = groups.filter({ hasText: "Stars" });
  await expect(stars).toHaveCount(1, { timeout: 30_000 });
  const last = DAYS + 1;
  const edge = [...mine.values()].map((orders) => orders.at(-1)!.day).sort((a, b) => a - b);
  const recent = edge[Math.ceil((4 * edge.length) / 5) - 1]!;
  const cents = (orders: Order[]): number => orders.reduce((sum, { cents: paid, items }) => sum + paid + 100 * (items.length - 1), 0);
  const rich = [...mine.values()].map(cents).sort((a, b) => a - b);
  const score = (value: number, cuts: number[]): number => 1 + cuts.filter((cut) => cut < value).length;
  const fifths = [1, 2, 3, 4].map((k) => rich[Math.ceil((k * rich.length) / 5) - 1]!);
  const fm = (orders: Order[]): number => Math.floor((score(orders.length, [1, 2, 3, 9]) + score(cents(orders), fifths) + 1) / 2);
  const want = buyers((orders) => last - orders.at(-1)!.day <= last - recent - 1 && fm(orders) >= 4);
  expect(await listed(page, stars.getByTestId("keep"))).toEqual(want);
  await page.getByTestId("rfm-edit").click();
  await expect(page.getByTestId("rfm-frequency-3")).toHaveValue("9");
  await page.getByTestId("rfm-reset").click();
  await expect(stars).toHaveCount(0, { timeout: 30_000 });

  // Money of an experiment: Welch's interval, and that of resampling below it.
  await view(page, "experiment");
  await expect(page.getByTestId("resampled")).toHaveCount(1, { timeout: 60_000 });
  await expect(page.getByTestId("experiment-money").getByTestId("resampled")).toContainText("bootstrap");
  const control = page.getByTestId("experiment-bought").locator("tbody tr", { hasText: "control" }).getByTestId("keep");
  const bought = (who: number): boolean => (mine.get(who) ?? []).some(({ day }) => day >= 20);
  const half = Array.from({ length: PEOPLE }, (_, who) => who).filter((who) => who % 2 === 0);
  expect(await listed(page, control.nth(1))).toEqual(ids(half.filter(bought)));
  expect(await listed(page, control.nth(2))).toEqual(ids(half.filter((who) => !bought(who))));
  expect(await barriers(page), "experiment").toEqual([]);
});
