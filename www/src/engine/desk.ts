// The desk's side: drives the room's program, sends its asks to the shards and brings their answers in.
import { RoomPort, version } from "atoll";
import type { Call, FileRef, Reply } from "api";
import type { FromDesk, FromShard, Hello, ToDesk, ToShard } from "./protocol";
import { isRefusal } from "./shard";
import { ticker } from "./tick";

/** Progress goes to the page at most this often. */
const PROGRESS_MS = 100;

/** What the room asks of a shard. */
type Ask = { id: number; shard: number; name: string; question: Uint8Array; input?: { file: number; from: number; to: number } };

type Hi = Extract<Hello, { role: "desk" }>;
type Send = (message: FromDesk, transfer?: Transferable[]) => void;

/** Serves the page from this worker until the page ends it. */
export function serveDesk(hello: Hi, send: Send, lost: () => void): (message: ToDesk) => void {
  const room = new RoomPort(hello.shards.length, hello.memory);
  const files = new Map<FileRef["index"], Blob>();
  let turn = 0;
  let running = false;
  let open = 0;
  let told = 0;

  const tell = (): void => {
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    send({ is: "progress", progress: room.progress() });
  };

  const end = (message: FromDesk): void => {
    running = false;
    for (const shard of hello.shards) post(shard, { is: "drop" });
    send(message);
  };

  const carryOut = (): void => {
    for (const { id, shard, name, question, input } of room.asks() as Ask[]) {
      const blob = input && files.get(input.file);
      const port = hello.shards[shard];
      if (!port || (input && !blob)) {
        room.refuse(id, { code: "file-unreadable", at: {} });
        continue;
      }
      open += 1;
      post(port, { is: "ask", turn, id, name, question, input: input && blob ? { blob, from: input.from, to: input.to } : undefined });
    }
  };

  /** With nothing under way at the shards the program is computing here, in slices: it is driven on. */
  const drive = ticker(() => {
    if (!running) return;
    try {
      const reply = room.drive() as Reply | undefined;
      if (reply) return end({ is: "reply", reply });
      carryOut();
      tell();
      if (open === 0) drive();
    } catch (error) {
      if (!isRefusal(error)) return lost();
      end({ is: "refused", refusal: { code: error.code, message: error.message, at: error.at } });
    }
  });

  const start = (call: Call): void => {
    turn += 1;
    open = 0;
    running = true;
    told = 0;
    room.start(call);
    drive();
  };

  const stop = (): void => {
    if (!running) return;
    for (const shard of hello.shards) post(shard, { is: "drop" });
    turn += 1;
    open = 0;
    room.cancel();
    drive();
  };

  const hear = ({ data }: MessageEvent<FromShard>): void => {
    if (data.turn !== turn || !running) return;
    open -= 1;
    if (data.is === "answer") room.answer(data.id, data.answer);
    else room.refuse(data.id, data.error);
    drive();
  };

  for (const shard of hello.shards) shard.onmessage = guarded(hear, lost);
  send({ is: "ready", version: version() });

  return guarded((message: ToDesk) => {
    switch (message.is) {
      case "file":
        files.set(message.ref.index, message.blob);
        return;
      case "call":
        return refusable(() => start(message.call), end);
      case "cancel":
        return stop();
      case "take": {
        const bytes = room.take(message.name) as Uint8Array<ArrayBuffer> | undefined;
        send({ is: "taken", bytes }, bytes ? [bytes.buffer] : []);
      }
    }
  }, lost);
}

function post(port: MessagePort, message: ToShard): void {
  port.postMessage(message);
}

function refusable(work: () => void, end: (message: FromDesk) => void): void {
  try {
    work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    end({ is: "refused", refusal: { code: error.code, message: error.message, at: error.at } });
  }
}

function guarded<T>(work: (message: T) => void, lost: () => void): (message: T) => void {
  return (message) => {
    try {
      work(message);
    } catch {
      lost();
    }
  };
}
