// A placeholder of the facade: asks one worker for the engine's version.
import { engineModule, startWorker } from "./boot";

/** The engine's version, as a worker states it. */
export async function start(): Promise<string> {
  const module = await engineModule();
  return new Promise((resolve, reject) => {
    const worker = startWorker("atoll-0");
    worker.onmessage = (event: MessageEvent<string>) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(module);
  });
}
