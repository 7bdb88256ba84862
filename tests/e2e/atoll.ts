// What every test of the page stands on: the built file, served with its headers or opened from disk, and a
// witness that nothing was refused by the policy, nothing failed, and nothing was asked of a network.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { test as base, expect, type Page } from "@playwright/test";

const root = resolve(import.meta.dirname, "../..");

/** The built page. */
export const PAGE = resolve(root, "dist/atoll.html");
/** The command line. */
export const ATOLL = process.env["ATOLL"] ?? resolve(root, "target/release/atoll");
/** The engine as wasm, as `make pkg` left it. */
export const WASM = resolve(root, "pkg/atoll_bg.wasm");
/** The page opened from disk. */
export const SAVED = pathToFileURL(PAGE).href;

/** What a page did that it must not do. */
export class Witness {
  readonly requests: string[] = [];
  readonly complaints: string[] = [];
  readonly #loads = new Set<string>();

  constructor(page: Page) {
    page.on("request", (r) => {
      this.requests.push(r.url());
      // A test goes to the page; a page that goes elsewhere by itself is a leak like any other.
      const own = /^(file:|http:\/\/127\.0\.0\.1:\d+\/$)/.test(r.url());
      if (own && r.isNavigationRequest() && r.frame() === page.mainFrame()) this.#loads.add(r.url());
    });
    page.on("pageerror", (e) => this.complaints.push(e.message));
    page.on("console", (m) => {
      if (m.type() === "error" || m.type() === "warning") this.complaints.push(m.text());
    });
  }

  /** Requests other than for the page itself. */
  get outside(): string[] {
    return this.requests.filter((url) => !/^(blob|data):/.test(url) && !this.#loads.has(url));
  }
}

/** Starts `atoll serve` for a page on a free port; gives its address and the way to stop it. */
export async function serve(page = PAGE): Promise<{ url: string; stop: () => void }> {
  if (!existsSync(page)) throw new Error(`${page} is missing: run make dist`);
  const server = spawn(ATOLL, ["serve", "--port", "0", "--page", page], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((done, fail) => {
    let said = "";
    server.on("error", fail);
    server.on("exit", (code) => fail(new Error(`atoll serve ended with ${code}: ${said}`)));
    server.stdout.on("data", (bytes: Buffer) => {
      said += bytes.toString();
      const address = /http:\/\/[\d.:]+\//.exec(said);
      if (address) done(address[0]);
    });
  });
  return { url, stop: () => server.kill() };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with the page as it stands, a line each: the rule and the element. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    type Result = { violations: { id: string; nodes: { html: string }[] }[] };
    const axe = (globalThis as unknown as { axe: { run(options: object): Promise<Result> } }).axe;
    const { violations } = await axe.run({ preload: false });
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html}`));
  });
}

type Fixtures = { witness: Witness };
type WorkerFixtures = { served: string };

/** `served`: the page's address under its headers. `witness`: checked at the end of every test. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  served: [
    async ({}, use) => {
      const server = await serve();
      await use(server.url);
      server.stop();
    },
    { scope: "worker" },
  ],
  witness: [
    async ({ page }, use) => {
      const witness = new Witness(page);
      await use(witness);
      expect(witness.complaints, "errors and policy violations").toEqual([]);
      expect(witness.outside, "requests after load").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
