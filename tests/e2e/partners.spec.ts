// The exchange in the page: both roles in two tabs, files handed over by download and upload, and the same files read
// and answered by the command line.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { BrowserContext, Locator, Page } from "@playwright/test";
import { ATOLL, barriers, expect, test, WASM, Witness } from "./atoll.ts";

test.setTimeout(180_000);

const PASS = "correct horse";
const phone = (i: number): string => `139${String((i * 7919) % 100_000_000).padStart(8, "0")}`;
const CITIES = ["上海", "北京", "杭州", "成都"];
const provider = (people: number): string => ["id,age,city,likes", ...Array.from({ length: people }, (_, i) => `${phone(i)},${18 + (i % 50)},${CITIES[i % 4]},${["tea|car", "car", "", "tea"][i % 3]}`)].join("\n") + "\n";
/** People from here on; one row comes twice and one has no usable ID. */
const brand = (from: number, people: number): string => ["spend,mobile", ...Array.from({ length: people }, (_, i) => `${i % 90},${phone(from + i)}`), `7,${phone(from)}`, "8,unknown"].join("\n") + "\n";

const digits = (text: string, column: number): Set<string> => new Set(text.trim().split("\n").slice(1).map((row) => row.split(",")[column] ?? "").filter((id) => /^\d{11}$/.test(id)));

/** By a plain script: which rows of the brand's table stand in the provider's. */
function intersection(theirs: string, own: string): number[] {
  const [there, seen] = [digits(theirs, 0), new Set<string>()];
  return own.trim().split("\n").flatMap((row, i) => {
    const id = row.split(",")[1] ?? "";
    if (!there.has(id) || seen.has(id)) return [];
    seen.add(id);
    return [i + 1];
  });
}

const rows = (members: string): number[] => members.trim().split("\n").slice(1).map((line) => Number(line.split(",")[1]));

/** A side in a tab of its own. */
async function side(context: BrowserContext, address: string, role: "brand" | "provider"): Promise<{ page: Page; witness: Witness }> {
  const page = await context.newPage();
  const witness = new Witness(page);
  await page.goto(`${address}#lang=en`);
  await page.locator("[data-step=partners]").click();
  await page.getByText(role === "brand" ? "I am the brand" : "I am the provider", { exact: true }).click();
  return { page, witness };
}

async function pick(scope: Page | Locator, id: string, path: string): Promise<void> {
  await scope.getByTestId(`pick-${id}`).setInputFiles(path);
}

async function pass(scope: Locator, id: string, seal: boolean, word = PASS): Promise<void> {
  await scope.getByTestId(`pass-${id}`).fill(word);
  if (seal) await scope.getByTestId(`again-${id}`).fill(word);
  await scope.getByTestId(`do-${id}`).click();
}

/** Saves a made file into a folder, after its size and digest were shown. */
async function save(part: Locator, name: string, dir: string): Promise<string> {
  const file = part.getByTestId("made-file").filter({ hasText: name });
  await expect(file.getByTestId("sha256")).toHaveText(/^[0-9a-f]{64}$/, { timeout: process.env["ATOLL_LARGE"] ? 1_200_000 : 60_000 });
  const [download] = await Promise.all([part.page().waitForEvent("download"), file.getByRole("button", { name: /Save/ }).click()]);
  const path = join(dir, name);
  await download.saveAs(path);
  return path;
}

const sha = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
const part = (page: Page, name: string): Locator => page.getByTestId(`part-${name}`);
const code = (scope: Locator, code: string) => expect(scope.locator(`[data-code=${code}]`)).toBeVisible({ timeout: 30_000 });

/** The provider's key and tag file, by the page. */
async function published(page: Page, dir: string): Promise<void> {
  const key = part(page, "key");
  await key.getByTestId("collaboration").fill("acme x tagco");
  await pass(key, "key", true);
  await expect(key.getByTestId("signer")).toBeVisible({ timeout: 30_000 });
  await save(key, "provider.key", dir);
  await save(key, "provider.ledger.json", dir);
  const tags = part(page, "tags");
  await pick(tags, "table", join(dir, "theirs.csv"));
  await tags.getByTestId("do-publish").click({ timeout: 30_000 });
  await save(tags, "tags.atoll", dir);
}

