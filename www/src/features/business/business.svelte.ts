// Customers over time: the files of many rows per person, what was brought in, and one answer per analysis.
import type { Call, CampaignPlan, CampaignReport, ClvPlan, ClvReport, CohortPlan, CohortReport, ColumnFound, CountsRecipe, ExperimentPlan, ExperimentReport, Expr, FeaturePlan, FeaturesReport, FeedbackPlan, FeedbackReport, FiguresPlan, FiguresReport, FileRef, Found, FunnelPlan, FunnelReport, IdRecipe, Inspection, Made, MetricPlan, PastColumn, PastRecipe, PastTable, PathPlan, PathsReport, PivotPlan, PivotReport, RfmPlan, RfmReport, RowsRecipe, RulePlan, RulesReport, SkuRecipe, StagePlan, StagesReport, StandingPlan, StandingRecipe, StandingsReport, TextPlan, TimeFormat, Topic as AnyTopic, TrafficExperiment, TrafficPlan, TrafficReport } from "api";
import type { Refusal } from "../../engine/engine";
import { app } from "../../state/app.svelte";
import { Task } from "../../state/task.svelte";
import { callColumns } from "../../format";
import { COUNTED, FATES, stageOf, stepName, tableOf, unixOf, usesIn, type FileKind, type Use } from "./detect";
import { columnOf } from "./words";

export const TOPICS = ["rfm", "stages", "funnel", "experiment", "traffic", "clv", "pivot", "cohorts", "paths", "rules", "feedback", "campaigns", "standings", "features", "figures"] as const satisfies AnyTopic[];
export type Topic = (typeof TOPICS)[number];
type Reports = { rfm: RfmReport; clv: ClvReport; stages: StagesReport; funnel: FunnelReport; experiment: ExperimentReport; traffic: TrafficReport; pivot: PivotReport; cohorts: CohortReport; paths: PathsReport; rules: RulesReport; campaigns: CampaignReport; standings: StandingsReport; features: FeaturesReport; feedback: FeedbackReport; figures: FiguresReport };
export type Plans = Pick<PastRecipe, Topic>;
/** What is shown: the overview, an analysis, or the files. */
export type View = "home" | "files" | Topic;

const PLANS: Plans = {
  rfm: { window: 0, recency: null, frequency: null, money: null, preset: "leads", grid: null, abandoned: [], previous: 30 } satisfies RfmPlan,
  clv: { months: 12, discount: 0.01, margin: 1, holdout: null, previous: 30 } satisfies ClvPlan,
  stages: { preset: "aipl", stages: [], days: 30, fair: 14, trend: 6, touch: null, touch_days: 7, met: null, went: null, category: null } satisfies StagePlan,
  funnel: { steps: [], window: 0, mode: "ordered", exclude: [], by: null, compare: 0, support: 50, counts: [] } satisfies FunnelPlan,
  experiment: { control: "control", where: {}, planned: {}, metrics: [], days: 0, size: 0, detect: 0.1, segments: null, randomised: true, sequential: false, factors: [], uplift: null, adjust: null, seed: 1 } satisfies ExperimentPlan,
  traffic: { layers: [], balance: [] } satisfies TrafficPlan,
  pivot: { table: "orders", by: ["channel", "month"], where: {}, sum: null, outcome: [], bought: false, within: 30, floor: 50, cell: [] } satisfies PivotPlan,
  cohorts: { event: [], active: [], unit: "month", days: 90, churn: 90, early: 1, age: null, who: null } satisfies CohortPlan,
  paths: { column: "product", steps: 3, top: 20, least: 50, attribute: null, touch: null, days: 30, who: null } satisfies PathPlan,
  rules: { rules: [], response: null } satisfies RulePlan,
  campaigns: { by: [], compare: 0, versus: null, goal: {} } satisfies CampaignPlan,
  feedback: { by: null, stars: null, compare: 30, least: 20, top: 60, word: null, quotes: 3 } satisfies FeedbackPlan,
  standings: { by: [], order: [], compare: null } satisfies StandingPlan,
  features: { days: 60, windows: [30, 90], top: 12, columns: [], outcome: "lost" } satisfies FeaturePlan,
  figures: { arms: [], sums: [], stages: [], changes: [] } satisfies FiguresPlan,
};

/** Marks of people behind a number: gone as soon as anything else is asked, since they may name what is no more. */
const MARKS: { [T in Topic]?: Partial<Plans[T]> } = { stages: { met: null, went: null }, cohorts: { age: null, who: null }, paths: { who: null } };

/** What a pivot can cross besides columns and parts of the calendar: what an analysis finds of people, and which one. */
export const KNOWN: Record<string, Topic> = { stage: "stages", rfm: "rfm", value: "clv", lifecycle: "clv", cohort: "cohorts", churn: "cohorts", arm: "experiment", rule: "rules" };

/** Texts are read by the lists that come along. */
const PLAIN: TextPlan = { topics: [], positive: [], negative: [] };

