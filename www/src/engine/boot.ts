// How the page gets at what is inlined in its own file: the worker's text and the packed wasm.

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

let compiled: Promise<WebAssembly.Module> | undefined;

/** The engine, unpacked and compiled once for the page; every worker gets this module. */
export function engineModule(): Promise<WebAssembly.Module> {
  compiled ??= unpack(block("atoll-wasm")).then((bytes) => WebAssembly.compile(bytes));
  return compiled;
}

async function unpack(base64: string): Promise<ArrayBuffer> {
  const text = atob(base64);
  const packed = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}