async function asked(page: Page, dir: string): Promise<void> {
  const tags = part(page, "tags");
  await pick(tags, "tags", join(dir, "tags.atoll"));
  await tags.getByTestId("heard").check();
  const query = part(page, "query");
  await pick(query, "table", join(dir, "own.csv"));
  await expect(query.getByTestId("id-column")).toHaveValue("1");
  await pass(query, "query", true);
  await save(query, "brand.query", dir);
  await save(query, "brand.run", dir);
}

function tables(dir: string, theirs: string, own: string): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "theirs.csv"), theirs);
  writeFileSync(join(dir, "own.csv"), own);
}

const atoll = (dir: string, ...args: string[]): string => execFileSync(ATOLL, args, { cwd: dir, env: { ...process.env, ATOLL_PASSPHRASE: PASS }, encoding: "utf8" });

test("both roles in two tabs: exactly the intersection, and the command line reads the same files", async ({ context, served }, info) => {
  const dir = info.outputDir;
  const [theirs, own] = [provider(2000), brand(1850, 300)];
  tables(dir, theirs, own);
  const want = intersection(theirs, own);
  expect(want.length).toBe(150);
  const [a, b] = [await side(context, served, "provider"), await side(context, served, "brand")];
  await published(a.page, dir);
  await asked(b.page, dir);
  expect(await a.page.getByTestId("signer").textContent()).toBe(await b.page.getByTestId("signer").textContent());

  const answer = part(a.page, "answer");
  await pick(answer, "query", join(dir, "brand.query"));
  await answer.getByTestId("do-answer").click();
  // The answer waits until it was counted.
  await expect(answer.getByTestId("made-file").filter({ hasText: "provider.answer" }).getByRole("button", { name: /Save/ })).toBeDisabled({ timeout: 30_000 });
  await save(answer, "provider.ledger.json", dir);
  await save(answer, "provider.answer", dir);
  await answer.getByTestId("do-answer").click();
  await code(answer, "query-replayed");
  expect(await barriers(a.page)).toEqual([]);

  const open = part(b.page, "open");
  const whole = readFileSync(join(dir, "provider.answer"));
  whole[whole.length - 70]! ^= 1;
  writeFileSync(join(dir, "touched.answer"), whole);
  await pick(open, "answer", join(dir, "touched.answer"));
  await pass(open, "open", false, "wrong horse");
  await code(open, "passphrase-wrong");
  await pass(open, "open", false);
  await expect(open.locator("[data-code=proof-wrong], [data-code=point-invalid]")).toBeVisible({ timeout: 30_000 });
  await pick(open, "answer", join(dir, "provider.answer"));
  await pass(open, "open", false);
  await expect(b.page.getByTestId("done-open")).toHaveText("150 of 300 people are in the tag file", { timeout: 60_000 });
  expect(rows(readFileSync(await save(open, "members.csv", dir), "utf8"))).toEqual(want);
  expect(await barriers(b.page)).toEqual([]);

  // The same files on the command line, then what it wrote against what the page made.
  atoll(dir, "exchange", "open", "tags.atoll", "own.csv", "--run", "brand.run", "--answer", "provider.answer", "--out", "room", "-q");
  for (const name of ["first_party.csv", "tags.csv", "room.toml"]) await save(open, name, dir);
  for (const name of ["first_party.csv", "tags.csv", "room.toml", "members.csv"]) expect(readFileSync(join(dir, name), "utf8"), name).toBe(readFileSync(join(dir, "room", name), "utf8"));
  // A query of the page's tag file made there, answered here.
  atoll(dir, "exchange", "query", "tags.atoll", "own.csv", "--out", "cli", "-q");
  await pick(answer, "query", join(dir, "cli.query"));
  await answer.getByTestId("do-answer").click();
  await save(answer, "provider.ledger.json", dir);
  const cli = await save(answer, "provider.answer", dir);
  atoll(dir, "exchange", "open", "tags.atoll", "own.csv", "--run", "cli.run", "--answer", cli, "--out", "again", "-q");
  expect(rows(readFileSync(join(dir, "again", "members.csv"), "utf8"))).toEqual(want);

  // The matched are a room, under the provider's policy.
  await b.page.getByTestId("show").click();
  await b.page.locator("[data-step=profile]").click();
  await expect(b.page.locator("[data-step=profile]")).toHaveAttribute("data-status", "done", { timeout: 60_000 });
  await expect(b.page.locator("[data-step=crowds]")).toHaveCount(0);
  for (const { witness } of [a, b]) {
    expect(witness.complaints).toEqual([]);
    expect(witness.outside).toEqual([]);
  }
});