/** How the arms file of a split is read again. */
const ARMS = {
  file: "arms.csv", id: "id", arm: "arm", columns: ["layer", "experiment"], time: null, day: null, format: null, zone: null, name: null, event: null, steps: {}, product: null, category: null, channel: null, text: null,
  amount: null, decimals: 2, numbers: {}, order: null, status: null, refunds: [], cancelled: [], lines: false, missing: null, encoding: null, delimiter: null, header: null,
} satisfies Omit<RowsRecipe, "kind" | "digest">;

/** Names that arms without a treatment bear. */
const CONTROL = /control|对照|^no |holdout|空白|base/i;

/** What did not come about is no step. */
const UNDONE = /fail|cancel|refund|失败|取消|退款/i;
/** Steps that usually follow each other, to start a funnel from. */
const WAY = [/^sent$|发送/i, /^delivered$|送达/i, /曝光|impression|^home|首页|launch|启动/i, /搜索|search/i, /浏览|访问|view|visit|browse/i, /点击|click|详情|detail/i, /加购|购物车|cart/i, /下单|提交订单|结算|checkout|order|payment_page/i, /支付|付款|购买|pay|purchase|buy|confirm/i, /redeem|核销|兑换/i];

/** Files of rows of people. */
type PeopleKind = Exclude<FileKind, "sku" | "standing">;
/** An entry of a loaded recipe. */
type Entry = { table: PeopleKind; rows: RowsRecipe } | { table: "sku"; rows: SkuRecipe } | { table: "campaign"; rows: CountsRecipe } | { table: "standing"; rows: StandingRecipe };

/** One file: what was found in it, what the user says of it, and the entry of the recipe that follows. */
export class PastFile {
  ref = $state.raw() as FileRef;
  given = $state.raw<{ table?: FileKind; uses: Record<string, Use>; id?: IdRecipe; name?: string }>({ uses: {} });
  format = $state<TimeFormat | "">("");
  zone = $state("");
  /** Of counts by stage what the file leaves unsaid of all its rows: the day, of moves the first one, labels as `name=value`. */
  every = $state.raw({ day: "", since: "", labels: "" });
  /** Whether every row is of somebody else: a file of arms without IDs, which then stands alone. */
  alone = $state(false);
  /** Words of the status column, as the user wrote them. */
  words = $state.raw<{ refunds?: string[]; cancelled?: string[] }>({});
  /** Whether every row's status is of itself alone. */
  lines = $state(false);
  /** An entry of a loaded recipe that says more than this page has switches for. */
  #saved: Partial<Pick<RowsRecipe, "steps" | "decimals" | "numbers" | "missing" | "encoding" | "delimiter" | "header"> & Pick<StandingRecipe, "stages" | "total">> = {};
  readonly inspect: Task<Extract<Call, { inspect: unknown }>>;

  constructor(readonly blob: Blob, ref: FileRef) {
    this.ref = ref;
    this.inspect = new Task(() => app.engine, () => ({ plan: String(this.ref.index) }), () => {
      const { encoding = null, delimiter = null, header = null, missing = null } = this.#saved;
      return { inspect: { file: this.ref, overrule: { encoding, delimiter, header, missing } } };
    });
  }

  get found(): Inspection | undefined {
    return this.inspect.result;
  }
  get table(): FileKind {
    return this.given.table ?? (this.found ? tableOf(this.found, this.ref.name) : "events");
  }
  get uses(): Record<string, Use> {
    return this.found ? { ...usesIn(this.found, this.table), ...this.given.uses } : {};
  }
  get idColumn(): ColumnFound | undefined {
    return this.#one("id");
  }
  get id(): IdRecipe {
    return this.given.id ?? this.idColumn?.id?.recipe ?? { kind: "opaque", digest: "none" };
  }
  /** What every row is, where no column says so. */
  get name(): string {
    return this.given.name ?? this.ref.name.replace(/(_table)?\.\w+(\.gz)?$/, "");
  }
  get status(): Required<typeof this.words> {
    const values = this.#one("status")?.examples ?? [];
    const like = (of: RegExp): string[] => values.filter((value) => of.test(value));
    return { refunds: like(FATES.refunds), cancelled: like(FATES.cancelled), ...this.words };
  }
  /** What is missing before the file can be read. */
  get lacks(): Use | undefined {
    if (!this.found) return "id";
    if (this.table === "sku") return !this.#one("product") ? "product" : !this.#one("label") ? "label" : undefined;
    if (this.table === "standing") return this.#lacksStage;
    if (this.counted) return COUNTED.some((use) => this.#one(use)) ? undefined : "impressions";
    const needs: Use[] = this.table === "response" ? ["id", "step"] : this.table === "assign" ? ["id", "arm"] : this.table === "orders" ? ["id", "time", "amount"] : ["id", "time"];
    return needs.find((use) => !this.#one(use) && !(use === "time" && this.every.day) && !(use === "id" && this.alone && this.table === "assign"));
  }
  /** Whether no column says when rows happened that have to have happened some day. */
  get untimed(): boolean {
    return (this.table === "events" || this.table === "orders" || (this.table === "campaign" && !this.counted)) && !this.#one("time");
  }
  /** How times seem to be written, where that is as seconds or milliseconds since 1970. */
  get unix(): TimeFormat | undefined {
    const time = this.#one("time");
    return time && unixOf(time);
  }
  /** How times are written: as was said, else as they seem to be. */
  get #format(): TimeFormat | null {
    return this.format || (this.unix ?? null);
  }

  get #lacksStage(): Use | undefined {
    const has = (use: Use): boolean => this.#one(use) !== undefined;
    if (!has("time") && !this.every.day) return "time";
    if (has("from") || has("to")) return !has("since") && !this.every.since ? "since" : (["from", "to", "people"] as const).find((use) => !has(use));
    return has("stood") ? undefined : (["stage", "people"] as const).find((use) => !has(use));
  }

