// The script of every worker. Its first message says whether it is the desk or a shard.
import { initSync } from "atoll";
import { serveDesk } from "./desk";
import type { FromWorker, Hello, Ping, ToDesk } from "./protocol";
import { serveShard } from "./shard";

const page = (message: FromWorker, transfer: Transferable[] = []): void => self.postMessage(message, { transfer });

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

let hear: ((message: ToDesk) => void) | undefined;

self.onmessage = ({ data }: MessageEvent<Hello | Ping | ToDesk>) => {
  if (!("role" in data)) return data.is === "ping" ? page({ is: "pong" }) : hear?.(data);
  try {
    witness();
    initSync({ module: data.module });
    if (data.role === "desk") hear = serveDesk(data, page, lost);
    else serveShard(data, lost);
  } catch {
    lost();
  }
};