/** People 0..n, and one row in ten that comes again or is nobody. */
const dirty = (n: number, head: string, row: (i: number) => string, again: (i: number) => string, nobody: string): string =>
  `${head}\n${Array.from({ length: n }, (_, i) => row(i) + (i % 20 === 3 ? again(i >> 1) : i % 20 === 9 ? nobody : "")).join("")}`;

for (const clean of [true, false]) {
  test(`a hundred thousand by a million, in two tabs${clean ? "" : ", with repeated and invalid rows"}`, async ({ context, served }, info) => {
    test.skip(!process.env["ATOLL_LARGE"], "minutes: ATOLL_LARGE=1 npx playwright test partners -g 'hundred thousand'");
    test.setTimeout(3_600_000);
    const dir = info.outputDir;
    const line = (i: number): string => `${phone(i)},${18 + (i % 50)},${CITIES[i % 4]},tea\n`;
    const own = (i: number): string => `${i % 90},${phone(950_000 + i)}\n`;
    const [many, few] = [1_000_000, 100_000];
    tables(dir, clean ? `id,age,city,likes\n${Array.from({ length: many }, (_, i) => line(i)).join("")}` : dirty(many, "id,age,city,likes", line, line, "null,1,,\n"), clean ? `spend,mobile\n${Array.from({ length: few }, (_, i) => own(i)).join("")}` : dirty(few, "spend,mobile", own, own, "7,abc\n"));
    const want = intersection(readFileSync(join(dir, "theirs.csv"), "utf8"), readFileSync(join(dir, "own.csv"), "utf8"));
    expect(want.length).toBe(50_000);
    const [a, b] = [await side(context, served, "provider"), await side(context, served, "brand")];
    const since = Date.now();
    const told = (what: string): void => console.log(`${what}: ${((Date.now() - since) / 1000).toFixed(0)} s`);
    await published(a.page, dir);
    told("published");
    await asked(b.page, dir);
    told("asked");
    const answer = part(a.page, "answer");
    await pick(answer, "query", join(dir, "brand.query"));
    await answer.getByTestId("do-answer").click();
    await save(answer, "provider.ledger.json", dir);
    await save(answer, "provider.answer", dir);
    told("answered");
    const open = part(b.page, "open");
    await pick(open, "answer", join(dir, "provider.answer"));
    await pass(open, "open", false);
    await expect(b.page.getByTestId("done-open")).toHaveText("50,000 of 100,000 people are in the tag file", { timeout: 900_000 });
    told("opened");
    expect(rows(readFileSync(await save(open, "members.csv", dir), "utf8"))).toEqual(want);
    for (const name of ["tags.csv", "room.toml"]) await save(open, name, dir);
    atoll(dir, "exchange", "open", "tags.atoll", "own.csv", "--run", "brand.run", "--answer", "provider.answer", "--out", "room", "-q");
    for (const name of ["tags.csv", "room.toml", "members.csv"]) expect(sha(join(dir, name)), name).toBe(sha(join(dir, "room", name)));
  });
}

