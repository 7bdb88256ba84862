// What people do with the page besides the straight way through: they drag, drop, replace, save charts, load recipes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync, crc32, gzipSync } from "node:zlib";
import type { Locator, Page } from "@playwright/test";
import { barriers, expect, test } from "./atoll.ts";

test.setTimeout(180_000);

const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");
const step = (page: Page, name: string) => page.locator(`[data-step=${name}]`);
const status = (page: Page, name: string, is: string) => expect(step(page, name)).toHaveAttribute("data-status", is, { timeout: 120_000 });
const crowds = (page: Page) => page.locator(".rail").getByTestId("crowd");

async function show(page: Page, name: string): Promise<void> {
  await step(page, name).click();
  await status(page, name, "done");
}

async function sample(page: Page): Promise<void> {
  await page.getByTestId("sample").click();
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await status(page, "match", "done");
}

async function saved(page: Page, button: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 30_000 }), button.click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Lets files fall on an element, as a hand does. */
async function drop(target: Locator, files: { name: string; bytes: Buffer }[]): Promise<boolean> {
  return target.evaluate((element, given) => {
    const data = new DataTransfer();
    for (const { name, base64 } of given) data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    const fire = (kind: string) => element.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    const kept = !fire("dragover");
    return !fire("drop") && kept;
  }, files.map(({ name, bytes }) => ({ name, base64: bytes.toString("base64") })));
}

const phone = (i: number) => `138${String(i).padStart(8, "0")}`;

/** A tag file of 3,000 people: SHA-256 phones. */
const TAGS = ["id,城市,年龄", ...Array.from({ length: 3000 }, (_, i) => `${sha256(phone(i))},${["北京", "上海", "广州"][i % 3]},${18 + (i * 7) % 50}`)];

/** A workbook of one sheet with every cell as inline text: as small as an .xlsx can be. */
function workbook(rows: string[][]): Buffer {
  const sheet = rows.map((row) => `<row>${row.map((text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`).join("")}</row>`).join("");
  const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const packages = "http://schemas.openxmlformats.org/package/2006";
  return zip({
    "[Content_Types].xml": `<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
    "_rels/.rels": `<Relationships xmlns="${packages}/relationships"><Relationship Id="r1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    "xl/workbook.xml": `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships xmlns="${packages}/relationships"><Relationship Id="r1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    "xl/worksheets/sheet1.xml": `<worksheet xmlns="${main}"><sheetData>${sheet}</sheetData></worksheet>`,
  });
}

/** An archive of packed files; Node has none of its own. */
function zip(files: Record<string, string>): Buffer {
  const heads: Buffer[] = [];
  const parts: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const bytes = Buffer.from(text);
    const packed = deflateRawSync(bytes);
    const about = Buffer.alloc(26);
    [20, 0x800, 8, 0, 0].forEach((value, i) => about.writeUInt16LE(value, i * 2));
    [crc32(bytes), packed.length, bytes.length].forEach((value, i) => about.writeUInt32LE(value, 10 + i * 4));
    about.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), about, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    heads.push(Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, 0]), about, tail, Buffer.from(name)]));
    parts.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(heads);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(heads.length, 4);
  end.writeUInt16LE(heads.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, directory, Buffer.from("PK\x05\x06"), end]);
}

