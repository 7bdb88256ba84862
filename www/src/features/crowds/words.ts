// An expression as a sentence, in the language of the page.
import type { Expr } from "api";
import { bare } from "../../format";
import { i18n } from "../../i18n/i18n.svelte";
import type { Node } from "../../state/tree";

/** The sentence of a tree: crowds by their names. */
export function sentence(node: Node, inside = false): string {
  const t = i18n.t.crowds.says;
  if (node.is === "tag") return t.tag(bare(node.feature), node.picks.map((pick) => pick.value || i18n.t.common.missing));
  if (node.is === "crowd") return t.crowd(node.name);
  const parts = node.of.filter((child) => child.is !== "group" || child.of.length > 0).map((child) => sentence(child, true));
  const [first, ...rest] = parts;
  if (first === undefined) return "";
  if (rest.length === 0) return first;
  const text = node.op === "minus" ? t.minus(first, rest) : t[node.op](parts);
  return inside ? t.group(text) : text;
}

/** A short name for a crowd made of a tree. */
export function suggestion(node: Node): string {
  if (node.is === "tag") return `${bare(node.feature)} ${node.picks.map((pick) => pick.value || i18n.t.common.missing).join("/")}`;
  if (node.is === "crowd") return node.name;
  const sign = { and: " + ", or: " / ", minus: " ∖ " }[node.op];
  const name = (child: Node): string => (child.is === "group" && child.of.length > 1 ? `(${suggestion(child)})` : suggestion(child));
  return node.of.map(name).filter(Boolean).join(sign);
}

/** Whether two expressions are the same. */
export const same = (a: Expr | undefined, b: Expr | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);