test("files of the command line in the page: its key answers, its run opens; what the policy forbids is not there", async ({ context, served }, info) => {
  const dir = info.outputDir;
  const [theirs, own] = [provider(2000), brand(1800, 300)];
  tables(dir, theirs, own);
  atoll(dir, "exchange", "keygen", "p", "--collaboration", "acme x tagco", "--epoch", "2026-Q4");
  atoll(dir, "exchange", "publish", "p.key", "theirs.csv", "--out", "tags.atoll", "--expires", "2099-12-31", "--outputs", "profile", "-q");
  const [a, b] = [await side(context, served, "provider"), await side(context, served, "brand")];
  await asked(b.page, dir);
  // The page's query, answered on the command line.
  atoll(dir, "exchange", "answer", "p.key", "brand.query", "--out", "cli.answer");
  const open = part(b.page, "open");
  await pick(open, "answer", join(dir, "cli.answer"));
  await pass(open, "open", false);
  await expect(b.page.getByTestId("done-open")).toHaveText("200 of 300 people are in the tag file", { timeout: 60_000 });
  for (const step of ["lookalike", "personas", "crowds"]) await expect(b.page.locator(`[data-step=${step}]`)).toHaveCount(0);
  // The command line's key, opened in the page.
  const key = part(a.page, "key");
  await a.page.getByText("I have one", { exact: true }).click();
  await pick(key, "key", join(dir, "p.key"));
  await pass(key, "key", false, "wrong horse");
  await code(key, "passphrase-wrong");
  await pass(key, "key", false);
  await expect(key.getByTestId("signer")).toBeVisible({ timeout: 30_000 });
  const answer = part(a.page, "answer");
  atoll(dir, "exchange", "query", "tags.atoll", "own.csv", "--out", "cli", "-q");
  await pick(answer, "query", join(dir, "cli.query"));
  await pick(answer, "ledger", join(dir, "p.ledger.json"));
  await answer.getByTestId("do-answer").click();
  await save(answer, "provider.ledger.json", dir);
  await save(answer, "provider.answer", dir);
  atoll(dir, "exchange", "open", "tags.atoll", "own.csv", "--run", "cli.run", "--answer", "provider.answer", "--out", "room", "-q");
  expect(rows(readFileSync(join(dir, "room", "members.csv"), "utf8"))).toEqual(intersection(theirs, own));
  // Ended: the key is gone, and with it what needs it.
  await key.getByTestId("end").click();
  await expect(answer.getByTestId("do-answer")).toHaveCount(0);
});

test("the keyed mode: one file and a shared key, no query; the command line opens the same", async ({ context, served }, info) => {
  const dir = info.outputDir;
  const [theirs, own] = [provider(2000), brand(1800, 300)];
  tables(dir, theirs, own);
  const [a, b] = [await side(context, served, "provider"), await side(context, served, "brand")];
  const key = part(a.page, "key");
  await key.getByTestId("collaboration").fill("acme x tagco");
  await key.getByText("Shared key (amber)").click();
  await pass(key, "key", true);
  await expect(key.getByTestId("signer")).toBeVisible({ timeout: 30_000 });
  await expect(part(a.page, "answer")).toHaveCount(0);
  const shared = await save(key, "provider.shared.key", dir);
  const made = part(a.page, "tags");
  await pick(made, "table", join(dir, "theirs.csv"));
  await made.getByTestId("do-publish").click({ timeout: 30_000 });
  await save(made, "tags.atoll", dir);

  const tags = part(b.page, "tags");
  await pick(tags, "tags", join(dir, "tags.atoll"));
  await tags.getByTestId("heard").check();
  await pick(part(b.page, "query"), "table", join(dir, "own.csv"));
  const open = part(b.page, "open");
  await pick(open, "key", shared);
  await pass(open, "open", false, "wrong horse");
  await code(open, "passphrase-wrong");
  await pass(open, "open", false);
  await expect(b.page.getByTestId("done-open")).toHaveText("200 of 300 people are in the tag file", { timeout: 60_000 });
  expect(rows(readFileSync(await save(open, "members.csv", dir), "utf8"))).toEqual(intersection(theirs, own));
  atoll(dir, "exchange", "open", "tags.atoll", "own.csv", "--key", "provider.shared.key", "--out", "room", "-q");
  expect(readFileSync(join(dir, "room", "members.csv"), "utf8")).toBe(readFileSync(join(dir, "members.csv"), "utf8"));
  expect(await barriers(b.page)).toEqual([]);
});

