// Takes made files from the engine and hands them to the browser, once each: their bytes are then forgotten.
import type { Made } from "api";
import { save } from "../../save";
import { app } from "../../state/app.svelte";

/** Browsers drop downloads that follow each other too fast. */
const PAUSE_MS = 250;

export class Saver {
  #saved = $state.raw<string[]>([]);
  #take: (name: string) => Promise<Blob | undefined>;

  constructor(take = (name: string): Promise<Blob | undefined> => app.engine.take(name)) {
    this.#take = take;
  }

  saved(name: string): boolean {
    return this.#saved.includes(name);
  }

  async save(file: Made): Promise<void> {
    if (this.saved(file.name)) return;
    const blob = await this.#take(file.name);
    if (!blob) return;
    save(blob, file.name);
    this.#saved = [...this.#saved, file.name];
  }

  async all(files: Made[]): Promise<void> {
    for (const file of files) {
      await this.save(file);
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }

  /** What is still there stays saved. */
  forget(there: (name: string) => boolean = () => false): void {
    this.#saved = this.#saved.filter(there);
  }
}
