// One of the two files: what was found in it, what the user says about it, and the recipe that follows.
import type { Call, ColumnFound, FileRecipe, FileRef, IdRecipe, Inspection, Overrule, Role } from "api";
import type { Engine } from "../engine/engine";
import { Task } from "./task.svelte";

export type SlotName = "first_party" | "tags";

const PLAIN: Overrule = { encoding: null, delimiter: null, header: null, missing: null };

export class Slot {
  file = $state.raw<{ blob: Blob; ref: FileRef }>();
  overrule = $state.raw<Overrule>(PLAIN);
  /** Roles the user gave, by column name. */
  given = $state.raw<Record<string, Role>>({});
  /** The day the file is frozen at, if it is, and by column the one that says when its value was known. */
  asOf = $state("");
  dated = $state.raw<Record<string, string>>({});
  /** A loaded recipe, until the user changes a role. */
  #saved: FileRecipe | undefined;
  readonly inspect: Task<Extract<Call, { inspect: unknown }>>;
  #engine: () => Engine;

  constructor(
    readonly name: SlotName,
    engine: () => Engine,
  ) {
    this.#engine = engine;
    this.inspect = new Task(
      engine,
      () => (this.file ? { [name]: `${this.file.ref.index} ${JSON.stringify(this.overrule)}` } : undefined),
      () => ({ inspect: { file: this.#ref(), overrule: this.overrule } }),
    );
  }

  get found(): Inspection | undefined {
    return this.inspect.result;
  }

  role(column: ColumnFound): Role {
    const given = this.given[column.name];
    if (given) return given;
    const taken = this.found?.columns.some((c) => this.given[c.name]?.role === "id");
    return taken && column.role.role === "id" ? { role: "ignore" } : column.role;
  }

  /** Columns of dates; those left out can still say when others were known. */
  get clocks(): string[] {
    const dates = (c: ColumnFound): boolean => {
      const { role } = this.role(c);
      return role === "date" || (role === "ignore" && c.role.role === "date");
    };
    return this.found?.columns.filter(dates).map((c) => c.name) ?? [];
  }

  get id(): { column: ColumnFound; recipe: IdRecipe } | undefined {
    for (const column of this.found?.columns ?? []) {
      const role = this.role(column);
      if (role.role === "id") return { column, recipe: { kind: role.kind, digest: role.digest } };
    }
    return undefined;
  }

  /** The file's part of `room.toml`: only what differs from detection, as one would write it by hand. */
  get recipe(): FileRecipe | undefined {
    const { id, found, file } = this;
    if (!id || !found || !file) return undefined;
    const number = found.columns.indexOf(id.column) + 1;
    return {
      file: file.ref.name,
      id: found.dialect.header ? id.column.name : number,
      kind: id.recipe.kind,
      digest: id.recipe.digest,
      ...this.#lists(found),
      ...this.#typed(found),
      missing: this.overrule.missing,
      as_of: this.asOf || null,
      encoding: this.overrule.encoding,
      delimiter: this.overrule.delimiter,
      header: this.overrule.header,
    };
  }

  get key(): string | undefined {
    return this.recipe && `${this.file?.ref.index} ${JSON.stringify(this.recipe)}`;
  }

  async load(blob: Blob, name: string): Promise<void> {
    const ref = await this.#engine().addFile(blob, name);
    while (this.inspect.running) await this.inspect.stop();
    this.clear();
    this.file = { blob, ref };
    if (this.#saved) this.overrule = overruleOf(this.#saved);
    await this.inspect.start();
    if (this.#saved) this.#applyRoles(this.#saved);
  }

  /** After the workers were lost: the same file for new ones. */
  async reload(): Promise<void> {
    if (!this.file) return;
    const { blob, ref } = this.file;
    this.file = { blob, ref: await this.#engine().addFile(blob, ref.name) };
    await this.inspect.start();
  }

  async read(change: Partial<Overrule>): Promise<void> {
    this.overrule = { ...this.overrule, ...change };
    await this.inspect.start();
  }

  give(column: ColumnFound, role: Role): void {
    const given = { ...this.given, [column.name]: role };
    if (role.role === "id") this.#onlyOne("id", column, given);
    if (role.role === "fold") this.#onlyOne("fold", column, given);
    this.given = given;
  }

  /** How the next file of this slot is to be read. */
  follow(recipe: FileRecipe): void {
    this.#saved = recipe;
    if (!this.found) return;
    this.overrule = overruleOf(recipe);
    void this.inspect.start().then(() => this.#applyRoles(recipe));
  }

  clear(): void {
    this.file = undefined;
    this.overrule = PLAIN;
    this.given = {};
    this.asOf = "";
    this.dated = {};
    this.inspect.forget();
  }

  /** Also how files of this slot were to be read. */
  forget(): void {
    this.clear();
    this.#saved = undefined;
  }

  /** What a loaded recipe says of the ID's type and of consent, and this page has no switch for. */
  #typed(found: Inspection): Pick<FileRecipe, "type" | "consent"> {
    const { type = null, consent } = this.#saved ?? {};
    return { type, consent: found.columns.some(({ name }) => name === consent) ? (consent ?? null) : null };
  }

  #ref(): FileRef {
    if (!this.file) throw new Error("no file");
    return this.file.ref;
  }

  #onlyOne(role: "id" | "fold", chosen: ColumnFound, given: Record<string, Role>): void {
    for (const column of this.found?.columns ?? []) {
      if (column !== chosen && this.role(column).role === role) given[column.name] = { role: "ignore" };
    }
  }

  #lists(found: Inspection): Pick<FileRecipe, "ignore" | "numbers" | "categories" | "dates" | "multi" | "folds" | "dated"> {
    const roles = found.columns.map((column) => ({ column, role: this.role(column) }));
    const changed = (role: Role["role"]): string[] =>
      roles.filter(({ column, role: r }) => r.role === role && column.role.role !== role).map(({ column }) => column.name);
    const multi = roles.flatMap(({ column, role }) => (role.role === "multi" ? [[column.name, role.separator]] : []));
    const { asOf, clocks } = this;
    const dated = roles.flatMap(({ column: { name }, role }) => {
      const clock = this.dated[name] ?? "";
      return asOf && clocks.includes(clock) && !/id|fold/.test(role.role) ? [[name, clock]] : [];
    });
    return {
      dated: Object.fromEntries(dated),
      ignore: changed("ignore"),
      numbers: changed("number"),
      categories: changed("category"),
      dates: changed("date"),
      multi: Object.fromEntries(multi),
      folds: roles.find(({ role }) => role.role === "fold")?.column.name ?? null,
    };
  }

  #applyRoles(recipe: FileRecipe): void {
    const given: Record<string, Role> = {};
    const all = (names: string[] | undefined, role: Role): void => names?.forEach((name) => (given[name] = role));
    all(recipe.ignore, { role: "ignore" });
    all(recipe.numbers, { role: "number" });
    all(recipe.categories, { role: "category" });
    all(recipe.dates, { role: "date" });
    for (const [name, separator] of Object.entries(recipe.multi ?? {})) given[name] = { role: "multi", separator };
    if (recipe.folds) given[recipe.folds] = { role: "fold" };
    const id = typeof recipe.id === "number" ? this.found?.columns[recipe.id - 1]?.name : recipe.id;
    if (id) given[id] = { role: "id", kind: recipe.kind, digest: recipe.digest };
    this.given = given;
    this.asOf = recipe.as_of ?? "";
    this.dated = recipe.dated ?? {};
  }
}

function overruleOf(recipe: FileRecipe): Overrule {
  return { encoding: recipe.encoding ?? null, delimiter: recipe.delimiter ?? null, header: recipe.header ?? null, missing: recipe.missing ?? null };
}