  /** The event of a step's column: as a loaded recipe calls it, else by the column's name. */
  step(column: string): string {
    return Object.entries(this.#saved.steps ?? {}).find(([, of]) => of === column)?.[0] ?? stepName(column);
  }

  give(column: string, use: Use): void {
    const uses = { ...this.given.uses, [column]: use };
    if (!/step|stood|label|number|none/.test(use)) for (const [name, other] of Object.entries(this.uses)) if (other === use && name !== column) uses[name] = "none";
    this.given = { ...this.given, uses };
  }

  /** Whether it says how many saw a campaign, and not who. */
  get counted(): boolean {
    return this.table === "campaign" && !this.#one("id");
  }
  /** Of counted campaigns. */
  get counts(): CountsRecipe | undefined {
    if (!this.counted || this.lacks) return undefined;
    const one = (use: Use): string | null => this.#one(use)?.name ?? null;
    const { decimals = 2, missing = null, encoding = null, delimiter = null, header = null } = this.#saved;
    return {
      file: this.ref.name, time: one("time"), format: this.#format, crowd: one("crowd"), channel: one("channel"), content: one("content"), columns: this.#all("label"),
      impressions: one("impressions"), clicks: one("clicks"), cost: one("cost"), conversions: one("conversions"), revenue: one("revenue"), decimals, missing, encoding, delimiter, header,
    };
  }
  /** Of counts by stage: a row or a column per stage, or a row per move. */
  get standing(): StandingRecipe | undefined {
    if (this.table !== "standing" || this.lacks) return undefined;
    const one = (use: Use): string | null => this.#one(use)?.name ?? null;
    const { stages = {}, missing = null, encoding = null, delimiter = null, header = null } = this.#saved;
    const { day, since, labels } = this.every;
    const flow = one("from") !== null;
    const wide = !flow && this.#all("stood").length > 0;
    const named = (column: string): [string, string] => [Object.entries(stages).find(([, of]) => of === column)?.[0] ?? stageOf(column), column];
    const all = labels.split(/[,，、]/).map((label) => label.split(/[=＝]/).map((word) => word.trim())).flatMap(([name, value]) => (name && value ? [[name, value] as const] : []));
    return {
      file: this.ref.name, time: one("time"), day: one("time") === null ? day : null, since: flow ? one("since") : null, since_day: flow && one("since") === null ? since : null, format: this.format || null,
      stage: flow || wide ? null : one("stage"), people: wide ? null : one("people"), stages: wide ? Object.fromEntries(this.#all("stood").map(named)) : {}, total: wide ? one("total") : flow ? null : (this.#saved.total ?? null), from: one("from"), to: one("to"),
      crowd: one("crowd"), category: one("category"), channel: one("channel"), columns: this.#all("label"), all: Object.fromEntries(all), missing, encoding, delimiter, header,
    };
  }
  /** Of products: which column is theirs, and which say what they are. */
  get sku(): SkuRecipe | undefined {
    const product = this.#one("product");
    if (this.table !== "sku" || this.lacks || !product) return undefined;
    const { missing = null, encoding = null, delimiter = null, header = null } = this.#saved;
    return { file: this.ref.name, product: product.name, columns: this.#all("label"), missing, encoding, delimiter, header };
  }
  /** Of rows of people. */
  get rows(): RowsRecipe | undefined {
    const { found, table, status } = this;
    if (!found || table === "sku" || table === "standing" || this.counted || this.lacks) return undefined;
    const one = (use: Use): string | null => this.#one(use)?.name ?? null;
    const all = (use: Use): string[] => this.#all(use);
    const id = found.columns.findIndex(({ name }) => this.uses[name] === "id");
    const { decimals = 2, numbers, missing = null, encoding = null, delimiter = null, header = null } = this.#saved;
    const event = one("event");
    return {
      file: this.ref.name, ...(id < 0 ? { id: 0, kind: "opaque", digest: "none" } : { id: found.dialect.header ? (found.columns[id]?.name ?? "") : id + 1, ...this.id }),
      time: one("time"), day: this.untimed ? this.every.day : null, format: this.#format, zone: this.zone || null,
      name: table === "events" && !event ? this.name : null, event, steps: Object.fromEntries(all("step").map((column) => [this.step(column), column])), arm: one("arm"),
      product: one("product"), category: one("category"), channel: one("channel"), text: one("text"), columns: [...all("label"), ...all("crowd"), ...all("content")],
      amount: one("amount"), decimals, numbers: Object.fromEntries(all("number").map((name) => [name, numbers?.[name] ?? 2])), order: one("order"),
      status: one("status"), refunds: one("status") ? status.refunds : [], cancelled: one("status") ? status.cancelled : [], lines: one("status") !== null && this.lines,
      missing, encoding, delimiter, header,
    };
  }

  /** Reads the file as a saved recipe does. */
  async follow({ table, rows: saved }: Entry): Promise<void> {
    this.#saved = saved;
    if (!this.found || saved.encoding || saved.delimiter || saved.header !== null || saved.missing) await this.inspect.start();
    const uses: Record<string, Use> = Object.fromEntries((this.found?.columns ?? []).map(({ name }) => [name, "none"]));
    const put = (column: string | null, use: Use): void => void (column !== null && (uses[column] = use));
    saved.columns.forEach((column) => put(column, "label"));
    if ("stages" in saved) {
      for (const use of ["time", "since", "stage", "people", "from", "to", "crowd", "category", "channel"] as const) put(saved[use], use);
      Object.values(saved.stages).forEach((column) => put(column ?? null, "stood"));
      if (Object.keys(saved.stages).length > 0) put(saved.total, "total");
      this.every = { day: saved.day ?? "", since: saved.since_day ?? "", labels: Object.entries(saved.all).map((pair) => pair.join("=")).join(", ") };
      this.format = saved.format ?? "";
      this.given = { table, uses };
      return;
    }
    if (!("id" in saved)) {
      if ("product" in saved) put(saved.product, "product");
      else for (const use of ["time", "crowd", "channel", "content", ...COUNTED] as const) put(saved[use], use);
      this.format = "format" in saved ? (saved.format ?? "") : "";
      this.given = { table, uses };
      return;
    }
    Object.values(saved.steps).forEach((column) => put(column ?? null, "step"));
    Object.keys(saved.numbers).forEach((column) => put(column, "number"));
    for (const use of ["time", "event", "arm", "order", "amount", "status", "product", "category", "channel", "text"] as const) put(saved[use], use);
    put(typeof saved.id === "number" ? (this.found?.columns[saved.id - 1]?.name ?? null) : saved.id, "id");
    this.given = { table, uses, id: { kind: saved.kind, digest: saved.digest }, ...(saved.name && { name: saved.name }) };
    this.words = { refunds: saved.refunds, cancelled: saved.cancelled };
    this.lines = saved.lines;
    [this.format, this.zone, this.alone] = [saved.format ?? "", saved.zone ?? "", saved.id === 0];
    this.every = { ...this.every, day: saved.day ?? "" };
  }

  #one(use: Use): ColumnFound | undefined {
    return this.found?.columns.find(({ name }) => this.uses[name] === use);
  }
  #all(use: Use): string[] {
    return (this.found?.columns ?? []).filter(({ name }) => this.uses[name] === use).map(({ name }) => name);
  }
}

/** A file the room made, kept by the page until it is saved. */
export type Out = { made: Made; blob: Blob };

/** The bytes of files the room made; it forgets them. */
export async function takeAll(files: Made[]): Promise<Out[]> {
  const out: Out[] = [];
  for (const made of files) out.push({ made, blob: (await app.engine.take(made.name)) ?? new Blob() });
  return out;
}

/** The answer to one analysis, and its files. */
export class Answer<T extends Topic> {
  report = $state.raw<Reports[T]>();
  files = $state.raw<Out[]>([]);
  readonly task: Task<Extract<Call, { past: unknown }>>;

