// The crowd being built, wherever its tags are clicked: one tree, its history, and what a live count says of it.
import type { Expr } from "api";
import type { Refusal } from "../engine/engine";
import { app } from "./app.svelte";
import { exprOf, find, group, inserted, moved, part, replaced, tag, walk, type Group, type Node, type Op, type Pick } from "./tree";

/** A column of a profile or of a sign table. */
type Column = { column: string };

/** The draft against its base and its target. */
export type Measured = { of: Expr; people: number; base: number; inBase: number; targetInside: number; targetInBase: number };

/** Steps back that are kept. */
const STEPS_BACK = 100;

class Draft {
  root = $state.raw<Group>(group("and"));
  /** The group that what is clicked goes into. */
  into = $state(-1);
  /** The target audience of the quality line, and whom it is held against. */
  target = $state.raw<Expr>({ is: "seed" });
  base = $state.raw<Expr>({ is: "everyone" });
  /** What the quality line should reach: share of target in percent, and TGI. */
  goals = $state({ share: 90, tgi: 120 });
  measured = $state.raw<Measured>();
  /** People of every node of the tree. */
  sizes = $state.raw(new Map<number, number>());
  refusal = $state.raw<Refusal>();
  #past = $state.raw<Group[]>([]);
  #future = $state.raw<Group[]>([]);
  #asking = false;
  #again = false;

  readonly expr = $derived(exprOf(this.root));
  readonly size = $derived(walk(this.root).reduce((sum, { node }) => sum + (node.is === "tag" ? node.picks.length : node.is === "crowd" ? 1 : 0), 0));
  readonly undoable = $derived(this.#past.length > 0);
  readonly redoable = $derived(this.#future.length > 0);

  /** Its size, once it is known of what is shown now. */
  get people(): number | undefined {
    return this.measured?.of === this.expr ? this.measured?.people : undefined;
  }

  get current(): Group {
    const found = find(this.root, this.into)?.node;
    return found?.is === "group" ? found : this.root;
  }

  has(column: Column, value: Pick): boolean {
    return this.current.of.some((node) => node.is === "tag" && node.feature === column.column && node.picks.some((pick) => pick.value === value.value));
  }

  /** Puts a value into the current group or takes it out: values of one column stand together, any of them. */
  toggle({ column: feature }: Column, { value, labels }: Pick): void {
    const target = this.current;
    const there = target.of.find((node) => node.is === "tag" && node.feature === feature);
    if (there?.is !== "tag") return this.add(tag(feature, [{ value, labels }]));
    const without = there.picks.filter((pick) => pick.value !== value);
    const picks = without.length < there.picks.length ? without : [...there.picks, { value, labels }];
    this.change(replaced(this.root, there.id, (node) => (picks.length > 0 ? [{ ...node, picks } as Node] : [])));
  }

  /** Another target audience or base for the quality line. */
  hold(what: { target?: Expr; base?: Expr }): void {
    Object.assign(this, what);
    void this.measure();
  }

  unpick(id: number, value: string): void {
    this.change(replaced(this.root, id, (node) => {
      const picks = node.is === "tag" ? node.picks.filter((pick) => pick.value !== value) : [];
      return picks.length > 0 ? [{ ...node, picks } as Node] : [];
    }));
  }

  add(node: Node, into = this.current): void {
    this.change(inserted(this.root, into.id, into.of.length, node));
    if (node.is === "group") this.into = node.id;
  }

  remove(id: number): void {
    this.change(replaced(this.root, id, () => []));
  }

  move(id: number, into: number, at: number): void {
    this.change(moved(this.root, id, into, at));
  }

  /** One place up or down among its siblings. */
  shift(id: number, by: number): void {
    const parent = find(this.root, id)?.parent;
    const at = parent?.of.findIndex((node) => node.id === id) ?? -1;
    if (parent && at + by >= 0 && at + by < parent.of.length) this.move(id, parent.id, by > 0 ? at + 2 : at - 1);
  }

  /** A group of its own around a node, of the other kind than the one it stands in. */
  nest(id: number): void {
    const parent = find(this.root, id)?.parent;
    if (parent) this.change(replaced(this.root, id, (node) => [group(parent.op === "and" ? "or" : "and", [node])]));
  }

  /** Out of its group, behind it. */
  lift(id: number): void {
    const parent = find(this.root, id)?.parent;
    const above = parent && find(this.root, parent.id)?.parent;
    if (above) this.move(id, above.id, above.of.indexOf(parent) + 1);
  }

  setOp(id: number, op: Op): void {
    this.change(replaced(this.root, id, (node) => [{ ...node, op } as Node]));
  }

  /** Starts anew from crowds; undo brings back what was there. */
  take(op: Op, crowds: { name: string; expr: Expr }[]): void {
    this.change(group(op, crowds.map(({ name, expr }) => part(name, expr))));
  }

  clear(): void {
    if (this.root.of.length > 0) this.change(group("and"));
  }

  change(root: Group): void {
    if (root === this.root) return;
    this.#past = [...this.#past, this.root].slice(-STEPS_BACK);
    this.#future = [];
    this.#show(root);
  }

  undo(): void {
    const before = this.#past.at(-1);
    if (!before) return;
    this.#past = this.#past.slice(0, -1);
    this.#future = [...this.#future, this.root];
    this.#show(before);
  }

  redo(): void {
    const after = this.#future.at(-1);
    if (!after) return;
    this.#future = this.#future.slice(0, -1);
    this.#past = [...this.#past, this.root];
    this.#show(after);
  }

  /** The files are others: what the target and the base leaned on may be gone; the conditions are counted anew. */
  renew(): void {
    this.hold({ target: { is: "seed" }, base: { is: "everyone" } });
  }

  forget(): void {
    this.#past = this.#future = [];
    this.renew();
    this.#show(group("and"));
  }

  /** Counts what is shown now. While an answer is awaited only the newest question waits for its turn. */
  async measure(): Promise<void> {
    this.#again = this.#asking;
    if (this.#asking) return;
    this.#asking = true;
    try {
      await this.#ask();
    } finally {
      this.#asking = false;
    }
    if (this.#again) await this.measure();
  }

  #show(root: Group): void {
    this.root = root;
    void this.measure();
  }

  async #ask(): Promise<void> {
    const { expr, root } = this;
    this.refusal = undefined;
    if (!expr || app.match.status.is !== "done") {
      this.measured = undefined;
      return;
    }
    try {
      const regions = await app.engine.call({ regions: { of: [expr, this.base, this.target] } });
      const sum = (mask: number): number => regions.reduce((all, people, m) => ((m & mask) === mask ? all + people : all), 0);
      this.measured = { of: expr, people: sum(1), base: sum(2), inBase: sum(3), targetInside: sum(5), targetInBase: sum(6) };
      if (this.#again) return;
      const nodes = walk(root).flatMap(({ node }) => (exprOf(node) ? [node] : []));
      const counts = await app.count(nodes.map((node) => exprOf(node) as Expr));
      this.sizes = new Map(nodes.map((node, i) => [node.id, counts[i] ?? 0]));
    } catch (error) {
      this.measured = undefined;
      this.refusal = error as Refusal;
    }
  }
}

export const draft = new Draft();
