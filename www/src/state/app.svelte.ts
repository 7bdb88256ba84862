// The one store. Files feed the match, the match feeds everything else; nothing is kept outside this tab.
import type { Base, Call, ConsentRecipe, Expr, FileRef, IdMapRecipe, IdRecipe, LookalikePlan, NamedCrowd, OneIdRecipe, PersonasPlan, Policy, PortraitPlan, QualityPlan, Recipe, Signed, SplitPlan } from "api";
import { Engine, type Network, type Refusal } from "../engine/engine";
import { count } from "../format";
import { i18n } from "../i18n/i18n.svelte";
import { Basket, repeatable, uses } from "./basket.svelte";
import { save } from "../save";
import { draft } from "./draft.svelte";
import { Slot, type SlotName } from "./slot.svelte";
import { Task, type Inputs, type Status } from "./task.svelte";

export const STEPS = ["files", "match", "profile", "lookalike", "personas", "crowds"] as const;
export type Step = (typeof STEPS)[number];
/** What the frame shows: a step, or the exchange beside them. */
export type Place = Step | "partners" | "business";
/** Steps that one call answers. */
export type Computed = Exclude<Step, "files" | "crowds">;

/** What is exported, when the sheet is open. */
export type Exporting = { what: "audience"; crowd: number | undefined } | { what: "report" | "recipe" | "all" };

/** What may stand beside the two files. */
export type Beside = "idmap" | "consent";

/** The engine's usual way from IDs to people. */
export const ONE_ID: OneIdRecipe = { cap: 10, one_phone: true, priority: [], translate: false, least_confidence: 0, since: null };

/** What stands beside the steps and has files of its own. */
type Other = { follow(text: string): Promise<void>; reload(): Promise<void>; forget(): void };

/** What the workbench adds to the recipe. */
type Lists = Pick<Recipe, "waves" | "signs" | "matrix" | "overlap" | "export">;

/** Today in UTC, as the command line has it. */
export const today = (): string => new Date().toISOString().slice(0, 10);

const LOOKALIKE: LookalikePlan = { model: "auto", seed: 7, l2: 1, folds: 5, tiers: [1, 5, 10, 20], without: [] };
const PERSONAS: PersonasPlan = { k: "auto", seed: 7, of: { is: "seed" }, idf: true, without: [] };

class App {
  step = $state<Place>("files");
  network = $state({ asked: 0, refused: 0 });
  lost = $state(false);
  exporting = $state.raw<Exporting>();
  /** What a screen reader is told. */
  said = $state("");
  base = $state<Base>("everyone");
  crowd = $state.raw<Expr>({ is: "seed" });
  /** Another crowd to hold the first against, instead of the base. */
  against = $state.raw<Expr>();
  lookalikePlan = $state.raw(LOOKALIKE);
  personasPlan = $state.raw(PERSONAS);
  /** A crowd split into packs, as last exported or as the recipe says. */
  packs = $state.raw<SplitPlan>();
  /** Crowds somebody has in mind, kept by name. */
  portraits = $state.raw<PortraitPlan[]>([]);
  /** Waves and tables of crowds side by side, as last saved or as the recipe says. */
  lists = $state.raw<Lists>({});
  /** ID maps and a consent list, as the recipe has them, and the files of those names that are here. */
  beside = $state.raw<{ idmap: IdMapRecipe[]; consent: ConsentRecipe[] }>({ idmap: [], consent: [] });
  files = $state.raw<Record<string, { blob: Blob; ref: FileRef }>>({});
  /** How people are made of IDs, where it is not as usual. */
  oneid = $state.raw<OneIdRecipe>();
  /** Sections about events and orders of a loaded recipe: kept until the room writes its own. */
  #overTime: string | null = null;
  /** Crowds of a loaded recipe that could not be counted yet, or not at all with these files. */
  waiting = $state.raw<(NamedCrowd & { lost?: boolean })[]>([]);
  /** The signed head of the partner's file the tags came from. */
  signed = $state.raw<Signed>();
  /** What that partner asks. */
  readonly policy = $derived<Policy | undefined>(this.signed && JSON.parse(this.signed.header).policy);
  #quality: QualityPlan | undefined;
  /** What a recipe calls something that was found over time, if its settings find it again. */
  past: (measure: string) => string | undefined = () => undefined;
  /** Names of the crowds of the loaded recipe. */
  #order: string[] = [];
  /** The room whose two files were replaced by made ones, until they are put back. */
  replaced = $state.raw<{ recipe: Recipe; files: { name: string; blob: Blob }[] }>();
  sampling = $state(false);
  readonly others: Other[] = [];
  /** Whether there was a lookalike run before the last one, which the engine keeps to compare with. */
  hadRun = $state(false);
  /** Whether the settings are those of the sample city. */
  #sampled = false;

