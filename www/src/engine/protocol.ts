// Every message between the page, the desk and the shards. Three parties, four directions, nothing else.
import type { Call, ErrorCode, ExchangeStep, ExchangeTold, FileRef, Made, Place, Progress, Reply } from "api";

/** A refusal as it crosses a worker boundary; the words for people are chosen by `code`. */
export type Refusal = { code: ErrorCode; message: string; at: Place };

/** What every worker runs: the engine and, where one works, a curve's module. */
export type Modules = { module: WebAssembly.Module; kernel: WebAssembly.Module | undefined };

/** First message of a worker: who it is. The desk gets one port to each shard. */
export type Hello = Modules &
  ({ role: "shard"; index: number; count: number; desk: MessagePort } | { role: "desk"; memory: number; shards: MessagePort[] } | { role: "exchange" });

/** Page to any worker: are you there? A worker that ended says nothing, and no event tells of it. */
export type Ping = { is: "ping" };

/** Page to desk. */
export type ToDesk =
  | { is: "file"; ref: FileRef; blob: Blob }
  | { is: "call"; call: Call }
  | { is: "cancel" }
  | { is: "take"; name: string };

/** Desk to page. A call ends with one `reply` or one `refused`; a take with one `taken`. */
export type FromDesk =
  | { is: "ready"; version: string }
  | { is: "progress"; progress: Progress }
  | { is: "reply"; reply: Reply }
  | { is: "refused"; refusal: Refusal }
  | { is: "taken"; bytes: Uint8Array<ArrayBuffer> | undefined };

/** Page to the worker of an exchange, one step at a time: files by what they are (`table`, `key`, `tags` …). */
export type ToExchange = { is: "step"; step: ExchangeStep; files: Record<string, Blob> };

/** A file that a step made. */
export type MadeBlob = Made & { blob: Blob };

/** Its answer; a step that is refused ends with `refused`. */
export type Told = { is: "told"; told: ExchangeTold; made: MadeBlob[] };

/** Any worker to the page. */
export type FromWorker = FromDesk | Told | { is: "pong" } | { is: "lost" } | { is: "network"; asked: number; refused: number };

/** First message of the unpacker, the worker before all others: the engine and the curve as they stand in the page. */
export type ToUnpacker = { role: "unpacker"; packed: string; curve: string };

/** Its only answer. */
export type FromUnpacker = ({ is: "module" } & Modules) | { is: "lost" };

/** Bytes of a file that a shard reads by itself. */
export type Input = { blob: Blob; from: number; to: number };

/** Desk to shard. `turn` numbers the calls: an answer to an earlier one is let fall. */
export type ToShard =
  | { is: "ask"; turn: number; id: number; name: string; question: Uint8Array; input: Input | undefined }
  | { is: "drop" };

/** Shard to desk. */
export type FromShard =
  | { is: "answer"; turn: number; id: number; answer: Uint8Array }
  | { is: "refused"; turn: number; id: number; error: Pick<Refusal, "code" | "at"> };