  constructor(readonly topic: T, inputs: () => { plan: string } | undefined) {
    this.task = new Task(() => app.engine, inputs, () => ({ past: { topic, recipe: business.recipe, people: false } }));
  }

  /** Asks until the answer is to what is asked now. */
  async run(): Promise<void> {
    if (this.task.running) return;
    do {
      await this.task.start();
      const { result, refusal } = this.task;
      if (refusal || !result) return;
      this.files = await takeAll(result);
      const report = this.files.find(({ made }) => made.name === `${this.topic}.json`);
      // Files read in anew meanwhile take the answer with them.
      if (report && report.blob.size > 0) this.report = JSON.parse(await report.blob.text());
    } while (this.task.status.is === "stale");
  }

  forget(): void {
    this.task.forget();
    this.report = undefined;
    this.files = [];
  }
}

class Business {
  view = $state<View>("home");
  files = $state.raw<PastFile[]>([]);
  plans = $state.raw<Plans>(PLANS);
  /** How texts are read. */
  text = $state.raw<TextPlan>(PLAIN);
  zone = $state("");
  asOf = $state("");
  /** Files to be looked at before they are saved. */
  saving = $state.raw<Out[]>();
  refusal = $state.raw<Refusal>();
  sampling = $state(false);
  /** While files are brought in, until the plans fit them. */
  opening = $state(false);
  /** Entries of a loaded recipe whose files are not here yet. */
  #waiting: Entry[] = [];
  /** The analyses that found what crowds were kept by. */
  #kept = new Map<string, Topic>();
  readonly bring: Task<Extract<Call, { bring: unknown }>>;
  readonly answers: { [T in Topic]: Answer<T> };

