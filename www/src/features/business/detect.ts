// What a file of many rows per person is, and what its columns are for: by their names, in Chinese and English, and by
// some of their values. Every guess is shown and can be changed.
import type { ColumnFound, Inspection, PastTable, TimeFormat } from "api";

/** What a column is used for. */
export const USES = ["id", "time", "event", "arm", "order", "amount", "status", "product", "category", "channel", "text", "crowd", "content", "impressions", "clicks", "cost", "conversions", "revenue", "stage", "people", "stood", "total", "since", "from", "to", "step", "label", "number", "none"] as const;
export type Use = (typeof USES)[number];

/** What a file can hold: rows of people, or what products are. */
export const KINDS = ["events", "response", "orders", "assign", "sku", "campaign", "standing"] as const;
export type FileKind = (typeof KINDS)[number];

/** What is counted of campaigns. */
export const COUNTED = ["impressions", "clicks", "cost", "conversions", "revenue"] as const satisfies Use[];
const isCounted = (use: Use | undefined): boolean => (COUNTED as readonly (Use | undefined)[]).includes(use);

/** What only counts of people by stage have. */
const STOOD = /^(stage|people|stood|total|since|from|to)$/;

/** Of a table, the uses a column can have. */
export const usesOf = (table: FileKind): readonly Use[] =>
  USES.filter((use) => (table === "standing" ? STOOD.test(use) || /time|category|channel|crowd|label|none/.test(use) : STOOD.test(use) ? false : table === "sku" ? /product|label|none/.test(use) : use === "step" ? table === "response" : use === "number" ? table !== "response" : use === "crowd" || use === "content" || isCounted(use) ? table === "campaign" : use === "event" ? table === "events" || table === "campaign" : use === "text" ? table === "events" || table === "orders" : use === "arm" ? table === "assign" : /order|amount|status/.test(use) ? table === "orders" : true));

/** How many stand somewhere, behind the stage's name or alone. */
const MANY = "人数|人群(?:规模|资产|数?量)?|用户[数量]?|消费者(?:人?数|资产|规模|量)?|资产|规模|users?|people|count|consumers?|customers?|audience|reach|size";
/** Words of counts by stage: a column of stages goes before one of days, which may begin alike. */
const STAGED: [Use, RegExp][] = [
  ["from", /流出|转出|(来源|起始|期初|原|上期|之前)(阶段|层级)|^from(?![_ -]?(day|date|time))/i],
  ["to", /流入|转入|去向|(目标|截止|结束|终止|期末|新)(阶段|层级)|^to(?![_ -]?(day|date|time))($|[_ -])/i],
  ["stood", new RegExp(`^a[1-5](?![a-z0-9])|^([aiplo]|认知|兴趣|购买|忠诚|了解|吸引|问询|行动|拥护|机会|aware|interest|purchase|loyal|appeal|ask|act|advocate|opportunity|acquisition|activation|retention|revenue|referral)([_ -]?(${MANY}))?$`, "i")],
  ["total", /合计|总计|总和|总数|总(人|消费者|人群|用户|资产|规模)|^(grand.?)?total|^(sum|all|overall)$|^(全部|整体|总体)/i],
  ["people", new RegExp(`人数|人群(规模|资产|数?量)|用户(数|量|规模)|消费者(人?数|资产|规模|量)|资产|规模|^(${MANY})$|(audience|crowd|consumer|customer|user).?(size|count|number)`, "i")],
  ["stage", /阶段|层级|^stage$|stage.?name|^ladder$/i],
  ["since", /起始|期初|开始日|since|from.?(day|date)|start.?(day|date)/i],
  ["time", /月份|^(统计)?月$|^month$|(截止|结束|终止|统计|数据)日/i],
];

/** Words in a column's name, the surest use first. */
const WORDS: [Use, RegExp][] = [
  ["impressions", /曝光|展示|展现|^impressions?$|^shown$|^views$|impr/i],
  ["clicks", /点击|clicks?$/i],
  ["cost", /花费|消耗|成本|^cost|spend$|^spent/i],
  ["conversions", /转化|(成交|下单|支付|付款|购买)(人数|单数|笔数|数|量|用户数|订单数|件数)|conversions?$|^converted$|^purchases$/i],
  ["revenue", /收入|(成交|支付|付款|下单|订单|销售)(金?额|总额)|gmv|revenue|^sales$/i],
  ["crowd", /人群|crowd|audience/i],
  ["content", /创意|素材|内容|content|creative/i],
  ["time", /时间|日期|(^|[_ ])(time|date|datetime|timestamp|ts|day|dt|when)($|[_ ])|(time|date|_at|_on)$/i],
  ["order", /订单(编?号|id)|单号|order.?(no|id|num|number|sn)$|^(order|trade.?id|transaction.?id|invoice)$/i],
  ["amount", /金额|实付|成交额|支付额|销售额|花费|amount|paid|payment$|revenue|gmv|spend|total|dollar|price|sales|value$/i],
  ["status", /状态|status|state$/i],
  ["arm", /实验组|分组|组别|^(arm|variant|bucket|treatment|experiment.?group|group|segment)$/i],
  ["event", /事件|行为|动作|^(event|action|behaviou?r|act|what)|event.?(name|type)|action.?type/i],
  ["text", /评论|评价|留言|反馈|意见|备注|文本|正文|comment|review|feedback|remark|message|(^|_)text$|verbatim/i],
  ["product", /商品|产品|货号|sku|product|item|goods/i],
  ["category", /品类|类目|分类|categor/i],
  ["channel", /渠道|来源|触点|媒体|channel|source|utm|platform|touchpoint/i],
];