test("every chart is saved as PNG, SVG and CSV that open and say what they show", async ({ page, served }) => {
  await page.goto(served);
  await sample(page);
  const charts: Record<string, string[]> = { match: ["matched 4,376"], profile: ["Seed", "TGI", "100"], lookalike: ["% of the seed found", "chance"], personas: ["P1 "] };
  let seen = 0;
  for (const [name, labels] of Object.entries(charts)) {
    await show(page, name);
    await expect(page.locator("figure h2").first()).toBeVisible();
    const titles = await page.locator("figure", { has: page.getByRole("button", { name: /PNG$/ }) }).locator("h2").allTextContents();
    expect(titles.length, name).toBeGreaterThan(0);
    for (const [i, title] of titles.entries()) {
      seen += 1;
      const figure = page.locator("figure", { has: page.getByRole("heading", { name: title, exact: true }) });
      const box = (await figure.boundingBox())!;
      const png = await saved(page, figure.getByRole("button", { name: /PNG$/ }));
      expect(png.bytes.subarray(0, 8).toString("latin1"), title).toBe("\x89PNG\r\n\x1a\n");
      // Twice the chart's size and an edge around it, so that it stays sharp in a slide.
      expect(png.bytes.readUInt32BE(16), title).toBeGreaterThan(box.width * 1.8);
      const svg = (await saved(page, figure.getByRole("button", { name: /SVG$/ }))).bytes.toString();
      const drawn = await page.evaluate((text) => {
        const image = new Image();
        image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
        return image.decode().then(() => [image.naturalWidth, image.naturalHeight], () => []);
      }, svg);
      expect(drawn.length, `${title} parses`).toBe(2);
      expect(drawn[0]! * 2, title).toBe(png.bytes.readUInt32BE(16));
      const words = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map((match) => match[1]);
      expect(words[0], "the title").toBe(title);
      if (i === 0) for (const label of labels) expect(words.join("\n"), title).toContain(label);
      const csv = (await saved(page, figure.getByRole("button", { name: /CSV$/ }))).bytes.toString();
      await figure.getByRole("button", { name: "Table" }).click();
      await expect(figure.locator("tbody tr").first()).toBeVisible();
      const heads = await figure.locator("thead th").allTextContents();
      expect(csv.split("\r\n")[0], title).toBe(`\uFEFF${heads.join(",")}`);
      expect(csv.trimEnd().split("\r\n").length - 1, title).toBe(await figure.locator("tbody tr").count());
    }
  }
  expect(seen).toBe(7);
});

test("an audience dragged onto another combines with it; the file has the size and the digest that were shown", async ({ page, served }) => {
  await page.goto(served);
  await sample(page);
  await show(page, "profile");
  await page.locator("svg[data-chart] [role=checkbox]").nth(0).click();
  await page.locator("svg[data-chart] [role=checkbox]").nth(2).click();
  await page.getByTestId("pick-bar").getByRole("button", { name: "Save as audience" }).click();
  await show(page, "lookalike");
  await page.getByTestId("save-reach").click();
  await expect(crowds(page)).toHaveCount(4);
  const size = async (text: Locator) => Number((await text.textContent())!.replaceAll(",", ""));
  const reach = await size(crowds(page).nth(3).locator(".people"));
  await crowds(page).nth(3).dragTo(crowds(page).nth(2));
  // Dragged together they are in both; the dragged one without the other is the rest of it.
  const sizes: number[] = [];
  for (const op of ["and", "minus"]) {
    await page.getByTestId("tree").locator("select").selectOption(op);
    await expect(page.getByTestId("draft-save")).toBeEnabled();
    await page.waitForTimeout(300);
    sizes.push(await size(page.getByTestId("draft-people")));
  }
  expect(sizes[0]).toBeGreaterThan(0);
  expect(sizes[0]! + sizes[1]!).toBe(reach);
  await page.getByTestId("draft-save").click();
  const sheet = page.getByRole("dialog");
  await crowds(page).nth(4).getByRole("button", { name: /^Export/ }).click();
  await sheet.getByTestId("destination").selectOption("table");
  // A digest without a key is red: the sheet says so, and why, before the file exists.
  await expect(sheet.locator(".red")).toContainText("This digest has no key");
  await page.getByTestId("make-file").click();
  const digest = await page.getByTestId("sha256").textContent();
  const file = await saved(page, page.getByTestId("save-file"));
  expect(sha256(file.bytes)).toBe(digest);
  expect(file.bytes.toString().trimEnd().split("\n").length - 1).toBe(sizes[1]);
});