  constructor() {
    this.bring = new Task(() => app.engine, () => this.#inputs(), () => ({ bring: { recipe: this.recipe, files: this.files.map(({ ref }) => ref) } }));
    const of = <T extends Topic>(topic: T): Answer<T> => new Answer(topic, () => (this.#askable(topic) && !this.#nothing(topic) ? { plan: `${this.bring.run} ${JSON.stringify(this.#asked(topic))}` } : undefined));
    this.answers = { rfm: of("rfm"), clv: of("clv"), stages: of("stages"), funnel: of("funnel"), experiment: of("experiment"), traffic: of("traffic"), pivot: of("pivot"), cohorts: of("cohorts"), paths: of("paths"), rules: of("rules"), feedback: of("feedback"), campaigns: of("campaigns"), standings: of("standings"), features: of("features"), figures: of("figures") };
    app.past = (measure) => this.#written(measure);
    callColumns((column) => (/^behaviour(-\w+)?\.csv$/.test(app.slots.tags.file?.ref.name ?? "") ? columnOf(column) : column));
  }

  get recipe(): PastRecipe {
    const of = (table: PeopleKind): RowsRecipe[] => this.files.filter((file) => file.table === table).flatMap((file) => file.rows ?? []);
    const sku = this.files.flatMap((file) => file.sku ?? []);
    const campaign = this.files.flatMap((file) => (file.table === "campaign" ? (file.rows ?? file.counts ?? []) : []));
    return { time: { zone: this.zone || null, as_of: this.asOf || null }, events: of("events"), response: of("response"), campaign, orders: of("orders"), assign: of("assign"), sku, text: this.text, standing: this.files.flatMap((file) => file.standing ?? []), ...this.plans };
  }
  get ready(): boolean {
    return this.bring.status.is === "done";
  }
  has(table: FileKind): boolean {
    const { result } = this.bring;
    // Whoever got a message or saw a campaign is an event.
    return (table === "events" ? result?.columns.some((column) => column.table === table) : result?.intake.files.some((file) => file.table === table)) ?? false;
  }
  /** Columns and parts of the calendar that counted campaigns can be added up by, with their values. */
  get campaign(): [string, string[]][] {
    return this.bring.result?.campaign ?? [];
  }
  /** Columns of labels of counts by stage. */
  get standing(): string[] {
    return this.bring.result?.standing ?? [];
  }
  /** Whether there is a rule to ask for. */
  get ruled(): boolean {
    return this.plans.rules.rules.length > 0 || this.plans.rules.response !== null;
  }
  /** Whether anything tells what became of people in arms: orders, events, or numbers beside the arms. */
  get measured(): boolean {
    return this.has("orders") || this.has("events") || (this.bring.result?.numbers.some(([table]) => table === "assign") ?? false);
  }
  /** What a pivot of this table can cross besides its columns: those whose analysis can be asked of the files. */
  known(table: PastTable): string[] {
    const can = (topic: Topic): boolean => (topic === "experiment" ? this.has("assign") : topic === "rules" ? this.ruled : topic === "stages" || this.has("orders"));
    return Object.entries(KNOWN).flatMap(([name, topic]) => (can(topic) && !this.dims(table).some((dim) => dim.name === name) ? name : []));
  }
  /** Values of a column of labels. */
  values(table: PastTable, name: string): string[] {
    return this.bring.result?.columns.find((column) => column.table === table && column.name === name)?.values ?? [];
  }
  /** Columns of labels of a table; what people wrote is no label, since hardly two wrote the same. */
  dims(table: PastTable): PastColumn[] {
    return this.bring.result?.columns.filter((column) => column.table === table && column.name !== "text") ?? [];
  }
  /** The column of what people wrote. */
  get texts(): PastColumn | undefined {
    return (this.bring.result?.columns ?? []).find(({ name }) => name === "text");
  }
  get events(): string[] {
    return this.values("events", "event");
  }

  async add(files: Iterable<File>): Promise<void> {
    for (const blob of files) {
      const file = new PastFile(blob, await app.engine.addFile(blob, blob.name));
      this.files = [...this.files.filter(({ ref }) => ref.name !== blob.name), file];
      await file.inspect.start();
      const saved = this.#waiting.find(({ rows }) => rows.file === blob.name);
      if (saved) await file.follow(saved);
    }
  }
  remove(file: PastFile): void {
    this.files = this.files.filter((other) => other !== file);
  }

  /** A year of the synthetic city, made in the tab and taken like dropped files, as its recipe says. */
  async sample(): Promise<void> {
    this.sampling = true;
    try {
      const files: File[] = [];
      for (const { name } of await app.engine.call({ sample: { people: 50_000, seed: 7, year: true } })) {
        const blob = await app.engine.take(name); // also what is not used: the engine then forgets it
        if (blob && name === "room.toml") await this.follow(await blob.text());
        else if (blob) files.push(new File([blob], name));
      }
      await this.add(files.filter(({ name }) => this.#waiting.some(({ rows }) => rows.file === name)));
      await this.open();
    } finally {
      this.sampling = false;
    }
  }

  /** Brings the files in, and starts each analysis from what was found in them. */
  async open(): Promise<void> {
    this.opening = true;
    await this.bring.start();
    if (this.ready) this.#start();
    this.opening = false;
  }

  #start(): void {
    const { plans, events } = this;
    const arms = this.values("assign", "arm");
    const steps = [...new Set(WAY.flatMap((step) => events.find((event) => step.test(event) && !UNDONE.test(event)) ?? []))].map((event) => ({ name: null, event: [event], where: {} }));
    if (plans.funnel.steps.length === 0 && new Set(steps.map(({ event }) => event[0])).size === steps.length && steps.length > 1) this.#plan("funnel", { ...plans.funnel, steps });
    const controlled = arms.includes(plans.experiment.control);
    // Without orders there is nothing to measure until the numbers beside the arms are, or who came as far as events go.
    const unmeasured = plans.experiment.metrics.length === 0 && !this.has("orders");
    if (arms.length > 0 && (!controlled || unmeasured)) {
      const numbers = (this.bring.result?.numbers ?? []).filter(([table]) => table === "assign");
      const metric = { column: null, event: null, per: null, at: null };
      const reached = (steps.at(-1)?.event ?? events.slice(-1)).map((event): MetricPlan => ({ ...metric, name: event, kind: "rate", event }));
      const read = numbers.map(([, column]): MetricPlan => ({ ...metric, name: column, kind: "mean", column }));
      const metrics = this.has("orders") ? [] : read.length > 0 ? read : reached;
      this.#plan("experiment", { ...plans.experiment, metrics, control: controlled ? plans.experiment.control : (arms.find((arm) => CONTROL.test(arm)) ?? arms[0] ?? "") });
    }
    this.#behaviour();
    void app.restore();
    const people = (["events", "orders", "assign"] as const).some((table) => this.has(table));
    if (people) this.view = "home";
    else this.go(this.has("standing") && this.campaign.length === 0 ? "standings" : "campaigns");
  }

  /** Shows a view; its analysis is asked if it was not. */
  go(view: View): void {
    this.view = view;
    if (view !== "home" && view !== "files") void this.need(view);
  }

  /** Asks an analysis, the files first if they are others now. */
  async need(topic: Topic): Promise<void> {
    if (!this.ready && !this.bring.running && this.bring.result) await this.bring.start();
    const { task } = this.answers[topic];
    if (this.#askable(topic) && (task.status.is === "ready" || task.status.is === "stale")) await this.answers[topic].run();
  }

  /** Another plan of an analysis, asked at once. */
  set<T extends Topic>(topic: T, plan: Partial<Plans[T]>): void {
    this.#plan(topic, { ...this.plans[topic], ...MARKS[topic], ...plan });
    const { task } = this.answers[topic];
    if (this.#askable(topic) && !this.#nothing(topic) && !task.running) void this.answers[topic].run();
  }

  /** Other lists that texts are read by; the files are then brought in anew, since columns come of them. */
  async read(text: TextPlan): Promise<void> {
    this.text = text;
    await this.need("feedback");
  }

  /** Another plan, and the answer to it. */
  async ask<T extends Topic>(topic: T, plan: Partial<Plans[T]>): Promise<void> {
    this.#plan(topic, { ...this.plans[topic], ...plan });
    await this.answers[topic].run();
  }

  /** Who stands behind a number, all of it found of them: an audience where a tag file is open, else a list of IDs to save. */
  async keep(topic: Topic, name: string, who: Found[]): Promise<void> {
    this.refusal = undefined;
    try {
      await this.need(topic);
      if (app.match.status.is === "done") await this.#audience(topic, name, who);
      else await this.#list(name, who);
    } catch (error) {
      this.refusal = error as Refusal;
    }
  }

  /** All who stand behind a number as a list of IDs, whoever of them the tag file knows. */
  async list(topic: Topic, name: string, who: Found[]): Promise<void> {
    this.refusal = undefined;
    try {
      await this.need(topic);
      await this.#list(name, who);
    } catch (error) {
      this.refusal = error as Refusal;
    }
  }

  async #list(name: string, who: Found[]): Promise<void> {
    this.saving = await takeAll(await app.engine.call({ "past-people": { name, who } }));
  }

  async #audience(topic: Topic, name: string, who: Found[]): Promise<Expr> {
    const { run } = this.answers[topic].task;
    const { crowd, people, all } = await app.engine.call({ "past-crowd": { who, run } });
    for (const { measure } of who) this.#kept.set(`past.${measure}.${run}`, topic);
    if (!app.basket.has(crowd)) app.basket.add(name, crowd, people, "business", undefined, all);
    return crowd;
  }

  /** The name without the run, where that is the last one and nothing was changed behind it. */
  #written(measure: string): string | undefined {
    const topic = this.#kept.get(measure);
    if (!topic) return undefined;
    const { status, run } = this.answers[topic].task;
    return status.is === "done" && measure.endsWith(`.${run}`) ? measure.slice(0, measure.lastIndexOf(".")) : undefined;
  }

  /** A model of who leaves: who was lost against who stayed, learnt in the modelling step from what the tag file says of them,
   *  as it was known at the end of `before` where it has dates to freeze by. */
  async modelChurn(before: string, lost: string, stayed: string): Promise<void> {
    this.refusal = undefined;
    try {
      const { tags } = app.slots;
      if (tags.clocks.length > 0 && tags.asOf !== before) {
        tags.asOf = before;
        await app.run("match");
      }
      await this.need("cohorts");
      const positives = await this.#audience("cohorts", lost, [{ measure: "churn", from: 1, to: 2 }]);
      const negatives = await this.#audience("cohorts", stayed, [{ measure: "churn", from: 0, to: 0 }]);
      app.lookalikePlan = { ...app.lookalikePlan, samples: { ratio: null, most: null, ...app.lookalikePlan.samples, positives, negatives } };
      app.go("lookalike");
      void app.run("lookalike");
    } catch (error) {
      this.refusal = error as Refusal;
    }
  }

  /** The files a model of behaviour takes: one set, or one for each kind of ID the people are under. */
  get models(): { name: string; kind: string; files: Out[] }[] {
    const { files } = this.answers.features;
    return files.flatMap(({ made: { name } }) => {
      const [, ending] = /^model(.*)\.toml$/.exec(name) ?? [];
      if (ending === undefined) return [];
      const own = [`seed${ending}.csv`, `behaviour${ending}.csv`].flatMap((file) => files.find(({ made }) => made.name === file) ?? []);
      return [{ name, kind: ending.slice(1), files: own }];
    });
  }

  /** Those with the outcome and everyone's behaviour become the room's two files; then it is modelled. */
  async modelBehaviour(name: string): Promise<void> {
    this.refusal = undefined;
    const { files } = this.answers.features;
    const [recipe, own] = [files.find(({ made }) => made.name === name), this.models.find((model) => model.name === name)?.files];
    if (!recipe || own?.length !== 2) return;
    try {
      await app.replace(await recipe.blob.text(), own.map(({ made, blob }) => ({ name: made.name, blob })));
      if (app.match.status.is === "done") app.go("lookalike");
    } catch (error) {
      this.refusal = error as Refusal;
    }
  }

  /** Who is in which arm: one file, or one per kind of ID. */
  get armsFiles(): Out[] {
    return this.answers.traffic.files.filter(({ made }) => /^arms(-.*)?\.csv$/.test(made.name));
  }

  /** The arms that were made, brought in as the arms of one of their experiments. */
  async takeArms(of: TrafficExperiment): Promise<void> {
    const files: File[] = [];
    for (const { made, blob } of this.armsFiles) {
      const all = this.files.filter(({ rows }) => rows).map(({ id }) => id);
      const [first, ...others] = all.filter(({ kind }) => made.name === ARMS.file || made.name === `arms-${kind}.csv`);
      if (!first) continue;
      const digest = others.every((id) => id.digest === first.digest) ? first.digest : "mixed";
      this.#waiting = [...this.#waiting.filter(({ rows }) => rows.file !== made.name), { table: "assign", rows: { ...ARMS, file: made.name, kind: first.kind, digest } }];
      files.push(new File([blob], made.name));
    }
    if (files.length === 0) return;
    await this.add(files);
    // The file has no times: all that is known counts.
    const { metrics, detect } = this.plans.experiment;
    const control = of.arms.find(({ name }) => CONTROL.test(name)) ?? of.arms[0];
    const planned = Object.fromEntries(of.arms.map(({ name, share }) => [name, share]));
    this.#plan("experiment", { ...PLANS.experiment, metrics: metrics.filter(({ column, per }) => column === null && !(per !== null && per !== "orders" && "column" in per)), detect, where: { experiment: [of.name] }, planned, control: control?.name ?? "" });
    await this.open();
    this.go("experiment");
  }

  async saveRecipe(): Promise<void> {
    await app.keep();
    this.saving = await takeAll(await app.engine.call({ export: { what: "recipe" } }));
  }

  /** Takes the sections of a saved `room.toml`; files that are here or come later are read as it says. */
  async follow(text: string): Promise<void> {
    const { time, events, response, campaign, orders, assign, sku, text: read, standing, ...plans } = await app.engine.call({ "read-past": { text } });
    const of = (table: PeopleKind, all: RowsRecipe[]): Entry[] => all.map((rows) => ({ table, rows }));
    this.#waiting = [...of("events", events), ...of("response", response), ...of("orders", orders), ...of("assign", assign), ...sku.map((rows): Entry => ({ table: "sku", rows })), ...campaign.map((rows): Entry => ("id" in rows ? { table: "campaign", rows } : { table: "campaign", rows })), ...standing.map((rows): Entry => ({ table: "standing", rows }))];
    [this.plans, this.text, this.zone, this.asOf] = [plans, read, time.zone ?? "", time.as_of ?? ""];
    for (const file of this.files) {
      const saved = this.#waiting.find(({ rows }) => rows.file === file.ref.name);
      if (saved) await file.follow(saved);
    }
  }

  /** After the workers were lost: the same files for new ones. */
  async reload(): Promise<void> {
    for (const file of this.files) file.ref = await app.engine.addFile(file.blob, file.ref.name);
    this.bring.forget();
  }

  forget(): void {
    this.files = [];
    this.#waiting = [];
    [this.plans, this.text, this.zone, this.asOf, this.view] = [PLANS, PLAIN, "", "", "home"];
    this.bring.forget();
    for (const answer of Object.values(this.answers)) answer.forget();
  }

  /** Columns to start from, where those of the plan are not in the files, and the rules about what is. */
  #behaviour(): void {
    const { pivot, cohorts, paths, rules } = this.plans;
    const orders = this.has("orders");
    const table = orders ? "orders" : "events";
    const there = (of: PastTable, name: string): boolean => this.known(of).includes(name) || (of === "orders" && name === "nth") || /^(year|quarter|month|week|weekday|day|hour)$/.test(name) || this.dims(of).some((dim) => dim.name === name);
    const few = (of: PastTable): string => [...this.dims(of)].sort((a, b) => Number(b.name === "channel") - Number(a.name === "channel") || a.count - b.count)[0]?.name ?? "weekday";
    if (!this.has(pivot.table) || !pivot.by.every((name) => there(pivot.table, name))) this.#plan("pivot", { ...PLANS.pivot, table, by: [few(table), "month"] });
    const last = this.events.slice(-1);
    if (!orders && typeof this.plans.features.outcome === "string" && last.length > 0) this.#plan("features", { ...this.plans.features, outcome: { event: last, where: {} } });
    if (!orders && cohorts.event.length + cohorts.active.length === 0) this.#plan("cohorts", { ...cohorts, event: ["*"], active: ["*"] });
    const column = ["product", "category", few("orders")].find((name) => there("orders", name)) ?? "product";
    const touch = ["channel", "event"].find((name) => there("events", name)) ?? null;
    if (!there("orders", paths.column)) this.#plan("paths", { ...paths, column });
    const { who } = this.plans.paths;
    const sold = new Set(this.values("orders", this.plans.paths.column));
    if (who && !Object.values(who).flat().every((product) => sold.has(product))) this.#plan("paths", { ...this.plans.paths, who: null });
    if (this.plans.paths.touch === null) this.#plan("paths", { ...this.plans.paths, touch });
    if (!this.plans.campaigns.by.every((name) => this.campaign.some(([known]) => known === name))) this.#plan("campaigns", PLANS.campaigns);
    this.#texts();
    if (!this.plans.standings.by.every((name) => this.standing.includes(name))) this.#plan("standings", { ...this.plans.standings, by: [] });
    if (rules.rules.length === 0) this.#plan("rules", { ...rules, rules: this.bring.result?.rules ?? [] });
  }

  /** Columns that texts are told apart and held against by, where those of the plan are not in the files. */
  #texts(): void {
    const table = this.texts?.table;
    const { by, stars } = this.plans.feedback;
    if (!table) return;
    const points = (this.bring.result?.numbers ?? []).filter(([of]) => of === table).map(([, name]) => name);
    const named = (name: string): boolean => this.dims(table).some((dim) => dim.name === name);
    this.#plan("feedback", { ...this.plans.feedback, by: by !== null && named(by) ? by : named("channel") ? "channel" : null, stars: points.find((name) => name === stars) ?? points.find((name) => /star|rating|score|星|评分|打分/i.test(name)) ?? null });
  }

  /** Whether there is something to ask a topic about: files, or counts that take none. */
  #askable(topic: Topic): boolean {
    return this.ready || topic === "figures" || (topic === "funnel" && this.plans.funnel.steps.length === 0 && this.plans.funnel.counts.length > 0);
  }

