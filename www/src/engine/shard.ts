// The shard's side: carries out one ask after the other, a few milliseconds at a time, so that a drop is heard.
import { ShardPort } from "atoll";
import type { FromShard, Hello, Input, Refusal, ToShard } from "./protocol";
import { ticker } from "./tick";

/** How long a shard works before it listens again. */
const SLICE_MS = 12;

type Ask = Extract<ToShard, { is: "ask" }>;

/** Serves the desk from this worker until the page ends it. `lost` is called when the engine stopped for good. */
export function serveShard(hello: Extract<Hello, { role: "shard" }>, lost: () => void): void {
  const port = new ShardPort(hello.index, hello.count);
  const waiting: Ask[] = [];
  let running: Ask | undefined;

  const send = (message: FromShard, transfer: Transferable[] = []): void => hello.desk.postMessage(message, transfer);

  const open = (ask: Ask): void => {
    port.open(ask.name, ask.question, ask.input ? read(ask.input) : new Uint8Array());
    running = ask;
  };

  const step = (): void => {
    const until = performance.now() + SLICE_MS;
    while (running && performance.now() < until) {
      const answer = port.step();
      if (!(answer instanceof Uint8Array)) continue;
      const { turn, id } = running;
      running = undefined;
      send({ is: "answer", turn, id, answer }, [answer.buffer]);
    }
  };

  const work = ticker(() => {
    const next = running ?? waiting.shift();
    if (!next) return;
    try {
      if (!running) open(next);
      step();
    } catch (error) {
      running = undefined;
      if (!isRefusal(error)) return lost();
      port.drop_job();
      send({ is: "refused", turn: next.turn, id: next.id, error: { code: error.code, at: error.at } });
    }
    if (running ?? waiting.length > 0) work();
  });

  hello.desk.onmessage = ({ data }: MessageEvent<ToShard>) => {
    if (data.is === "ask") {
      waiting.push(data);
      work();
      return;
    }
    waiting.length = 0;
    running = undefined;
    port.drop_job();
  };
}

/** A file that was rewritten under our hands answers with an error or with fewer bytes: never with silence. */
export function read({ blob, from, to }: Input): Uint8Array {
  const bytes = readSlice(blob.slice(from, to));
  if (bytes.byteLength !== to - from) throw refusal("file-changed");
  return bytes;
}

function readSlice(slice: Blob): Uint8Array {
  try {
    return new Uint8Array(new FileReaderSync().readAsArrayBuffer(slice));
  } catch (error) {
    throw refusal(error instanceof DOMException && error.name === "NotFoundError" ? "file-unreadable" : "file-changed");
  }
}

function refusal(code: Refusal["code"]): Refusal {
  return { code, message: code, at: {} };
}

/** What the engine throws on purpose; anything else is a trap. */
export function isRefusal(error: unknown): error is Refusal {
  return typeof error === "object" && error !== null && "code" in error && "at" in error;
}
