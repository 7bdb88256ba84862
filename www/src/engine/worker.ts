// The script of every worker.
import { initSync, version } from "atoll";

self.onmessage = (event: MessageEvent<WebAssembly.Module>) => {
  initSync({ module: event.data });
  self.postMessage(version());
};