test("a workbook, a gzip and UTF-16 are read when dropped; a file dropped elsewhere does not replace the page", async ({ page, served }) => {
  await page.goto(served);
  const mine = workbook([["手机号", "会员等级"], ...Array.from({ length: 600 }, (_, i) => [phone(i * 2), ["金卡", "银卡"][i % 2]!])]);
  const first = page.getByTestId("card-first_party");
  const tags = page.getByTestId("card-tags");
  expect(await drop(page.getByRole("region", { name: "Your people" }), [{ name: "会员.xlsx", bytes: mine }])).toBe(true);
  await expect(first).toContainText("600 rows × 2 columns");
  await expect(first.getByRole("button", { name: "Excel" })).toHaveText("Excel");
  await drop(page.getByRole("region", { name: "Tag file" }), [{ name: "标签.csv.gz", bytes: gzipSync(TAGS.join("\n")) }]);
  await expect(tags).toContainText("gzip · UTF-8 · comma");
  await page.getByTestId("go-match").click();
  await expect(page.getByTestId("match-sentence")).toContainText("600 of your 600 people (100.0%)");
  await show(page, "profile");

  expect(await drop(page.locator("header").first(), [{ name: "x.csv", bytes: Buffer.from("a,b\n1,2\n") }]), "kept by the page").toBe(true);
  await step(page, "files").click();
  const half = Buffer.from(`\uFEFF${TAGS.slice(0, 1501).join("\r\n").replaceAll(",", "\t")}`, "utf16le");
  await drop(tags, [{ name: "标签.txt", bytes: half }]);
  await expect(tags).toContainText("UTF-16 LE · tab");
  await expect(tags).toContainText("1,500 rows");
  // What was computed from the old file is stale, says so, and one click makes it anew.
  await status(page, "match", "stale");
  await status(page, "profile", "stale");
  await step(page, "profile").click();
  await expect(page.getByRole("status").filter({ hasText: "The match changed" })).toBeVisible();
  await page.getByRole("button", { name: "Run again" }).click();
  await status(page, "profile", "done");
  await step(page, "match").click();
  await expect(page.getByTestId("match-sentence")).toContainText("40.0% of the 1,500 people");
});

test("two files in each other's place are swapped with one click", async ({ page, served }) => {
  await page.goto(served);
  const bytes = Buffer.from(TAGS.join("\n"));
  const mine = Buffer.from(["phone", ...Array.from({ length: 500 }, (_, i) => phone(i))].join("\n"));
  await drop(page.getByRole("region", { name: "Your people" }), [{ name: "tags.csv", bytes }, { name: "mine.csv", bytes: mine }]);
  await expect(page.getByTestId("card-tags")).toContainText("500 rows");
  await page.getByTestId("swap").click();
  await expect(page.getByTestId("card-tags")).toContainText("3,000 rows");
  await expect(page.getByTestId("card-first_party")).toContainText("mine.csv");
  await page.getByTestId("go-match").click();
  await expect(page.getByTestId("match-sentence")).toContainText("500 of your 500");
});

test("a file replaced while it is read is read; results outlive a file that cannot be", async ({ page, served }, info) => {
  const dir = info.outputPath("files");
  mkdirSync(dir, { recursive: true });
  const long = join(dir, "long.csv");
  writeFileSync(long, `${TAGS[0]}\n${`${TAGS.slice(1).join("\n")}\n`.repeat(900)}`);
  await page.goto(served);
  await page.getByTestId("file-tags").setInputFiles(long);
  await expect(page.getByTestId("card-tags").getByRole("progressbar")).toBeVisible();
  await page.getByTestId("file-tags").setInputFiles({ name: "short.csv", mimeType: "text/csv", buffer: Buffer.from(TAGS.join("\n")) });
  await expect(page.getByTestId("card-tags")).toContainText("3,000 rows");
  await page.getByTestId("file-first_party").setInputFiles({ name: "mine.csv", mimeType: "text/csv", buffer: Buffer.from(`phone\n${phone(1)}\n${phone(2)}\n${phone(3)}`) });
  await page.getByTestId("go-match").click();
  await status(page, "match", "done");
  await show(page, "profile");
  await step(page, "files").click();
  await page.getByTestId("file-tags").setInputFiles({ name: "bad.csv", mimeType: "text/csv", buffer: Buffer.from("") });
  await status(page, "files", "failed");
  await step(page, "profile").click();
  await page.getByRole("button", { name: "Run again" }).click();
  await expect(page.getByTestId("card-tags").getByRole("alert")).toBeVisible();
  await step(page, "profile").click();
  await expect(page.locator("svg[data-chart]")).toBeVisible();
});