/** Values that say what became of an order. */
export const FATES = { refunds: /退|refund|return/i, cancelled: /取消|关闭|作废|未支付|cancel|closed|void|unpaid/i };

/** Seconds and milliseconds since 1970. Long numbers look like phones and may be masked: of a phone all but eight characters
 *  stand before the stars, of another ID from twelve characters on four, else a quarter; 19… is a year then. */
const UNIX: [TimeFormat, RegExp][] = [
  ["unix-ms", /^1(\d{12}|\d{4}\*{4}\d{4}|[0-8]\d{2}\*{4}\d{4})$/],
  ["unix", /^1(\d{9}|\d\*{4}\d{4}|[0-8]\*{4}\d{2})$/],
];

const TIME = /^\d{4}[-/.年]\d{1,2}|^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|^(19|20)\d{6}$|^1\d{9}(\d{3})?$/;

const YES_NO = /^(0|1|y|n|t|f|yes|no|true|false|on|off|是|否|有|无)$/i;
/** Steps of a contact, by the names of their columns. */
const STEP = /(^|[_ .])(sent|delivered|arrived|opened|open|read|clicked|click|replied|answered|redeemed|used|converted|received)([_ ]?(at|time|on|date))?$|^(发送|送达|打开|点击|核销|领取|兑换|回复|转化)(时间|日期)?$/i;
const all = (column: ColumnFound, like: RegExp): boolean => column.examples.length > 0 && column.examples.every((value) => like.test(value));
/** Also a column of counts so different that it looks like IDs. */
const numeric = (column: ColumnFound): boolean => column.role.role === "number" || all(column, /^[¥￥$€]?-?[\d,]+(\.\d+)? ?(?:[万亿w]|[元圆]|rmb|cny)?$/i);
/** How all that is seen of a column counts from 1970, if it does. */
export const unixOf = (column: ColumnFound): TimeFormat | undefined => UNIX.find(([, like]) => all(column, like))?.[0];
const steps = (found: Inspection): ColumnFound[] => found.columns.filter((column) => STEP.test(column.name) && (column.role.role === "date" || all(column, TIME) || all(column, YES_NO)));

/** Stars are few, and look like labels. */
const STARS = /评分|打分|星级|几星|(^|[_ ])(stars?|rating|score|nps|csat)($|[_ ])/i;

/** The event that a column of a step stands for. */
export const stepName = (column: string): string => column.replace(/([_ ]?(at|time|on|date)|时间|日期)$/i, "") || column;

/** Names of people and of their IDs. */
const WHO = /(^|_)(id|uid|user|customer|member)($|_)|用户|会员|客户/i;
/** Orders, moments and sums look like IDs and are nobody's: every order would be a customer. */
const thing = ({ name }: ColumnFound): boolean => WORDS.some(([use, words]) => (use === "order" || use === "time" || (use === "amount" && !WHO.test(name))) && words.test(name));

/** The ID column, if one looks like it. */
export function idOf(found: Inspection): ColumnFound | undefined {
  const columns = found.columns.filter((column) => !thing(column));
  return columns.find(({ role }) => role.role === "id") ?? columns.find(({ id }) => id) ?? columns.find(({ name }) => WHO.test(name));
}

/** Parts of a whole and changes are no people, and nobody's label. */
const SHARE = /占比|比例|比重|份额|环比|同比|增幅|率$|(^|[_ -])(share|percent|percentage|pct|ratio|rate|mom|yoy|growth)($|[_ -])|[%％]/i;
const PERCENT = /^[-+−]?[\d,]*\.?\d+ ?[%％]$/;
const shared = (column: ColumnFound): boolean => 2 * column.examples.filter((value) => PERCENT.test(value)).length > column.examples.length || (SHARE.test(column.name) && (numeric(column) || all(column, /^[-+−]?[\d,]*\.?\d+ ?[%％]?$/)));

function named(column: ColumnFound, table: FileKind): Use | undefined {
  if (table === "standing" && shared(column)) return undefined;
  const words = table === "standing" ? [...STAGED, ...WORDS] : WORDS;
  return words.find(([use, words]) => words.test(column.name) && usesOf(table).includes(use) && (use !== "amount" || numeric(column)) && (use !== "text" || !/number|date/.test(column.role.role)) && (!(isCounted(use) || /^(people|stood|total)$/.test(use)) || (numeric(column) && !shared(column))) && (!/^(from|to)$/.test(use) || !(numeric(column) || column.role.role === "date")))?.[0];
}

