// The script of every worker. Its first message says whether it is the desk, a shard or the unpacker.
import { initSync } from "atoll";
import { serveDesk } from "./desk";
import { serveExchange } from "./exchange";
import { pickKernel } from "./kernel";
import { unlzma } from "./lzma";
import { joined } from "./streams";
import type { FromUnpacker, FromWorker, Hello, Ping, ToDesk, ToExchange, ToUnpacker } from "./protocol";
import { serveShard } from "./shard";

const page = (message: FromWorker | FromUnpacker, transfer: Transferable[] = []): void => self.postMessage(message, { transfer });

/** The engine stopped in a state nobody knows: say so, and hear nothing more. */
function lost(): void {
  page({ is: "lost" });
  self.close();
}

/** Workers keep their own books of what was asked of a network; the page adds them up. */
function witness(): void {
  const tell = (asked: number, refused: number): void => page({ is: "network", asked, refused });
  new PerformanceObserver((list) => tell(list.getEntries().filter((e) => !/^(blob|data):/.test(e.name)).length, 0)).observe({ type: "resource" });
  self.addEventListener("securitypolicyviolation", () => tell(0, 1));
}

const bytes = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** Answers with the engine and the curve that two texts hold: LZMA in base64, the engine in streams. */
async function unpack({ packed, curve }: ToUnpacker): Promise<void> {
  // The curve is unpacked while the engine compiles, which the browser does beside this thread.
  const [module, kernel] = await Promise.all([WebAssembly.compile(joined(bytes(packed), unlzma)), pickKernel(unlzma(bytes(curve)))]);
  page({ is: "module", module, kernel });
}

let hear: ((message: ToDesk | ToExchange) => void) | undefined;

self.onmessage = ({ data }: MessageEvent<ToUnpacker | Hello | Ping | ToDesk | ToExchange>) => {
  if (!("role" in data)) return data.is === "ping" ? page({ is: "pong" }) : hear?.(data);
  if (data.role === "unpacker") return void unpack(data).catch(lost);
  try {
    witness();
    initSync({ module: data.module });
    if (data.role === "desk") hear = serveDesk(data, page, lost) as typeof hear;
    else if (data.role === "exchange") hear = serveExchange(data, page, lost) as typeof hear;
    else serveShard(data, lost);
  } catch {
    lost();
  }
};
