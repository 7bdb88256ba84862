// What the workbench works on: the crowds of the basket that still hold, and the one being built.
import type { Expr, NamedCrowd } from "api";
import { i18n } from "../../i18n/i18n.svelte";
import { app } from "../../state/app.svelte";
import { draft } from "../../state/draft.svelte";

export type Operand = { id: number; name: string; expr: Expr; people: number | undefined; colour: string };

/** The draft's number among crowds. */
export const DRAFT = -1;

export function operands(): Operand[] {
  const crowds = app.basket.crowds.filter((crowd) => !app.basket.stale(crowd));
  const kept = crowds.map(({ id, name, expr, people, colour }) => ({ id, name, expr, people, colour: colour < 0 ? "--base-bar" : `--crowd-${colour}` }));
  // Saved, it stands there under its own name.
  return draft.expr && !app.basket.has(draft.expr) ? [{ id: DRAFT, name: i18n.t.crowds.draft, expr: draft.expr, people: draft.people, colour: "--ink-2" }, ...kept] : kept;
}

/** The operand of this number, else the draft, else the newest crowd. */
export function chosen(all: Operand[], id: number | undefined): Operand | undefined {
  return all.find((operand) => operand.id === id) ?? all.find((operand) => operand.id === DRAFT) ?? all.at(-1);
}

/** As a recipe names them. */
export const named = (of: Operand[]): NamedCrowd[] => of.map(({ name, expr }) => ({ name, crowd: expr }));
