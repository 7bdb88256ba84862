// The worker of an exchange: keys, blinds and passphrases live here, and in sealed files. It works on one step until it
// is done, tells how far it is, and is ended by the page: that is how a step is stopped and how a key is forgotten.
import { ExchangePort, Hash } from "atoll";
import { Kernel } from "./kernel";
import type { FromWorker, Hello, MadeBlob, ToExchange } from "./protocol";
import { isRefusal, read } from "./shard";

/** Progress goes to the page at most this often. */
const PROGRESS_MS = 100;
const SLICE = 4 << 20;

/** What the engine asks of its worker: the files, the curve, and that it says how far it is. */
class Host {
  files: Record<string, Blob> = {};
  made = new Map<string, Blob[]>();
  #send: (message: FromWorker) => void;
  #kernel: Kernel | undefined;
  #stage = { stage: "", done: 0, total: 0, unit: "rows" };
  #told = 0;

  constructor(send: (message: FromWorker) => void, kernel: Kernel | undefined) {
    this.#send = send;
    this.#kernel = kernel;
  }

  file_size(name: string): number {
    return this.#blob(name).size;
  }

  file_read(name: string, from: number, to: number): Uint8Array {
    return read({ blob: this.#blob(name), from, to });
  }

  /** Bytes become a blob at once: a browser keeps large ones on disk. Names with a dot before them are nobody's to save. */
  file_put(name: string, bytes: Uint8Array<ArrayBuffer>, front: boolean): void {
    const parts = this.made.get(name) ?? [];
    parts[front ? "unshift" : "push"](new Blob([bytes]));
    this.made.set(name, parts);
  }

  tell_stage(stage: string, total: number, bytes: boolean): void {
    this.#stage = { stage, done: 0, total, unit: bytes ? "bytes" : "rows" };
    this.#told = 0;
    this.tell_worked(0);
  }

  tell_worked(more: number): void {
    this.#stage.done += more;
    if (performance.now() - this.#told < PROGRESS_MS) return;
    this.#told = performance.now();
    this.#send({ is: "progress", progress: { ...this.#stage } });
  }

  curve_map_mul(uniform: Uint8Array, scalars: Uint8Array): Uint8Array | undefined {
    this.#points(uniform.length / 64);
    return this.#kernel?.mapMul(uniform, scalars);
  }

  curve_mul(points: Uint8Array, scalars: Uint8Array): Uint8Array | undefined {
    this.#points(points.length / 32);
    return this.#kernel?.mul(points, scalars);
  }

  curve_sum(points: Uint8Array, weights: Uint8Array): Uint8Array | undefined {
    return this.#kernel?.sum(points, weights);
  }

  #points(rows: number): void {
    if (this.#stage.unit === "rows") this.tell_worked(rows);
  }

  #blob(name: string): Blob {
    const blob = this.files[name] ?? this.made.get(name)?.[0];
    if (!blob) throw { code: "file-unreadable", message: "", at: {} };
    return blob;
  }
}

/** Serves the page from this worker until the page ends it. */
export function serveExchange({ kernel }: Extract<Hello, { role: "exchange" }>, send: (message: FromWorker) => void, lost: () => void): (message: ToExchange) => void {
  const host = new Host(send, kernel && new Kernel(kernel));
  const port = new ExchangePort(host, crypto.getRandomValues(new Uint8Array(32)));
  return ({ step, files }) => {
    host.files = files;
    host.made.clear();
    try {
      const told = port.run(step);
      send({ is: "told", told, made: [...host.made].filter(([name]) => !name.startsWith(".")).map(([name, parts]) => finished(name, new Blob(parts), host)) });
    } catch (error) {
      if (!isRefusal(error)) return lost();
      send({ is: "refused", refusal: { code: error.code, message: error.message, at: error.at } });
    }
  };
}

function finished(name: string, blob: Blob, host: Host): MadeBlob {
  host.tell_stage("fingerprint", blob.size, true);
  const hash = new Hash();
  for (let from = 0; from < blob.size; from += SLICE) {
    const to = Math.min(blob.size, from + SLICE);
    hash.update(read({ blob, from, to }));
    host.tell_worked(to - from);
  }
  return { name, size: blob.size, sha256: hash.hex(), head: [], rows: 0, mark: "green", findings: [], blob };
}
