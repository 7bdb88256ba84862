// The facade: all the page knows of the engine. One call at a time; later ones wait their turn.
import type { Call, FileRef, Progress, Reply } from "api";
import { engineModules, startWorker } from "./boot";
import type { FromWorker, Hello, Ping, Refusal, ToDesk } from "./protocol";

export type { Refusal } from "./protocol";

/** How a call is watched and stopped. */
export type Watch = { onProgress?: (progress: Progress) => void; signal?: AbortSignal };

/** What the workers saw of the network: requests made, requests the policy refused. */
export type Network = { asked: number; refused: number };

type Reports = { onLost: () => void; onNetwork: (seen: Network) => void };

type Waiting = {
  resolve: (reply: Reply) => void;
  reject: (refusal: Refusal) => void;
  onProgress: ((progress: Progress) => void) | undefined;
};

/** Which reply a call gets. */
type ReplyTo = {
  sample: "files";
  "read-recipe": "recipe";
  inspect: "inspection";
  attach: "files";
  open: "match";
  profile: "profile";
  lookalike: "lookalike";
  personas: "personas";
  score: "scored";
  challenge: "scored";
  compare: "compared";
  count: "counts";
  export: "files";
  "export-all": "all";
  regions: "regions";
  similarity: "similarity";
  matrix: "matrix";
  signs: "signs";
  waves: "waves";
  keep: "recipe";
  split: "split";
  portrait: "portrait";
  platforms: "platforms";
  platform: "exported";
  "read-past": "past-recipe";
  bring: "brought";
  past: "files";
  "past-people": "files";
  "past-crowd": "past-crowd";
};
type Payloads = { [R in Reply as R["reply"]]: R["with"] };

/** The name of a call, which is all of one that asks for nothing more. */
type NameOf<C> = C extends string ? C : keyof C;
type PayloadOf<N> = N extends keyof ReplyTo ? Payloads[ReplyTo[N]] : never;
/** What a call is answered with. */
export type Payload<C extends Call> = PayloadOf<NameOf<C>>;

/** While a call runs, workers are asked this often whether they are there… */
const ASK_MS = 500;
/**
 * … and taken for dead after so many unanswered asks. A shard listens between slices of 12 ms; with every core busy
 * the longest silence seen is a third of a second. Reading waits for a disk, and the desk may merge for long.
 */
const SILENT_ASKS = { shard: 10, slow: 40 };

/** The workers of one room: a desk and its shards. Ended and started anew as a whole. */
export class Engine {
  readonly shards = setting("shards", 1, 16) ?? Math.min(navigator.hardwareConcurrency || 2, 4);
  readonly memory = memoryLimit(this.shards);
  #reports: Reports;
  #workers: Worker[] = [];
  #desk: Promise<Worker>;
  #ready: ((version: string) => void) | undefined;
  #waiting: Waiting | undefined;
  #silent = new WeakMap<Worker, number>();
  #taking: ((bytes: Uint8Array<ArrayBuffer> | undefined) => void) | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #files = 0;
  /** The engine's version, as its desk states it. */
  version: Promise<string>;

  constructor(reports: Reports) {
    this.#reports = reports;
    this.version = this.#versionComes();
    this.#desk = this.#start();
  }

  /** Asks the room. Rejects with a {@link Refusal}; a signal that fires makes it `cancelled`. */
  async call<C extends Call>(call: C, watch: Watch = {}): Promise<Payload<C>> {
    const mine = this.#turn.then(() => this.#run(call, watch));
    this.#turn = mine.catch(() => undefined);
    const reply = await mine;
    return reply.with as Payload<C>;
  }

