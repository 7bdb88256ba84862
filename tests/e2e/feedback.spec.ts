// What people write: the column of texts is told by its name, topics can be changed and made of words nobody knew, their people
// kept, and the page says in both languages what the command line says in bytes.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { ATOLL, barriers, expect, test } from "./atoll.ts";

test.setTimeout(120_000);

const phone = (i: number): string => `138${String(10_000_000 + 37 * i)}`;
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const view = (page: Page, name: string): Promise<void> => page.locator(`.views input[value=${name}]`).check({ force: true });

/** One text of each of 240 people: every third is of a late parcel, every fifth calls the product by a name of its own. */
function reviews(): string {
  const rows = Array.from({ length: 240 }, (_, i) => {
    const text = `${i % 5 === 0 ? ["我的", "家里", "买了", "朋友说"][(i / 5) % 4] + "小绿瓶" + ["，", "！", "，", "？"][(i / 5 + 1) % 4] : ""}${i % 3 === 0 ? "物流太慢" : "很好用，会回购"} ${i}`;
    return `${phone(i)},2026-0${1 + (i % 6)}-1${i % 9},${["app", "web"][i % 2]},${i % 3 === 0 ? 1 : 5},${text}`;
  });
  return ["手机号,时间,渠道,评分,评论内容", ...rows].join("\n") + "\n";
}

test("texts are read, topics made of words, and the files are those of the command line", async ({ page, served }, info) => {
  writeFileSync(info.outputPath("reviews.csv"), reviews());
  await page.goto(`${served}#shards=2&lang=zh`);
  await page.locator("[data-step=business]").click();
  await page.getByTestId("file-business").setInputFiles(info.outputPath("reviews.csv"));
  await expect(page.getByLabel("评论内容")).toHaveValue("text");
  await page.getByTestId("business-open").click();
  await expect(page.getByTestId("home-feedback")).toBeVisible({ timeout: 60_000 });
  await view(page, "feedback");
  await expect(page.getByTestId("feedback-lead")).toContainText("240 人写了 240 条", { timeout: 30_000 });
  const topics = page.getByTestId("feedback-topics").locator("tbody tr");
  await expect(topics).toHaveCount(1);
  await expect(topics.first()).toContainText("物流");
  await topics.getByRole("button", { name: "看原文" }).click();
  await expect(page.getByTestId("feedback-quotes")).toContainText("物流太慢");
  await expect(page.getByTestId("feedback-stars")).toContainText("100");
  expect(await barriers(page), "feedback").toEqual([]);
  await page.screenshot({ path: info.outputPath("feedback-zh.png"), fullPage: true });

  await topics.getByRole("button", { name: "看原文" }).click();
  await expect(topics).toHaveCount(1);

  // A word no list knows becomes a topic; those who wrote it can be kept.
  const word = page.getByTestId("feedback-words").locator("tbody tr").filter({ hasText: "小绿瓶" });
  await expect(word).toContainText("48");
  await word.getByTestId("keep").click();
  const list = page.getByTestId("made-file").locator("button").first();
  const [kept] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), list.click()]);
  expect(readFileSync(await kept.path(), "utf8").trim().split("\n")).toEqual(Array.from({ length: 48 }, (_, i) => phone(5 * i)));
  await page.keyboard.press("Escape");
  await word.getByRole("button", { name: "设为话题" }).click();
  await expect(topics).toHaveCount(2, { timeout: 30_000 });
  await page.getByTestId("feedback-edit").click();
  await page.getByTestId("feedback-add").click();
  await expect(page.getByTestId("feedback-apply")).toBeDisabled();
  await page.getByTestId("feedback-form").locator(".topic").last().locator("input").fill("复购");
  await page.getByTestId("feedback-form").locator(".topic").last().locator("textarea").fill("回购，再买");
  expect(await barriers(page), "topics").toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: info.outputPath("topics-zh.png"), fullPage: true });
  await page.getByTestId("feedback-apply").click();
  await expect(topics).toHaveCount(3, { timeout: 30_000 });

  await page.getByTestId("business-files").click();
  const made = await page.getByTestId("made-file").evaluateAll((each) => each.map((file) => [file.querySelector("b")?.textContent ?? "", file.querySelector("[data-testid=sha256]")?.textContent ?? ""]));
  await page.keyboard.press("Escape");
  await page.getByTestId("business-recipe").click();
  const save = page.getByTestId("made-file").locator("button").first();
  const [recipe] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), save.click()]);
  writeFileSync(info.outputPath("room.toml"), readFileSync(await recipe.path()));
  const out = info.outputPath("out");
  execFileSync(ATOLL, ["analyze", info.outputDir, "feedback", "--out", out, "--shards", "3", "--quiet"]);
  expect(Object.fromEntries(made)).toEqual(Object.fromEntries(readdirSync(out).map((name) => [name, sha256(readFileSync(join(out, name)))])));
});