test("a file of other IDs: phones come back as devices, as the command line opens them, and map the brand's own file", async ({ context, served }, info) => {
  const dir = info.outputDir;
  const device = (i: number): string => `${i.toString(16).padStart(8, "0")}-0000-4000-8000-${(i * 31).toString(16).padStart(12, "0")}`.toUpperCase();
  const theirs = `phone,idfa,city\n${Array.from({ length: 2000 }, (_, i) => `${phone(i)},${i % 10 === 3 ? "" : device(i)},上海\n`).join("")}`;
  tables(dir, theirs, brand(1800, 300));
  const want = Array.from({ length: 200 }, (_, i) => 1800 + i).filter((i) => i % 10 !== 3);
  const [a, b] = [await side(context, served, "provider"), await side(context, served, "brand")];
  const key = part(a.page, "key");
  await key.getByTestId("collaboration").fill("acme x tagco");
  await pass(key, "key", true);
  await expect(key.getByTestId("signer")).toBeVisible({ timeout: 30_000 });
  const made = part(a.page, "tags");
  await pick(made, "table", join(dir, "theirs.csv"));
  await made.getByText("Other IDs", { exact: true }).click();
  await expect(made.getByTestId("do-publish")).toBeDisabled();
  await made.getByRole("checkbox", { name: "idfa" }).check();
  await expect(made.getByRole("checkbox", { name: "city" })).toHaveCount(0);
  await made.getByTestId("do-publish").click();
  const ids = await save(made, "ids.atoll", dir);
  await expect(a.page.getByTestId("done-tags")).toHaveText(/^1,800 people written; 200 rows left out/);
  expect(readFileSync(ids).includes(device(7))).toBe(false);
  await save(key, "provider.key", dir);
  await save(key, "provider.ledger.json", dir);

  const tags = part(b.page, "tags");
  await pick(tags, "tags", ids);
  await expect(tags).toContainText("Translation of IDs: idfa");
  await tags.getByTestId("heard").check();
  const query = part(b.page, "query");
  await pick(query, "table", join(dir, "own.csv"));
  await pass(query, "query", true);
  await save(query, "brand.query", dir);
  await save(query, "brand.run", dir);
  atoll(dir, "exchange", "answer", "provider.key", "brand.query", "--out", "cli.answer");
  const open = part(b.page, "open");
  await pick(open, "answer", join(dir, "cli.answer"));
  await pass(open, "open", false);
  await expect(b.page.getByTestId("done-open")).toHaveText("180 of 300 people are in the tag file", { timeout: 60_000 });
  const map = readFileSync(await save(open, "idmap.csv", dir), "utf8");
  expect(map).toBe(["mobile,idfa", ...want.map((i) => `${phone(i)},${device(i)}`)].join("\n") + "\n");
  expect(await barriers(b.page)).toEqual([]);
  atoll(dir, "exchange", "open", "ids.atoll", "own.csv", "--run", "brand.run", "--answer", "cli.answer", "--out", "back", "-q");
  expect(readFileSync(join(dir, "back", "idmap.csv"), "utf8")).toBe(map);

  // The map beside the brand's own file matches a list of devices.
  writeFileSync(join(dir, "tags.csv"), `idfa,level\n${Array.from({ length: 1500 }, (_, i) => `${device(500 + i)},${i % 3}\n`).join("")}`);
  await b.page.getByTestId("use-map").click();
  await b.page.getByTestId("file-first_party").setInputFiles(join(dir, "own.csv"));
  await b.page.getByTestId("file-tags").setInputFiles(join(dir, "tags.csv"));
  await b.page.getByTestId("go-match").click();
  await expect(b.page.getByTestId("match-sentence")).toContainText("180", { timeout: 60_000 });
});

