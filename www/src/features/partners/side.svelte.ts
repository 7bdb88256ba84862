// One side of an exchange: what was chosen, what was made, and the worker that holds its key.
import type { ExchangeStep, ExchangeTold, IdRecipe, OwnTable } from "api";
import type { Refusal } from "../../engine/engine";
import { Partner, type MadeBlob } from "../../engine/partner";
import { app } from "../../state/app.svelte";
import { Slot } from "../../state/slot.svelte";
import { advanced, type Running } from "../../state/task.svelte";
import { Saver } from "../export/saver.svelte";

export type Role = "brand" | "provider";
/** A part of the page that a step belongs to. */
export type Part = "key" | "tags" | "query" | "answer" | "open";

export class Side {
  /** Files by what they are. */
  files = $state.raw<Record<string, File>>({});
  made = $state.raw<Partial<Record<Part, MadeBlob[]>>>({});
  told = $state.raw<Partial<Record<Part, ExchangeTold>>>({});
  running = $state.raw<Running & { part: Part }>();
  refusal = $state.raw<Refusal & { part: Part }>();
  /** The brand's word that it compared the fingerprint. */
  heard = $state(false);
  readonly table = new Slot("first_party", () => app.engine);
  readonly saver = new Saver(async (name) => this.all.find((file) => file.name === name)?.blob);
  readonly #partner = new Partner((seen) => app.witness(seen));

  get all(): MadeBlob[] {
    return Object.values(this.made).flat();
  }

  choose(name: string, file: File): void {
    this.files = { ...this.files, [name]: file };
  }

  /** The table with its ID, of the kind the exchange is about. */
  own(id: IdRecipe | undefined): OwnTable | undefined {
    const { found, id: mine } = this.table;
    return found && mine && id && { found, at: found.columns.indexOf(mine.column), id: { kind: id.kind, digest: mine.recipe.digest } };
  }

  /** Carries out a step; whether it was done. What it told and made stands in its part. */
  async step(part: Part, step: ExchangeStep): Promise<boolean> {
    const since = performance.now();
    this.#keep(part, []);
    this.refusal = undefined;
    this.running = { part, progress: undefined, since, stageSince: since, stop: () => this.#stop() };
    const table = this.table.file?.blob;
    try {
      const done = await this.#partner.step(step, { ...this.files, ...(table && { table }) }, (progress) => (this.running = advanced(this.running, progress)));
      this.told = { ...this.told, [part]: done.told };
      this.#keep(part, done.made);
      // What comes next wants what was made: the ledger with its new entry, the run of this query.
      for (const { name, blob } of done.made) {
        const of = /ledger/.test(name) ? "ledger" : /run$/.test(name) ? "run" : undefined;
        if (of) this.choose(of, new File([blob], name));
      }
      return true;
    } catch (error) {
      this.refusal = { ...(error as Refusal), part };
      return false;
    } finally {
      this.running = undefined;
    }
  }

  /** Ends the worker: its key is gone with it. */
  end(): void {
    this.#partner.end();
    this.told = {};
    this.heard = false;
  }

  forget(): void {
    this.end();
    this.table.forget();
    this.files = {};
    this.made = {};
    this.refusal = undefined;
  }

  /** Files of a part take the place of its last ones, and of others of their names: an old ledger must not be saved again. */
  #keep(part: Part, files: MadeBlob[]): void {
    const fresh = (name: string): boolean => files.some((file) => file.name === name);
    const others = Object.entries(this.made).map(([of, made]) => [of, of === part ? files : made.filter(({ name }) => !fresh(name))]);
    this.made = { ...Object.fromEntries(others), [part]: files };
    this.saver.forget((name) => !fresh(name) && this.all.some((file) => file.name === name));
  }

  /** A worker that computes hears nothing: stopping it is ending it. A brand's holds nothing to be lost. */
  #stop(): void {
    this.#partner.end();
    const { key: _, ...told } = this.told;
    this.told = told;
  }
}

export const sides: Record<Role, Side> = { brand: new Side(), provider: new Side() };

/** Whether leaving would lose what was made: a key without its file opens nothing. */
export const unsaved = {
  get left(): boolean {
    return Object.values(sides).some((side) => side.all.some((file) => !side.saver.saved(file.name)));
  },
};
