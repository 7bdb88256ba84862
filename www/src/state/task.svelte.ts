// One computed result: what it was made from, what that has become since, and how far the next one is.
import type { Call, Progress } from "api";
import type { Engine, Payload, Refusal } from "../engine/engine";

/** What a result depends on, part by part; a part that differs makes it stale and is named. */
export type Inputs = Partial<Record<Part, string>>;
export type Part = "first_party" | "tags" | "match" | "base" | "crowd" | "plan";

/** A call under way. */
export type Running = { progress: Progress | undefined; since: number; stageSince: number; stop: () => void };

export type Status =
  | { is: "empty" | "ready" | "done" | "failed" }
  | { is: "running"; percent: number | undefined }
  | { is: "stale"; since: Part };

export class Task<C extends Call> {
  result = $state.raw<Payload<C>>();
  refusal = $state.raw<Refusal>();
  running = $state.raw<Running>();
  /** Number of the result: what depends on it compares this. */
  run = $state(0);
  #made = $state.raw<Inputs>({});
  #ends: Promise<void> | undefined;
  /** Counts what was forgotten: an answer to an earlier question is let fall. */
  #forgotten = 0;
  #engine: () => Engine;
  #inputs: () => Inputs | undefined;
  #call: () => C;

  /** `inputs` is undefined as long as something it needs is not there. */
  constructor(engine: () => Engine, inputs: () => Inputs | undefined, call: () => C) {
    this.#engine = engine;
    this.#inputs = inputs;
    this.#call = call;
  }

  get status(): Status {
    const { running } = this;
    if (running) return { is: "running", percent: percent(running.progress) };
    const inputs = this.#inputs();
    if (this.refusal) return { is: "failed" };
    if (!this.result) return { is: inputs ? "ready" : "empty" };
    const since = differs(this.#made, inputs);
    return since ? { is: "stale", since } : { is: "done" };
  }

  /** Runs the call, unless it is under way or cannot be. A refusal is kept for the page to show. */
  async start(): Promise<void> {
    const inputs = this.#inputs();
    if (this.running || !inputs) return;
    this.#ends = this.#carryOut(inputs);
    await this.#ends;
  }

  /** Stops the call under way, if any, and comes back when it has ended. */
  async stop(): Promise<void> {
    this.running?.stop();
    await this.#ends;
  }

  forget(): void {
    this.running?.stop();
    this.#forgotten += 1;
    this.result = undefined;
    this.refusal = undefined;
    this.#made = {};
  }

  async #carryOut(inputs: Inputs): Promise<void> {
    const stop = new AbortController();
    const since = performance.now();
    const forgotten = this.#forgotten;
    this.refusal = undefined;
    this.running = { progress: undefined, since, stageSince: since, stop: () => stop.abort() };
    try {
      const result = await this.#engine().call(this.#call(), { signal: stop.signal, onProgress: (p) => (this.running = advanced(this.running, p)) });
      if (forgotten !== this.#forgotten) return;
      this.result = result;
      this.#made = inputs;
      this.run += 1;
    } catch (error) {
      if (forgotten === this.#forgotten) this.refusal = error as Refusal;
    } finally {
      this.running = undefined;
    }
  }
}

/** The same call, so much further. */
export function advanced<R extends Running>(running: R | undefined, progress: Progress): R | undefined {
  const same = running?.progress?.stage === progress.stage;
  return running && { ...running, progress, stageSince: same ? running.stageSince : performance.now() };
}

function percent(progress: Progress | undefined): number | undefined {
  return progress && progress.total > 0 ? Math.min(100, (100 * progress.done) / progress.total) : undefined;
}

function differs(made: Inputs, now: Inputs | undefined): Part | undefined {
  const parts = Object.keys(made) as Part[];
  return parts.find((part) => made[part] !== now?.[part]);
}
