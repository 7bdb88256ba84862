import { readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { barriers, expect, PAGE, SAVED, serve, test, Witness } from "./atoll.ts";

test("loads under the strict headers, in silence", async ({ page, served }) => {
  await page.goto(served);
  await expect(page.getByTestId("version")).toHaveText(/^\d+\.\d+\.\d+/);
});

test("loads from disk, in silence", async ({ page }) => {
  await page.goto(SAVED);
  await expect(page.getByTestId("version")).toHaveText(/^\d+\.\d+\.\d+/);
});

test("the server sends what the page itself states, and more", async ({ request, served }) => {
  const answer = await request.get(served);
  const headers = answer.headers();
  const html = readFileSync(PAGE, "utf8");
  expect(await answer.text()).toBe(html);

  const own = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]?.split("; ") ?? [];
  const sent = headers["content-security-policy"]?.split("; ") ?? [];
  expect(own.length).toBeGreaterThan(8);
  expect(sent.filter((d) => !own.includes(d))).toEqual(["frame-ancestors 'none'", "sandbox allow-scripts allow-downloads"]);
  expect(own.filter((d) => !sent.includes(d))).toEqual([]);

  expect(headers["connection-allowlist"]).toBe("()");
  expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
  expect(headers["referrer-policy"]).toBe("no-referrer");
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["permissions-policy"]).toContain("camera=()");
});

test("one address, two methods", async ({ request, served }) => {
  expect((await request.get(`${served}favicon.ico`)).status()).toBe(404);
  expect((await request.get(`${served}..%2fCargo.toml`)).status()).toBe(404);
  expect((await request.post(served)).status()).toBe(405);
});

test("control: a script that was changed after the build does not run", async ({ browser }, info) => {
  const changed = info.outputPath("changed.html");
  writeFileSync(changed, readFileSync(PAGE, "utf8").replace(/<script>/, "<script>;"));
  const page = await browser.newPage();
  const witness = new Witness(page);
  await page.goto(`file://${changed}`);
  await expect.poll(() => witness.complaints.join()).toMatch(/Content Security Policy|violates/);
  await expect(page.locator("#app")).toBeEmpty();
  await page.close();
});

test("control: a request after load is witnessed", async ({ browser }, info) => {
  const loose = info.outputPath("loose.html");
  writeFileSync(loose, "<script>setTimeout(() => fetch('/elsewhere'), 50)</script>");
  const server = await serve(loose);
  const page = await browser.newPage();
  const witness = new Witness(page);
  // The policy's own doing is not under test here, so it is set aside.
  await page.route(server.url, async (route) => route.fulfill({ body: readFileSync(loose, "utf8"), contentType: "text/html" }));
  await page.goto(server.url);
  await expect.poll(() => witness.outside).toContain(`${server.url}elsewhere`);
  await page.close();
  server.stop();
});

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("the page knows its own hash, served and saved", async ({ page, request, served }) => {
  const published = sha256(readFileSync(PAGE));
  expect(sha256(await (await request.get(served)).body())).toBe(published);
  for (const address of [served, SAVED]) {
    await page.goto(address);
    await expect(page.locator("html")).toHaveAttribute("data-sha256", published);
  }
});

test("control: one changed byte is another hash", async ({ page }, info) => {
  const changed = info.outputPath("changed.html");
  writeFileSync(changed, readFileSync(PAGE, "utf8").replace("<title>Atoll", "<title>Atol1"));
  await page.goto(`file://${changed}`);
  await expect(page.locator("html")).toHaveAttribute("data-sha256", sha256(readFileSync(changed)));
  expect(sha256(readFileSync(changed))).not.toBe(sha256(readFileSync(PAGE)));
});

test("the first screen has no barriers, light and dark, wide and narrow", async ({ page }) => {
  for (const colorScheme of ["light", "dark"] as const)
    for (const width of [1440, 390]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      await page.goto(SAVED);
      await expect(page.getByTestId("version")).toBeVisible();
      expect(await barriers(page), `${colorScheme}, ${width} px`).toEqual([]);
    }
});

test("control: a button without a name is a barrier", async ({ page }) => {
  await page.goto(SAVED);
  await page.evaluate(() => document.querySelector("#app")!.append(document.createElement("button")));
  expect((await barriers(page)).join()).toContain("button-name");
});