  /** Whether a topic has nothing to ask yet. */
  #nothing(topic: Topic): boolean {
    return (topic === "figures" && Object.values(this.plans.figures).every((of) => of.length === 0)) || (topic === "experiment" && !this.measured) || (topic === "rules" && !this.ruled) || (topic === "traffic" && this.plans.traffic.layers.length === 0) || (topic === "feedback" && !this.texts);
  }

  /** All that an answer depends on: its plan, and those of the analyses a pivot crosses. */
  #asked(topic: Topic): unknown {
    const { [topic]: plan, pivot, features, stages } = this.plans;
    if (topic === "features") return typeof features.outcome === "object" && "stage" in features.outcome ? [plan, stages] : [plan];
    const known = topic === "pivot" ? pivot.by.filter((name) => this.known(pivot.table).includes(name)) : [];
    return [plan, ...known.map((name) => KNOWN[name] && this.plans[KNOWN[name]])];
  }

  #plan<T extends Topic>(topic: T, plan: Plans[T]): void {
    this.plans = { ...this.plans, [topic]: plan };
  }

  #inputs(): { plan: string; match: string } | undefined {
    if (this.files.length === 0 || this.files.some((file) => !file.rows && !file.sku && !file.counts && !file.standing)) return undefined;
    const { time, events, response, campaign, orders, assign, sku, text, standing } = this.recipe;
    return { plan: JSON.stringify([time, events, response, campaign, orders, assign, sku, text, standing, this.files.map(({ ref }) => ref.index)]), match: String(app.match.run) };
  }
}

export const business = new Business();
app.others.push(business);
