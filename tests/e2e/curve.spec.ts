// The curve's two modules: what they could talk to, the vectors of RFC 9496 in this browser, and which one is picked.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Kernel, pickKernel } from "../../www/src/engine/kernel.ts";
import { unlzma } from "../../www/src/engine/lzma.ts";
import { expect, PAGE, test, WASM } from "./atoll.ts";

const BUILDS = ["relaxed", "simd"] as const;
const read = (build: string) => new Uint8Array(readFileSync(resolve(dirname(WASM), `kernel-${build}.wasm`)));
const size = (bytes: Uint8Array) => new Uint8Array(new Uint32Array([bytes.length]).buffer);
const VECTORS = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../kernel/tests/rfc9496.json"), "utf8"));

/** Runs one of a module's calls in the browser, with the scalar one: encodings, and whether each row was good. A sum stands in the first. */
async function once({ wasm, call, rows }: { wasm: string; call: "map_mul" | "mul" | "sum"; rows: string[] }): Promise<[string, boolean][]> {
  const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (h) => parseInt(h, 16));
  const { instance } = await WebAssembly.instantiate(Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0)));
  const kernel = instance.exports as Record<string, (...numbers: number[]) => number> & { memory: WebAssembly.Memory };
  const memory = new Uint8Array(kernel.memory.buffer);
  const [input, output, most] = [kernel.input!(), kernel.output!(), kernel.rows!()];
  rows.forEach((row, i) => {
    memory.set(bytes(row), input + i * (row.length / 2));
    memory[input + 64 * most + 32 * i] = 1;
  });
  if (call === "sum") kernel.sum!(rows.length, 1, 1);
  else kernel[call]!(rows.length, rows.length);
  const hex = (from: number) => Array.from(memory.subarray(from, from + 32), (b) => b.toString(16).padStart(2, "0")).join("");
  return rows.map((_, i) => [hex(output + 32 * i), memory[output + 32 * most + 8 * i] === 1]);
}

test("the modules import nothing", async ({ page }) => {
  // In the browser: the tests run where relaxed SIMD may be unknown.
  const imports = (wasm: string) => WebAssembly.Module.imports(new WebAssembly.Module(Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0))));
  for (const build of BUILDS) expect(await page.evaluate(imports, Buffer.from(read(build)).toString("base64")), build).toEqual([]);
});

test("the page holds these very modules", () => {
  const packed = /<script type="text\/plain" id="atoll-curve">([^<]*)</.exec(readFileSync(PAGE, "utf8"))?.[1] ?? "";
  const [relaxed, simd] = BUILDS.map(read);
  expect(Buffer.concat([size(relaxed!), relaxed!, simd!]).equals(unlzma(Buffer.from(packed, "base64")))).toBe(true);
});

for (const build of BUILDS) {
  const wasm = Buffer.from(read(build)).toString("base64");

  test(`RFC 9496 holds in this browser: ${build}`, async ({ page }) => {
    const maps: { sha512_of_label_hex: string; element: string }[] = VECTORS.A3_one_way_map;
    const mapped = await page.evaluate(once, { wasm, call: "map_mul" as const, rows: maps.map((v) => v.sha512_of_label_hex) });
    expect(mapped.map(([encoded]) => encoded)).toEqual(maps.map((v) => v.element));

    const good: string[] = VECTORS.A1_small_multiples_of_generator_0_to_15.slice(1);
    const bad: string[] = [...VECTORS.A2_bad_encodings_must_be_rejected, ...VECTORS.extra_bad_encodings_libsodium, "00".repeat(32)];
    const answers = await page.evaluate(once, { wasm, call: "mul" as const, rows: [...good, ...bad] });
    expect(answers.slice(0, good.length)).toEqual(good.map((point) => [point, true]));
    expect(answers.slice(good.length).filter(([, isGood]) => isGood)).toEqual([]);
  });

  test(`control: a flipped bit is seen: ${build}`, async ({ page }) => {
    const [{ sha512_of_label_hex: label, element }] = VECTORS.A3_one_way_map;
    const flipped = (parseInt(label[0], 16) ^ 1).toString(16) + label.slice(1);
    const [[encoded]] = (await page.evaluate(once, { wasm, call: "map_mul" as const, rows: [flipped] })) as [[string, boolean]];
    expect(encoded).not.toBe(element);
  });
}

test("a sum in this browser: five multiples of the generator make the fifteenth, and one bad point is told", async ({ page }) => {
  const multiples: string[] = VECTORS.A1_small_multiples_of_generator_0_to_15;
  const bad: string = VECTORS.A2_bad_encodings_must_be_rejected[0];
  const call = "sum" as const;
  for (const build of BUILDS) {
    const wasm = Buffer.from(read(build)).toString("base64");
    const [sum] = await page.evaluate(once, { wasm, call, rows: multiples.slice(1, 6) });
    expect(sum, build).toEqual([multiples[15], true]);
    const [other] = await page.evaluate(once, { wasm, call, rows: multiples.slice(1, 5) });
    expect(other?.[0], build).not.toBe(multiples[15]);
    const [broken] = await page.evaluate(once, { wasm, call, rows: [...multiples.slice(1, 6), bad] });
    expect(broken?.[1], build).toBe(false);
  }
});

test("an engine without relaxed SIMD gets the other build, and a module that answers wrongly is not used", async () => {
  const [relaxed, simd] = [Buffer.from([1, 2, 3]), Buffer.from(read("simd"))];
  const pack = (first: Buffer, second: Buffer) => new Uint8Array(Buffer.concat([size(first), first, second]));
  const picked = await pickKernel(pack(relaxed, simd));
  expect(picked && new Kernel(picked).works()).toBe(true);
  // The double 2^-24, one bit of its exponent turned.
  const at = simd.indexOf(Buffer.from("000000000000703e", "hex"));
  expect(at).toBeGreaterThan(0);
  const wrong = Buffer.from(simd);
  wrong[at + 6]! ^= 0x10;
  expect(WebAssembly.validate(wrong)).toBe(true);
  expect(await pickKernel(pack(relaxed, wrong))).toBeUndefined();
});