test("the sample brings six personas, and a saved recipe brings roles and settings back", async ({ page, served }) => {
  await page.goto(served);
  await sample(page);
  await show(page, "personas");
  await expect(page.getByTestId("persona")).toHaveCount(6);
  await page.getByLabel("How many").selectOption("4");
  await expect(page.getByTestId("persona")).toHaveCount(4, { timeout: 60_000 });
  await step(page, "files").click();
  await page.getByTestId("card-tags").getByLabel("Role of column “年龄”").selectOption("ignore");
  await page.getByTestId("go-match").click();
  await status(page, "match", "done");
  const recipe = async () => {
    await page.getByRole("button", { name: "Recipe", exact: true }).click();
    const file = await saved(page, page.getByTestId("save-file"));
    await page.keyboard.press("Escape");
    return file;
  };
  const before = await recipe();
  expect(before.bytes.toString()).toContain("k = 4");
  page.once("dialog", (dialog) => void dialog.accept());
  await page.goto("about:blank");
  await page.goto(served);
  await page.getByTestId("file-recipe").setInputFiles({ name: "room.toml", mimeType: "application/toml", buffer: before.bytes });
  await expect(page.getByRole("status").filter({ hasText: "recipe" })).toBeVisible();
  await page.getByTestId("sample").click();
  await page.getByTestId("go-match").click({ timeout: 60_000 });
  await status(page, "match", "done");
  await step(page, "files").click();
  await expect(page.getByTestId("card-tags").getByLabel("Role of column “年龄”")).toHaveValue("ignore");
});

test("a shard that falls silent in mid-run is noticed within seconds", async ({ page, served }) => {
  await page.goto(served);
  await sample(page);
  await step(page, "lookalike").click();
  await page.workers()[1]!.evaluate(() => self.close());
  await expect(page.locator(".lost")).toBeVisible({ timeout: 12_000 });
});

test("an interrupted look stays whole: language and width change during a run", async ({ page, served }) => {
  await page.goto(served);
  await sample(page);
  await step(page, "lookalike").click();
  await page.locator("button[lang]").click();
  await expect(page.locator(".rail").getByText("种子人群")).toBeVisible();
  for (const width of [390, 720, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  }
  await status(page, "lookalike", "done");
  await expect(page.getByTestId("verdict")).toContainText("种子足够");
  const marker = (await page.locator(".plot .marker").boundingBox())!;
  const plot = (await page.locator("svg[data-chart]", { has: page.locator(".marker") }).boundingBox())!;
  expect(marker.x).toBeLessThan(plot.x + plot.width);
  expect(plot.width).toBeGreaterThan(600);
});

test("a sheet gives the focus back to what opened it", async ({ page, served }) => {
  await page.goto(served);
  for (const close of ["Close", "Escape"]) {
    await page.getByTestId("proof").focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog")).toBeVisible();
    if (close === "Escape") await page.keyboard.press(close);
    else await page.getByRole("dialog").getByRole("button", { name: close }).click();
    await expect(page.getByTestId("proof"), close).toBeFocused();
  }
});

test("on a phone, dark and in Chinese, no step runs over its edge or bars anyone's way", async ({ page, served }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ reducedMotion: "reduce" }); // a sheet that is half faded in has no contrast yet
  await page.goto(`${served}#lang=zh&theme=dark`);
  const fine = async (what: string) => {
    expect(await barriers(page), what).toEqual([]);
    const over = await page.evaluate(() => [document.documentElement, document.querySelector("main")!].map((e) => e.scrollWidth - e.clientWidth));
    expect(over, what).toEqual([0, 0]);
  };
  await fine("empty");
  await page.getByTestId("sample").click();
  await expect(page.getByTestId("go-match")).toBeEnabled({ timeout: 60_000 });
  await fine("files");
  await page.getByTestId("go-match").click();
  for (const name of ["match", "profile", "lookalike", "personas"]) {
    await show(page, name);
    await fine(name);
  }
  await page.locator("aside").getByRole("button", { name: /^人群包/ }).click();
  await fine("basket");
  await page.getByRole("dialog").getByTestId("export-all").click();
  await expect(page.getByTestId("made-file")).toHaveCount(13, { timeout: 60_000 });
  await expect(page.getByRole("dialog")).toContainText("逐人 · 这种加密没有密钥");
  await fine("all files");
});
