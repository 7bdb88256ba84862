// A crowd as people build it: groups in groups, with tags and crowds as leaves. Every change gives a new tree.
import type { Expr } from "api";

export type Op = "and" | "or" | "minus";
export type Pick = { value: string; labels: string[] };
export type Tag = { id: number; is: "tag"; feature: string; picks: Pick[] };
export type Part = { id: number; is: "crowd"; name: string; expr: Expr };
/** Of a `minus`, the first is kept and the others are taken away. */
export type Group = { id: number; is: "group"; op: Op; of: Node[] };
export type Node = Tag | Part | Group;

let next = 0;
export const group = (op: Op, of: Node[] = []): Group => ({ id: next++, is: "group", op, of });
export const tag = (feature: string, picks: Pick[]): Tag => ({ id: next++, is: "tag", feature, picks });
export const part = (name: string, expr: Expr): Part => ({ id: next++, is: "crowd", name, expr });

/** What the engine is asked. A group of nothing says nothing. */
export function exprOf(node: Node): Expr | undefined {
  if (node.is === "tag") return { is: "tag", feature: node.feature, values: node.picks.flatMap((pick) => pick.labels) };
  if (node.is === "crowd") return node.expr;
  const of = node.of.map(exprOf).filter((expr): expr is Expr => expr !== undefined);
  const [first, ...rest] = of;
  if (!first) return undefined;
  if (node.op !== "minus") return rest.length > 0 ? { is: node.op, of } : first;
  const from: Expr = node.of[0] && exprOf(node.of[0]) ? first : { is: "everyone" };
  const take = from === first ? rest : of;
  return take[0] ? { is: "minus", from, take: take.length > 1 ? { is: "or", of: take } : take[0] } : from;
}

/** Every node, parents before children, with its parent and depth. */
export function walk(node: Node, parent?: Group, depth = 0): { node: Node; parent: Group | undefined; depth: number }[] {
  return [{ node, parent, depth }, ...(node.is === "group" ? node.of.flatMap((child) => walk(child, node, depth + 1)) : [])];
}

export function find(root: Node, id: number): { node: Node; parent: Group | undefined } | undefined {
  return walk(root).find(({ node }) => node.id === id);
}

/** The tree with this node replaced, by several or none. */
export function replaced(root: Group, id: number, by: (node: Node) => Node[]): Group {
  const change = (node: Node): Node[] => {
    if (node.id === id) return by(node);
    return [node.is === "group" ? { ...node, of: node.of.flatMap(change) } : node];
  };
  const [only, ...more] = change(root);
  return only?.is === "group" && more.length === 0 ? only : group("and", only ? [only, ...more] : []);
}

/** The tree with a node put into a group, before the child that stands at `at` now. */
export function inserted(root: Group, into: number, at: number, node: Node): Group {
  return replaced(root, into, (target) => (target.is === "group" ? [{ ...target, of: target.of.toSpliced(at, 0, node) }] : [target]));
}

/** The tree with a node moved; nothing moves into itself. */
export function moved(root: Group, id: number, into: number, at: number): Group {
  const from = find(root, id);
  if (!from?.parent || find(from.node, into)) return root;
  const before = from.parent.of.findIndex((node) => node.id === id);
  const to = from.parent.id === into && before < at ? at - 1 : at;
  return inserted(replaced(root, id, () => []), into, to, from.node);
}