/** The column of the time, if one looks like it. */
const timedIn = (found: Inspection, table: FileKind, id?: ColumnFound): ColumnFound | undefined =>
  found.columns.find((column) => column !== id && named(column, table) === "time") ?? found.columns.find((column) => column !== id && (column.role.role === "date" || all(column, TIME)) && named(column, table) !== "since");

/** Whether a file of campaigns says how many, and not who. */
const summed = (found: Inspection): boolean => new Set(found.columns.map((column) => named(column, "campaign")).filter(isCounted)).size > 1;

/** The stage that a column of people is of. */
export const stageOf = (column: string): string => column.replace(new RegExp(`([_ -]?(${MANY}))+$`, "i"), "") || column;

/** What columns of counts by stage are for, each beside the others. */
function stagedIn(found: Inspection): Map<string, Use | undefined> {
  const uses = new Map(found.columns.map((column) => [column.name, named(column, "standing")]));
  const first = (use: Use): string | undefined => [...uses].find(([, of]) => of === use)?.[0];
  const turn = (use: Use, to: Use): void => {
    const name = first(use);
    if (name !== undefined) uses.set(name, to);
  };
  // Of moves one end may bear no more than the name of a stage.
  if (first("from") !== undefined && first("to") === undefined) turn("stage", "to");
  else if (first("to") !== undefined && first("from") === undefined) turn("stage", "from");
  // In a file of a row per stage nothing else says how many.
  if (first("people") === undefined && (first("stage") ?? first("from")) !== undefined) turn("total", "people");
  return uses;
}

/** Whether a file says how many stand in stages, or moved between them. */
function stood(found: Inspection): boolean {
  const uses = [...stagedIn(found).values()];
  const has = (use: Use): number => uses.filter((of) => of === use).length;
  return has("stood") > 1 || (has("people") > 0 && (has("stage") > 0 || (has("from") > 0 && has("to") > 0)));
}

/** What a file holds: by the columns only one of them has. */
export function tableOf(found: Inspection, name: string): FileKind {
  const has = (table: PastTable, ...uses: Use[]): boolean => found.columns.some((column) => uses.includes(named(column, table) as Use));
  const person = found.columns.some(({ role, id }) => role.role === "id" && id && id.recipe.kind !== "opaque");
  if (!person && stood(found)) return "standing";
  if (/实验|分组|assign|experiment|hillstrom/i.test(name) || (has("assign", "arm") && !has("orders", "order") && !has("events", "event"))) return "assign";
  if (steps(found).length > 1 && !has("orders", "order", "amount")) return "response";
  if (!has("orders", "order") && (/campaign|exposure|投放|曝光/i.test(name) || (!person && summed(found) && found.columns.some((column) => /impressions|clicks/.test(named(column, "campaign") ?? ""))))) return "campaign";
  if (has("orders", "product") && !has("orders", "order", "event") && !timedIn(found, "orders", undefined)) return "sku";
  if (has("orders", "order") || (has("orders", "amount") && !has("events", "event"))) return "orders";
  return "events";
}

/** In a short list of products every series may stand once, as an ID would. */
const word = (column: ColumnFound, found: Inspection): boolean => !/number|date/.test(column.role.role) && (column.distinct < found.rows || found.rows <= 20);

/** The use of every column. Of uses that one column has, the first that fits takes it; what is left is a label or a number. */
export function usesIn(found: Inspection, table: FileKind): Record<string, Use> {
  const people = table !== "sku" && table !== "standing" && !(table === "campaign" && summed(found));
  const id = people ? idOf(found) : undefined;
  const taken = new Set<Use>(["id"]);
  const uses: Record<string, Use> = {};
  const staged = table === "standing" ? stagedIn(found) : undefined;
  const stepped = table === "response" ? steps(found) : [];
  // Steps that say when they happened need no time of the row.
  const timed = table !== "sku" && !stepped.some((column) => !all(column, YES_NO)) ? timedIn(found, table, id) : undefined;
  for (const column of found.columns) {
    const use = column === id ? "id" : column === timed ? "time" : staged ? staged.get(column.name) : named(column, table);
    // A number that is no count of people would make a group of every row.
    const number = staged && (shared(column) || (numeric(column) && !/id$|code$|编号|编码|代码/i.test(column.name)));
    // The same in every row here, and perhaps not in the next file.
    const lone = staged && column.distinct === 1 && column.role.role !== "date" && !all(column, TIME);
    const plain: Use = number ? "none" : column.id && column.role.role === "ignore" && people ? "none" : column.role.role === "number" || (table === "events" && STARS.test(column.name) && numeric(column)) ? (people && table !== "response" && table !== "campaign" ? "number" : "none") : (column.role.role === "category" || (table === "sku" && word(column, found)) || lone) && column.distinct <= 1000 ? "label" : "none";
    uses[column.name] = column === id ? "id" : stepped.includes(column) ? "step" : use && use !== "time" && (use === "stood" || !taken.has(use)) ? use : column === timed ? "time" : plain;
    taken.add(uses[column.name] as Use);
  }
  return uses;
}
