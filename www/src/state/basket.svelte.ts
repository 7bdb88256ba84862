// The crowds anyone made, anywhere. A crowd is an expression, its size, and the results it leans on.
import type { Expr } from "api";
import { i18n } from "../i18n/i18n.svelte";

export type Origin = "seed" | "everyone" | "profile" | "lookalike" | "personas" | "business" | "combined";

export type Crowd = {
  id: number;
  name: string;
  expr: Expr;
  people: number;
  /** Of people found over time: how many there are in all, in the tag file or not. */
  all?: number | undefined;
  from: Origin;
  colour: number;
  runs: Runs;
};

/** Numbers of the results a crowd was made under. */
export type Runs = { match: number; lookalike: number; personas: number; model: number };

export class Basket {
  crowds = $state.raw<Crowd[]>([]);
  #next = 0;
  #colours = 0;
  #runs: () => Runs;

  constructor(runs: () => Runs) {
    this.#runs = runs;
  }

  add(name: string, expr: Expr, people: number, from: Origin, colour = this.#colour(), all?: number): Crowd {
    const crowd = { id: this.#next, name: this.#free(name), expr, people, all, from, colour, runs: this.#runs() };
    this.#next += 1;
    this.crowds = [...this.crowds, crowd];
    return crowd;
  }

  rename(id: number, name: string): void {
    this.crowds = this.crowds.map((crowd) => (crowd.id === id && name.trim() && name.trim() !== crowd.name ? { ...crowd, name: this.#free(name.trim()) } : crowd));
  }

  remove(id: number): void {
    this.crowds = this.crowds.filter((crowd) => crowd.id !== id);
  }

  /** The seed and everyone stand first, with the sizes of the newest match. */
  renew(seed: number, everyone: number): void {
    const rest = this.crowds.filter(({ from }) => from !== "seed" && from !== "everyone");
    this.crowds = [this.#given("seed", seed, 0), this.#given("everyone", everyone, EVERYONE), ...rest];
  }

  /** The crowd of an expression, unless what it leans on was made anew since. */
  find(expr: Expr): Crowd | undefined {
    const text = JSON.stringify(expr);
    return this.crowds.find((crowd) => !this.stale(crowd) && JSON.stringify(crowd.expr) === text);
  }

  has(expr: Expr): boolean {
    return this.find(expr) !== undefined;
  }

  /** Whether a result it leans on was made anew since. */
  stale(crowd: Crowd): boolean {
    const now = this.#runs();
    return (
      crowd.runs.match !== now.match ||
      (uses(crowd.expr, "score") && crowd.runs.lookalike !== now.lookalike) ||
      (uses(crowd.expr, "model") && crowd.runs.model !== now.model) ||
      (uses(crowd.expr, "persona") && crowd.runs.personas !== now.personas)
    );
  }

  clear(): void {
    this.crowds = [];
  }

  /** From the last colour on: personas take theirs from the first on, and the seed has number 0. */
  #colour(): number {
    return COLOURS - 1 - (this.#colours++ % (COLOURS - 1));
  }

  /** A crowd nobody made: named in the language of the page, whichever that becomes. */
  #given(is: "seed" | "everyone", people: number, colour: number): Crowd {
    const id = this.#next++;
    return { id, expr: { is }, people, from: is, colour, runs: this.#runs(), get name() { return i18n.t.basket[is]; } };
  }

  #free(name: string): string {
    const taken = new Set(this.crowds.map((crowd) => crowd.name));
    let free = name;
    for (let n = 2; taken.has(free); n += 1) free = `${name} ${n}`;
    return free;
  }
}

/** Colours of crowds: `--crowd-0` … in the style. */
export const COLOURS = 10;
export const EVERYONE = -1;

/** Whether an expression leans on a measure, or on one that belongs to it. */
export function uses(expr: Expr, measure: string): boolean {
  switch (expr.is) {
    case "measure":
    case "top":
      return expr.measure === measure || expr.measure.startsWith(`${measure}.`);
    case "and":
    case "or":
      return expr.of.some((part) => uses(part, measure));
    case "minus":
      return uses(expr.from, measure) || uses(expr.take, measure);
    default:
      return false;
  }
}

/** The same as a recipe says it; nothing if no recipe can make it again: what leans on a loaded model, on a portrait without a
 *  name, or on what was found over time, unless `past` knows what the recipe calls that. */
export function repeatable<T>(of: T, past: (measure: string) => string | undefined): T | undefined {
  const text = JSON.stringify(of).replace(/(?<="measure":")past\.[^"]*/g, (measure) => past(measure) ?? measure);
  return /"measure":"(model|portrait\.|past\.[^"]*\.\d+")/.test(text) ? undefined : (JSON.parse(text) as T);
}

/** Whether the seed was taken away somewhere in it. */
export function leavesSeedOut(expr: Expr): boolean {
  if (expr.is === "minus") return holdsSeed(expr.take) || leavesSeedOut(expr.from);
  return (expr.is === "and" || expr.is === "or") && expr.of.some(leavesSeedOut);
}

function holdsSeed(expr: Expr): boolean {
  return expr.is === "seed" || (expr.is === "or" && expr.of.some(holdsSeed));
}
