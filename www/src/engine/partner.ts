// The page's end of an exchange: one worker for one side, started with its first step and ended with the exchange.
import type { ExchangeStep, ExchangeTold, Progress } from "api";
import { engineModules, startWorker } from "./boot";
import type { Network, Refusal } from "./engine";
import type { FromWorker, Hello, MadeBlob, ToExchange } from "./protocol";

export type { MadeBlob } from "./protocol";

export type Done = { told: ExchangeTold; made: MadeBlob[] };

const refused = (code: Refusal["code"]): Refusal => ({ code, message: "", at: {} });

export class Partner {
  #worker: Worker | undefined;
  #fail: ((refusal: Refusal) => void) | undefined;
  #seen: (network: Network) => void;

  constructor(seen: (network: Network) => void) {
    this.#seen = seen;
  }

  /** Carries out a step; rejects with a {@link Refusal}. */
  async step(step: ExchangeStep, files: Record<string, Blob>, onProgress: (progress: Progress) => void): Promise<Done> {
    const modules = await engineModules();
    const worker = (this.#worker ??= this.#start({ role: "exchange", ...modules }));
    return new Promise<Done>((done, fail) => {
      this.#fail = fail;
      worker.onerror = () => this.end("worker-lost");
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.is === "progress") onProgress(data.progress);
        else if (data.is === "told") done(data);
        else if (data.is === "refused") fail(data.refusal);
        else if (data.is === "network") this.#seen(data);
        else if (data.is === "lost") this.end("worker-lost");
      };
      worker.postMessage({ is: "step", step, files } satisfies ToExchange);
    });
  }

  /** Ends the worker, and with it everything it knows. */
  end(code: Refusal["code"] = "cancelled"): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#fail?.(refused(code));
    this.#fail = undefined;
  }

  #start(hello: Hello): Worker {
    const worker = startWorker("atoll-exchange");
    worker.postMessage(hello);
    return worker;
  }
}