/** Multiplies in a worker of the browser by one of the curve's modules, one row: 32 bytes in hex. */
async function inWorker({ wasm, call, point, scalar }: { wasm: string; call: "map_mul" | "mul"; point: string; scalar: string }): Promise<string> {
  const work = async ({ data }: MessageEvent): Promise<void> => {
    const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (h) => parseInt(h, 16));
    const { instance } = await WebAssembly.instantiate(Uint8Array.from(atob(data.wasm), (c) => c.charCodeAt(0)));
    const kernel = instance.exports as Record<string, (...numbers: number[]) => number> & { memory: WebAssembly.Memory };
    const [input, output, most] = [kernel["input"]!(), kernel["output"]!(), kernel["rows"]!()];
    const memory = new Uint8Array(kernel.memory.buffer);
    memory.set(bytes(data.point), input);
    memory.set(bytes(data.scalar), input + 64 * most);
    kernel[data.call]!(1, 1);
    self.postMessage(Array.from(memory.subarray(output, output + 32), (b) => b.toString(16).padStart(2, "0")).join(""));
  };
  const worker = new Worker(URL.createObjectURL(new Blob([`onmessage = ${work}`])));
  return new Promise((done) => {
    worker.onmessage = ({ data }) => done(data);
    worker.postMessage({ wasm, call, point, scalar });
  });
}

const sha512 = (...parts: Buffer[]): Buffer => createHash("sha512").update(Buffer.concat(parts)).digest();
const prefixed = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);

/** `expand_message_xmd` of RFC 9380 to 64 bytes: one block of SHA-512. */
function uniform(input: Buffer, mode: number): Buffer {
  const tag = Buffer.concat([Buffer.from("HashToGroup-OPRFV1-"), Buffer.from([mode]), Buffer.from("-ristretto255-SHA512")]);
  const dst = Buffer.concat([tag, Buffer.from([tag.length])]);
  return sha512(sha512(Buffer.alloc(128), input, Buffer.from([0, 64, 0]), dst), Buffer.from([1]), dst);
}

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** One over a scalar, by Fermat. */
function inverse(scalar: string): string {
  let [base, power, out] = [BigInt(`0x${Buffer.from(scalar, "hex").reverse().toString("hex")}`), ORDER - 2n, 1n];
  for (; power > 0n; power >>= 1n) {
    if (power & 1n) out = (out * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return Buffer.from(out.toString(16).padStart(64, "0"), "hex").reverse().toString("hex");
}

const VECTORS: { mode: number; skSm: string; vectors: Record<"Blind" | "BlindedElement" | "EvaluationElement" | "Input" | "Output", string>[] }[] = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../vectors/exchange/rfc9497.json"), "utf8"),
).filter(({ mode }: { mode: number }) => mode < 2);

for (const build of ["relaxed", "simd"] as const) {
  test(`RFC 9497 holds through the curve's module in a worker: ${build}`, async ({ page }) => {
    const wasm = readFileSync(resolve(dirname(WASM), `kernel-${build}.wasm`)).toString("base64");
    const times = (call: "map_mul" | "mul", point: string, scalar: string) => page.evaluate(inWorker, { wasm, call, point, scalar });
    expect(VECTORS.length).toBe(2);
    for (const { mode, skSm, vectors } of VECTORS)
      for (const vector of vectors) {
        const [inputs, blinds, blinded, evaluated, outputs] = (["Input", "Blind", "BlindedElement", "EvaluationElement", "Output"] as const).map((name) => vector[name].split(","));
        for (const [i, hex] of inputs!.entries()) {
          const input = Buffer.from(hex, "hex");
          expect(await times("map_mul", uniform(input, mode).toString("hex"), blinds![i]!)).toBe(blinded![i]);
          expect(await times("mul", blinded![i]!, skSm)).toBe(evaluated![i]);
          const element = Buffer.from(await times("mul", evaluated![i]!, inverse(blinds![i]!)), "hex");
          expect(sha512(prefixed(input), prefixed(element), Buffer.from("Finalize")).toString("hex")).toBe(outputs![i]);
        }
      }
    // Control: another key, another answer.
    const [{ vectors }] = VECTORS as [(typeof VECTORS)[number]];
    expect(await times("mul", vectors[0]!.BlindedElement, vectors[0]!.Blind)).not.toBe(vectors[0]!.EvaluationElement);
  });
}
