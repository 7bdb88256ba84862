// Promise P3: nothing is stored. IDs are loaded, the browser is killed in the middle of things, and every file of
// its profile is searched for them. A page that stores one is found.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type Page } from "@playwright/test";
import { PAGE, SAVED, serve } from "./atoll.ts";
import { CHROMIUM, FLAGS } from "./chromium.ts";

/** A hundred phone numbers nobody else has on this machine. */
const CANARIES = Array.from({ length: 100 }, (_, i) => `1990${String(7_310_000 + 7919 * i)}`);

/** Does something on a page of a browser with a fresh profile, kills the browser, and returns the profile's folder. */
async function killedWhile(address: string, act: (page: Page) => Promise<void>): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), "atoll-profile-"));
  const args = [...FLAGS, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"];
  const child = spawn(CHROMIUM, args, { stdio: ["ignore", "ignore", "pipe"] });
  const gone = new Promise((done) => child.on("exit", done));
  try {
    const browser = await chromium.connectOverCDP(await listening(child.stderr));
    const context = browser.contexts()[0]!;
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(address);
    await act(page);
  } finally {
    child.kill("SIGKILL");
    await gone;
  }
  return profile;
}

/** The address on which the browser takes orders. */
function listening(stderr: NodeJS.ReadableStream): Promise<string> {
  return new Promise((done) => {
    let said = "";
    stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString();
      const address = /ws:\/\/\S+/.exec(said);
      if (address) done(address[0]);
    });
  });
}

/** Files under a folder that hold one of the canaries, as bytes or as UTF-16. */
function holding(folder: string): string[] {
  const needles = CANARIES.flatMap((c) => [Buffer.from(c), Buffer.from(c, "utf16le")]);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((f) => join(folder, f));
  const found = files.filter((f) => statSync(f, { throwIfNoEntry: false })?.isFile()).filter((f) => {
    const bytes = readFileSync(f);
    return needles.some((needle) => bytes.includes(needle));
  });
  return found;
}

/** Loads the canaries as one's own people, and waits until the page has counted them. */
async function load(page: Page, file: string): Promise<void> {
  await page.getByTestId("file-first_party").setInputFiles(file);
  await expect(page.getByTestId("card-first_party")).toContainText("100");
}

test("nothing of a file is in the browser's profile after a crash", async ({}, info) => {
  const file = info.outputPath("people.csv");
  writeFileSync(file, ["phone,name", ...CANARIES.map((c, i) => `${c},n${i}`)].join("\n"));
  const server = await serve();
  for (const address of [server.url, SAVED]) {
    const profile = await killedWhile(address, (page) => load(page, file));
    expect(readdirSync(profile).length, "the profile is there").toBeGreaterThan(5);
    expect(holding(profile)).toEqual([]);
    rmSync(profile, { recursive: true });
  }
  server.stop();
});

test("control: a page that stores one is found", async ({}, info) => {
  const loose = info.outputPath("loose.html");
  writeFileSync(loose, readFileSync(PAGE, "utf8").replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ""));
  const profile = await killedWhile(`file://${loose}`, async (page) => {
    await page.evaluate((canary) => localStorage.setItem("id", canary), CANARIES[0]!);
    await page.goto("about:blank");
    await page.waitForTimeout(6_000); // the browser writes its storage every five seconds
  });
  expect(holding(profile).length).toBeGreaterThan(0);
  rmSync(profile, { recursive: true });
});
