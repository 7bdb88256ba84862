// What the engine could talk to, and what the page's sources may name: nothing that reaches a network or a disk.
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { unlzma } from "../../www/src/engine/lzma.ts";
import { joined } from "../../www/src/engine/streams.ts";
import { expect, PAGE, test, WASM } from "./atoll.ts";

/**
 * Every import the engine may have, without the hash wasm-bindgen appends. Each one makes, reads or drops a
 * plain JavaScript value that was handed in, or states an error; there is no way to a global. `call` and
 * `next` walk the iterators of a Map. A name that is added here is a promise that is made again.
 */
const ALLOWED = new Set([
  "__wbg_Error", "__wbg_Number", "__wbg_String", "__wbg___wbindgen_bigint_get_as_i64",
  "__wbg___wbindgen_boolean_get", "__wbg___wbindgen_debug_string", "__wbg___wbindgen_in",
  "__wbg___wbindgen_is_bigint", "__wbg___wbindgen_is_function", "__wbg___wbindgen_is_object",
  "__wbg___wbindgen_is_string", "__wbg___wbindgen_is_undefined", "__wbg___wbindgen_jsval_eq",
  "__wbg___wbindgen_jsval_loose_eq", "__wbg___wbindgen_number_get", "__wbg___wbindgen_string_get",
  "__wbg___wbindgen_throw", "__wbg_call", "__wbg_done", "__wbg_entries", "__wbg_error", "__wbg_get",
  "__wbg_get_unchecked", "__wbg_get_with_ref_key", "__wbg_instanceof_ArrayBuffer", "__wbg_instanceof_Map",
  "__wbg_instanceof_Uint8Array", "__wbg_isArray", "__wbg_isSafeInteger", "__wbg_iterator", "__wbg_length",
  "__wbg_new", "__wbg_new_from_slice", "__wbg_next", "__wbg_parse", "__wbg_prototypesetcall", "__wbg_push", "__wbg_set", "__wbg_stringify",
  // The host of an exchange: reads files that were chosen, takes those that are made, multiplies and sums points, says how far it is.
  "__wbg_file_size", "__wbg_file_read", "__wbg_file_put", "__wbg_tell_stage", "__wbg_tell_worked", "__wbg_curve_map_mul", "__wbg_curve_mul", "__wbg_curve_sum",
  "__wbg_value", "__wbindgen_generic", "__wbindgen_init_externref_table",
]);

const bare = (name: string) => name.replace(/_[0-9a-f]{16}$/, "");

/** Imports that are not on the list. */
function foreign(wasm: Uint8Array<ArrayBuffer>): string[] {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  return imports.map((i) => bare(i.name)).filter((name) => !ALLOWED.has(name));
}

const bytes = (path: string) => new Uint8Array(readFileSync(path));

test("the engine imports nothing that is not on the list", () => {
  expect(foreign(bytes(WASM))).toEqual([]);
});

test("control: one more import is found", () => {
  // (module (import "./atoll_bg.js" "__wbg_fetch_0123456789abcdef" (func)))
  const text = (s: string) => [s.length, ...Buffer.from(s)];
  const entry = [1, ...text("./atoll_bg.js"), ...text("__wbg_fetch_0123456789abcdef"), 0, 0];
  const type = [1, 4, 1, 0x60, 0, 0];
  const wasm = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...type, 2, entry.length, ...entry]);
  expect(foreign(wasm)).toEqual(["__wbg_fetch"]);
});

test("the page holds this very engine", () => {
  const packed = /<script type="text\/plain" id="atoll-wasm">([^<]*)</.exec(readFileSync(PAGE, "utf8"))?.[1] ?? "";
  expect(readFileSync(WASM).equals(joined(Buffer.from(packed, "base64"), unlzma))).toBe(true);
});

/** Names a source of the page must not hold: network, storage, markup from text, second ways to a worker. */
const BANNED =
  /\b(fetch\s*\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|RTCPeerConnection|WebTransport|importScripts|localStorage|sessionStorage|indexedDB|document\.cookie|caches\.|BroadcastChannel|serviceWorker|window\.open|location\.(href|assign|replace)\b|innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|eval\s*\(|new Function)|\{@html/;

function named(text: string): string | undefined {
  return BANNED.exec(text.replace(/(^|\s)\/\/.*$|\/\*[\s\S]*?\*\//gm, ""))?.[0];
}

test("the script of the workers names no network and no storage", () => {
  // The names of imports do not say what they construct; the glue that is bundled with the worker does.
  const worker = /<script type="text\/plain" id="atoll-worker">([\s\S]*?)<\/script>/.exec(readFileSync(PAGE, "utf8"))?.[1];
  expect(worker?.length).toBeGreaterThan(1000);
  expect(BANNED.exec(worker ?? "")?.[0]).toBeUndefined();
});

test("the page's sources name no network, no storage and no markup from text", () => {
  const src = resolve(import.meta.dirname, "../../www/src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((f) => /\.(ts|svelte)$/.test(f));
  expect(files.length).toBeGreaterThan(3);
  const found = files.map((f) => [f, named(readFileSync(resolve(src, f), "utf8"))]).filter(([, what]) => what);
  expect(found).toEqual([]);
});

test("control: a source that does is found", () => {
  for (const text of ["await fetch(url)", "localStorage.x = 1", "{@html label}", "location.href = x", "el.innerHTML = t"])
    expect(named(text), text).toBeDefined();
  expect(named("// fetch() is refused\nprefetchNothing()")).toBeUndefined();
});
