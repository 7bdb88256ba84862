// How the page gets at what is inlined in its own file: the worker's text and the packed wasm.
import type { FromUnpacker, Modules, ToUnpacker } from "./protocol";

/** The text of a block of the page. */
function block(id: string): string {
  const element = document.getElementById(id);
  if (element?.textContent == null) throw new Error(`the page has no ${id}`);
  return element.textContent;
}

let workerUrl: TrustedScriptURL | string | undefined;

/**
 * The one address a worker may start from: a blob of the page's own worker text. The Trusted Types policy
 * hands out nothing else, whatever it is asked.
 */
function ownWorker(): TrustedScriptURL | string {
  if (workerUrl === undefined) {
    const url = URL.createObjectURL(new Blob([block("atoll-worker")], { type: "text/javascript" }));
    workerUrl = window.trustedTypes?.createPolicy("atoll", { createScriptURL: (_asked: string) => url }).createScriptURL("") ?? url;
  }
  return workerUrl;
}

/** Starts a worker. It inherits the page's policy, because it comes from a blob. */
export function startWorker(name: string): Worker {
  return new Worker(ownWorker() as string, { name });
}

let compiled: Promise<Modules> | undefined;

/**
 * The engine and the curve, unpacked and compiled once for the page; every worker gets these modules. A worker does it,
 * so that the page paints and answers meanwhile.
 */
export function engineModules(): Promise<Modules> {
  compiled ??= new Promise((done, fail) => {
    const worker = startWorker("atoll-unpacker");
    worker.onmessage = ({ data }: MessageEvent<FromUnpacker>) => {
      worker.terminate();
      if (data.is === "module") done({ module: data.module, kernel: data.kernel });
      else fail(new Error("the engine cannot be unpacked"));
    };
    worker.onerror = () => fail(new Error("the unpacker does not start"));
    worker.postMessage({ role: "unpacker", packed: block("atoll-wasm"), curve: block("atoll-curve") } satisfies ToUnpacker);
  });
  return compiled;
}