  readonly engine = new Engine({ onLost: () => this.#lose(), onNetwork: (seen) => this.witness(seen) });
  readonly #at = (): Engine => this.engine;
  readonly slots: Record<SlotName, Slot> = { first_party: new Slot("first_party", this.#at), tags: new Slot("tags", this.#at) };

  readonly match = new Task(this.#at, () => this.#fileInputs(), () => this.#open());
  readonly profile = new Task(
    this.#at,
    () => this.#after({ base: this.against ? JSON.stringify(this.against) : this.base, crowd: JSON.stringify(this.crowd) }),
    () => ({ profile: { base: this.base, crowd: this.crowd.is === "seed" ? null : this.crowd, against: this.against ?? null } }),
  );
  readonly lookalike = new Task(
    this.#at,
    () => this.#after({ plan: JSON.stringify(this.lookalikePlan) }),
    () => ({ lookalike: { plan: this.lookalikePlan } }),
  );
  /** Text of the saved model that was loaded last. */
  #model = $state.raw("");
  readonly challenge = new Task(
    this.#at,
    () => (this.#model ? this.#after({}) : undefined),
    () => ({ challenge: { model: this.#model } }),
  );
  readonly personas = new Task(
    this.#at,
    () => this.#after({ plan: JSON.stringify(this.personasPlan) }),
    () => ({ personas: { plan: this.personasPlan } }),
  );
  readonly basket = new Basket(() => ({ match: this.match.run, lookalike: this.lookalike.run, personas: this.personas.run, model: this.challenge.run }));

  get recipe(): Recipe | undefined {
    const { first_party, tags } = this.slots;
    if (!first_party.recipe || !tags.recipe) return undefined;
    const of = <T>(said: T): T | undefined => repeatable(said, this.past);
    const quality = of(this.#quality ?? { base: draft.base, target: draft.target });
    return {
      first_party: first_party.recipe,
      tags: tags.recipe,
      idmap: this.beside.idmap,
      ...(this.oneid && { oneid: this.oneid }),
      consent: this.beside.consent[0] ?? null,
      profile: { base: this.base },
      lookalike: of(this.lookalikePlan) ?? this.lookalikePlan,
      personas: this.personasPlan,
      output: { scores: true },
      packs: this.packs ?? null,
      portraits: this.portraits,
      crowds: this.#crowds(),
      policy: this.signed ?? null,
      over_time: this.#overTime,
      ...(quality && { quality }),
      ...Object.fromEntries(Object.entries(this.lists).map(([name, list]) => [name, of(list)]).filter(([, list]) => list)),
    };
  }

  /** What the tag file's IDs are. A hash that nothing is said about but that matched is of what it matched. */
  get exported(): IdRecipe | undefined {
    const [mine, theirs] = [this.slots.first_party.id?.recipe, this.slots.tags.id?.recipe];
    return mine && theirs?.kind === "opaque" && theirs.digest !== "none" ? { kind: mine.kind, digest: theirs.digest } : theirs;
  }

  /** Steps that may be taken: a partner's policy names what may come out. */
  get steps(): readonly Step[] {
    const { policy } = this;
    return STEPS.filter((step) => !policy || step === "files" || step === "match" || policy.outputs.some((output) => output === step));
  }

  /** People as they may be told: the engine says 0 of fewer than a partner's policy lets be shown. */
  people(people: number): string {
    const k = this.policy?.k ?? 0;
    return people < k ? `< ${k}` : count(people);
  }

  status(step: Place): Status {
    if (step === "partners" || step === "business") return { is: "empty" };
    if (step === "crowds") return { is: this.match.status.is !== "done" ? "empty" : draft.size > 0 ? "done" : "ready" };
    if (step !== "files") return this[step].status;
    const slots = Object.values(this.slots);
    const running = slots.map((slot) => slot.inspect.status).find((status) => status.is === "running");
    if (running) return running;
    if (slots.some((slot) => slot.inspect.refusal)) return { is: "failed" };
    return { is: slots.every((slot) => slot.recipe) ? "done" : slots.some((slot) => slot.file) ? "ready" : "empty" };
  }

  /** Shows a step. One that is ready is computed at once; one that was stopped or is stale waits for a click. */
  go(step: Place): void {
    this.step = step;
    if (step !== "files" && step !== "crowds" && step !== "partners" && step !== "business" && this[step].status.is === "ready") void this.run(step);
  }

  /** With a file missing there is nothing to compute anew: what is shown stays, and the way leads to the files. */
  async run(step: Computed): Promise<void> {
    if (!this.recipe) return this.go("files");
    if (step === "match" || this.match.status.is === "stale") await this.#runMatch();
    if (step === "match") return;
    const had = step === "lookalike" && this.lookalike.result !== undefined;
    await this[step].start();
    if (had && !this.lookalike.refusal) this.hadRun = true;
    // What leans on scores or personas may be others now.
    if (step !== "profile") void this.restore().then(() => draft.measure());
    this.#say(step);
  }

  /** Takes the user's file. What the sample city was asked to show is not for it. */
  async load(slot: SlotName, blob: Blob, name: string): Promise<void> {
    if (this.#sampled) this.#reset();
    this.replaced = undefined;
    // Other tags are no longer the partner's; the first after a recipe are those it speaks of.
    if (slot === "tags" && this.slots.tags.file) this.signed = undefined;
    await this.#load(slot, blob, name);
  }

  /** Takes the room that an exchange opened, with its partner's policy. */
  async adopt(files: { name: string; blob: Blob }[]): Promise<void> {
    const blob = (name: string): Blob => files.find((file) => file.name === name)?.blob ?? new Blob();
    await this.follow(await blob("room.toml").text());
    await this.#load("first_party", blob("first_party.csv"), "first_party.csv");
    await this.#load("tags", blob("tags.csv"), "tags.csv");
    await this.#runMatch();
  }

  /** Puts two made files, the seed first, in the place of the room's, as a made recipe says. Those of before are kept. */
  async replace(text: string, files: { name: string; blob: Blob }[]): Promise<void> {
    const recipe = await this.engine.call({ "read-recipe": { text } });
    const { recipe: was, slots, replaced } = this;
    const own = [slots.first_party.file, slots.tags.file].flatMap((file) => (file ? { name: file.ref.name, blob: file.blob } : []));
    const kept = was && own.length === 2 ? { recipe: was, files: own } : undefined;
    this.replaced = replaced ?? kept;
    await this.#put(recipe, files);
  }

  /** Puts the files that were replaced back, with their settings and crowds. */
  async putBack(): Promise<void> {
    const { replaced } = this;
    this.replaced = undefined;
    if (replaced) await this.#put(replaced.recipe, replaced.files);
  }

  /** Takes an ID map or a consent list; of lists there is one. */
  async add(to: Beside, blob: Blob, file: string): Promise<void> {
    if (this.#sampled) this.#sampled = false;
    const ref = await this.engine.addFile(blob, file);
    this.files = { ...this.files, [file]: { blob, ref } };
    const others = to === "idmap" ? this.beside.idmap : [];
    if (!this.beside[to].some((plan) => plan.file === file)) this.beside = { ...this.beside, [to]: [...others, { file }] };
  }

  /** How people are made of the map's IDs. */
  join(change: Partial<OneIdRecipe>): void {
    this.oneid = { ...ONE_ID, ...this.oneid, ...change };
  }

  /** More about the consent list than its file tells. */
  agree(change: Partial<ConsentRecipe>): void {
    this.beside = { ...this.beside, consent: this.beside.consent.map((plan) => ({ ...plan, ...change })) };
  }

  drop(to: Beside, file: string): void {
    this.beside = { ...this.beside, [to]: this.beside[to].filter((plan) => plan.file !== file) };
  }

  /** The files were dropped the wrong way round: each goes to the other's place. */
  async swap(): Promise<void> {
    const { first_party, tags } = this.slots;
    const [mine, theirs] = [first_party.file, tags.file];
    if (!mine || !theirs) return;
    await this.#load("first_party", theirs.blob, theirs.ref.name);
    await this.#load("tags", mine.blob, mine.ref.name);
  }

  /** Makes the synthetic city in the tab and takes its files like dropped ones, with the settings of its recipe. */
  async sample(): Promise<void> {
    this.sampling = true;
    try {
      const made = await this.engine.call({ sample: { people: 50_000, seed: 7 } });
      const slots = new Map<string, SlotName>([["first_party.csv", "first_party"], ["tags.csv", "tags"]]);
      for (const { name } of made) {
        const blob = await this.engine.take(name); // also what is not used: the engine then forgets it
        const slot = slots.get(name);
        if (blob && slot) await this.#load(slot, blob, name);
        if (blob && name === "room.toml") this.#set(await this.engine.call({ "read-recipe": { text: await blob.text() } }));
      }
      this.#sampled = true;
    } finally {
      this.sampling = false;
    }
  }

  /** Scores the tag file with a saved model. */
  async loadModel(text: string): Promise<void> {
    this.#model = text;
    await this.challenge.start();
  }

  /** Tells the engine what stands in the recipe and no other call brings. */
  async keep(lists: Lists = {}): Promise<void> {
    const { recipe } = this;
    if (recipe) await this.engine.call({ keep: { recipe: { ...recipe, ...lists } } });
  }

  /** Saves a table of the workbench; what it was made of joins the recipe. */
  async sheet(name: string, lists: Lists): Promise<void> {
    await this.keep(lists);
    await this.engine.call({ export: { what: { list: { name } } } });
    const blob = await this.engine.take(name);
    if (blob) save(blob, name);
    this.lists = { ...this.lists, ...lists };
  }

  count(of: Expr[]): Promise<number[]> {
    return this.engine.call({ count: { of } });
  }

  /** Takes the roles and settings of a saved `room.toml`. */
  async follow(text: string): Promise<void> {
    const recipe = await this.engine.call({ "read-recipe": { text } });
    // The engine checks the signature, and has no clock.
    const expires = recipe.policy && JSON.parse(recipe.policy.header).policy.expires;
    if (expires && expires < today()) throw { code: "exchange-expired", message: "", at: { column: expires } } satisfies Refusal;
    this.slots.first_party.follow(recipe.first_party);
    this.slots.tags.follow(recipe.tags);
    this.#set(recipe);
    for (const other of this.others) await other.follow(text);
    if (this.match.status.is === "done") await this.restore();
  }

  /** Ends the workers and forgets everything. */
  clear(): void {
    for (const other of [...Object.values(this.slots), ...this.others]) other.forget();
    this.#reset();
    this.replaced = undefined;
    this.files = {};
    this.#forget();
    this.match.forget();
    this.basket.clear();
    draft.forget();
    this.engine.restart();
    this.lost = false;
    this.step = "files";
    this.said = i18n.t.chrome.clearDone;
  }

  async reload(): Promise<void> {
    this.lost = false;
    for (const slot of Object.values(this.slots)) await slot.reload();
    for (const [name, { blob }] of Object.entries(this.files)) this.files = { ...this.files, [name]: { blob, ref: await this.engine.addFile(blob, name) } };
    for (const other of this.others) await other.reload();
    if (this.recipe || this.step !== "business") await this.run("match");
  }

  witness({ asked, refused }: Network): void {
    this.network = { asked: this.network.asked + asked, refused: this.network.refused + refused };
  }

  async #put(recipe: Recipe, files: { name: string; blob: Blob }[]): Promise<void> {
    for (const [at, slot] of ([this.slots.first_party, this.slots.tags] as const).entries()) {
      const file = files[at];
      if (!file) continue;
      slot.forget();
      slot.follow(recipe[slot.name]);
      await this.#load(slot.name, file.blob, file.name);
    }
    this.#set(recipe);
    this.step = "match";
    await this.#runMatch();
  }

  async #load(slot: SlotName, blob: Blob, name: string): Promise<void> {
    await this.slots[slot].load(blob, name);
    this.#say("files");
  }

  #set({ idmap = [], oneid, consent, profile, lookalike, personas, packs, portraits = [], crowds = [], quality, waves, signs, matrix, overlap, export: sent, policy, over_time }: Omit<Recipe, "first_party" | "tags" | "output">): void {
    this.beside = { idmap, consent: consent ? [consent] : [] };
    this.oneid = oneid;
    this.base = profile.base;
    this.lookalikePlan = lookalike;
    this.personasPlan = personas;
    this.packs = packs ?? undefined;
    this.portraits = portraits;
    this.signed = policy ?? undefined;
    this.waiting = crowds;
    this.#order = crowds.map(({ name }) => name);
    this.#quality = quality;
    this.#overTime = over_time ?? null;
    this.lists = { waves: waves ?? null, signs: signs ?? null, matrix: matrix ?? null, overlap: overlap ?? null, export: sent ?? null };
    this.#sampled = false;
  }

  #reset(): void {
    this.#set({ profile: { base: "everyone" }, lookalike: LOOKALIKE, personas: PERSONAS });
  }

  async #runMatch(): Promise<void> {
    this.#forget();
    await this.engine.call({ attach: { files: this.#attached() } });
    await this.match.start();
    const { result } = this.match;
    if (result) this.basket.renew(result.matched, result.tags.people);
    draft.renew();
    if (result) await this.restore();
    this.#say("match");
  }

  /** The basket's own crowds that hold and those that wait for their turn: as the recipe had them, new ones last. */
  #crowds(): NamedCrowd[] {
    const own = this.basket.crowds.filter((crowd) => crowd.from !== "seed" && crowd.from !== "everyone" && !this.basket.stale(crowd));
    const kept = own.flatMap(({ name, expr }) => {
      const crowd = repeatable(expr, this.past);
      return crowd ? [{ name, crowd }] : [];
    });
    const waiting = this.waiting.filter(({ name, lost }) => !lost && kept.every((crowd) => crowd.name !== name));
    const place = ({ name }: NamedCrowd): number => this.#order.indexOf(name) >>> 0;
    return [...kept, ...waiting.map(({ name, crowd }) => ({ name, crowd }))].sort((a, b) => place(a) - place(b));
  }

  /** Brings back the crowds of a loaded recipe as soon as they can be counted, and what they are held against. */
  async restore(): Promise<void> {
    const left: typeof this.waiting = [];
    for (const { name, crowd } of this.waiting) {
      try {
        for (const plan of this.portraits.filter((plan) => uses(crowd, `portrait.${plan.name}`))) await this.engine.call({ portrait: { plan } });
        const [people = 0] = await this.count([crowd]);
        if (!this.basket.has(crowd)) this.basket.add(name, crowd, people, "combined");
      } catch (error) {
        left.push({ name, crowd, lost: (error as Refusal).code !== "too-early" });
      }
    }
    this.waiting = left;
    const quality = this.#quality;
    if (!quality) return;
    await this.count([quality.base, quality.target]).then(() => {
      this.#quality = undefined;
      draft.hold(quality);
    }, () => undefined);
  }

  /** A new match forgets everything that was asked before. */
  #forget(): void {
    this.crowd = { is: "seed" };
    this.personasPlan = { ...this.personasPlan, of: { is: "seed" } };
    this.hadRun = false;
    for (const task of [this.profile, this.lookalike, this.challenge, this.personas]) task.forget();
  }

  #lose(): void {
    this.lost = true;
    this.#forget();
    this.match.forget();
  }

  #fileInputs(): Inputs | undefined {
    const [first_party, tags] = [this.slots.first_party.key, this.slots.tags.key];
    if (!first_party || !tags) return undefined;
    return { first_party, tags: `${tags} ${JSON.stringify([this.beside, this.oneid, this.#attached()])}` };
  }

  #attached(): FileRef[] {
    const named = [...this.beside.idmap, ...this.beside.consent].flatMap(({ file }) => this.files[file] ?? []);
    return named.map(({ ref }) => ref);
  }

  #after(own: Inputs): Inputs | undefined {
    return this.match.status.is === "done" ? { match: String(this.match.run), ...own } : undefined;
  }

  #open(): Extract<Call, { open: unknown }> {
    const [recipe, first, tags] = [this.recipe, this.slots.first_party.file, this.slots.tags.file];
    if (!recipe || !first || !tags) throw new Error("a match without files");
    return { open: { recipe, first_party: first.ref, tags: tags.ref } };
  }

  #say(step: Step): void {
    const status = this.status(step).is;
    this.said = `${i18n.t.steps[step]}: ${i18n.t.status[status]}`;
  }
}

export const app = new App();
