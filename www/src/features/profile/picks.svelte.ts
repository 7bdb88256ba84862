// Values clicked on to start a crowd: any of them within a column, all columns together.
import type { Expr, ProfileColumn, ProfileValue } from "api";
import { bare } from "../../format";

type Pick = { value: string; labels: string[] };

export class Picks {
  #by = $state.raw<Record<string, Pick[]>>({});

  get size(): number {
    return Object.values(this.#by).reduce((sum, picks) => sum + picks.length, 0);
  }

  has(column: ProfileColumn, value: ProfileValue): boolean {
    return this.#by[column.column]?.some((pick) => pick.value === value.value) ?? false;
  }

  toggle(column: ProfileColumn, value: ProfileValue): void {
    const before = this.#by[column.column] ?? [];
    const without = before.filter((pick) => pick.value !== value.value);
    const after = without.length < before.length ? without : [...before, { value: value.value, labels: value.labels }];
    this.#by = Object.fromEntries(Object.entries({ ...this.#by, [column.column]: after }).filter(([, picks]) => picks.length > 0));
  }

  clear(): void {
    this.#by = {};
  }

  get expr(): Expr {
    const tags = Object.entries(this.#by).map(([feature, picks]): Expr => ({ is: "tag", feature, values: picks.flatMap((pick) => pick.labels) }));
    return tags.length === 1 && tags[0] ? tags[0] : { is: "and", of: tags };
  }

  /** `城市 一线、新一线 + 性别 女`. */
  name(missing: string): string {
    const parts = Object.entries(this.#by).map(([feature, picks]) => `${bare(feature)} ${picks.map((pick) => pick.value || missing).join("/")}`);
    return parts.join(" + ");
  }
}