  /** Makes a file known to the room. Its bytes are read by the shards, by slices, when the room asks. */
  async addFile(blob: Blob, name: string): Promise<FileRef> {
    const ref: FileRef = { index: this.#files++, name, size: blob.size };
    this.#send(await this.#desk, { is: "file", ref, blob });
    return ref;
  }

  /** The bytes of a file that a reply listed; the room forgets them. */
  take(name: string): Promise<Blob | undefined> {
    const mine = this.#turn.then(async () => {
      const desk = await this.#desk;
      const bytes = await new Promise<Uint8Array<ArrayBuffer> | undefined>((done) => {
        this.#taking = done;
        this.#send(desk, { is: "take", name });
      });
      return bytes && new Blob([bytes]);
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Ends every worker, which gives all memory back, and starts new ones that know nothing. */
  restart(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    this.#taking?.(undefined);
    this.#waiting?.reject({ code: "worker-lost", message: "", at: {} });
    this.#waiting = undefined;
    this.version = this.#versionComes();
    this.#desk = this.#start();
  }

  async #run(call: Call, { onProgress, signal }: Watch): Promise<Reply> {
    if (signal?.aborted) throw { code: "cancelled", message: "", at: {} } satisfies Refusal;
    const desk = await this.#desk;
    const stop = (): void => this.#send(desk, { is: "cancel" });
    signal?.addEventListener("abort", stop);
    const reads = typeof call === "object" && ("inspect" in call || "open" in call || "bring" in call);
    const asking = setInterval(() => this.#ask((worker) => (reads || worker === desk ? SILENT_ASKS.slow : SILENT_ASKS.shard)), ASK_MS);
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#waiting = { resolve, reject, onProgress };
        this.#send(desk, { is: "call", call });
      });
    } finally {
      clearInterval(asking);
      signal?.removeEventListener("abort", stop);
    }
  }

  async #start(): Promise<Worker> {
    const modules = await engineModules();
    const ports: MessagePort[] = [];
    for (let index = 0; index < this.shards; index += 1) {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1);
      this.#greet(`atoll-shard-${index}`, { role: "shard", index, count: this.shards, ...modules, desk: port2 });
    }
    return this.#greet("atoll-desk", { role: "desk", memory: this.memory, ...modules, shards: ports });
  }

  #greet(name: string, hello: Hello): Worker {
    const worker = startWorker(name);
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(worker, data);
    worker.onerror = () => this.#lose(worker);
    worker.postMessage(hello, hello.role === "desk" ? hello.shards : hello.role === "shard" ? [hello.desk] : []);
    this.#workers.push(worker);
    return worker;
  }

  /** Asks every worker whether it is there. Counted in asks, not seconds: a tab that sleeps asks less often, too. */
  #ask(patience: (worker: Worker) => number): void {
    for (const worker of this.#workers) {
      const silent = this.#silent.get(worker) ?? 0;
      if (silent >= patience(worker)) return this.#lose(worker);
      this.#silent.set(worker, silent + 1);
      worker.postMessage({ is: "ping" } satisfies Ping);
    }
  }

  #versionComes(): Promise<string> {
    return new Promise((done) => {
      this.#ready = done;
    });
  }

  #lose(worker: Worker): void {
    if (!this.#workers.includes(worker)) return;
    this.restart();
    this.#reports.onLost();
  }

  #hear(worker: Worker, message: FromWorker): void {
    this.#silent.delete(worker);
    switch (message.is) {
      case "ready":
        return this.#ready?.(message.version);
      case "progress":
        return this.#waiting?.onProgress?.(message.progress);
      case "reply":
        this.#waiting?.resolve(message.reply);
        this.#waiting = undefined;
        return;
      case "refused":
        this.#waiting?.reject(message.refusal);
        this.#waiting = undefined;
        return;
      case "taken":
        return this.#taking?.(message.bytes);
      case "told":
        return;
      case "network":
        return this.#reports.onNetwork(message);
      case "lost":
        this.#lose(worker);
    }
  }

  #send(desk: Worker, message: ToDesk): void {
    desk.postMessage(message);
  }
}

/** A whole number from the address, such as `#shards=3`. */
function setting(name: string, low: number, high: number): number | undefined {
  const text = new URLSearchParams(location.hash.slice(1)).get(name) ?? new URLSearchParams(location.search).get(name);
  const value = Number(text);
  return text && Number.isInteger(value) && value >= low && value <= high ? value : undefined;
}

const GIB = 2 ** 30;

/** Half of what the machine says it has, and never more than the shards can address. `#memory=` (in GiB) overrules. */
function memoryLimit(shards: number): number {
  const machine = (navigator as { deviceMemory?: number }).deviceMemory ?? 4;
  return GIB * (setting("memory", 1, 256) ?? Math.min(shards * 3.5, machine / 2));
}
