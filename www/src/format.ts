// Numbers for people. Every figure on the page is written here and nowhere else.
import { i18n } from "./i18n/i18n.svelte";

type Format = Pick<Intl.NumberFormat, "format">;
const formats = new Map<string, Format>();

function format(options: Intl.NumberFormatOptions): Format {
  const tag = i18n.t.tag;
  const key = tag + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) {
    const plain = new Intl.NumberFormat(tag, options);
    // A minus, as wide as the plus it stands beside, and no hyphen.
    formats.set(key, (made = { format: (value) => plain.format(value).replace("-", "−") }));
  }
  return made;
}

/** A count: 48,213, or 4.8万 if the reader prefers. */
export function count(n: number): string {
  if (i18n.lang === "zh" && i18n.myriads && n >= 10_000) {
    return format({ notation: "compact", maximumFractionDigits: n >= 1e6 ? 0 : 1 }).format(n);
  }
  return format({ maximumFractionDigits: 0 }).format(n);
}

/** A share with one digit: 77.9%. A small one keeps what tells it from zero. */
export function percent(share: number): string {
  const small = share > 0 && share < 0.001;
  return format({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: small ? 2 : 1 }).format(share);
}

/** A share of which a tenth of a percent is much, with two digits: 1.24%. */
export function fine(share: number): string {
  return format({ style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(share);
}

/** A percentage as the engine gives it, 0 to 100. */
export function points(percentage: number): string {
  return format({ style: "percent", maximumFractionDigits: 1 }).format(percentage / 100);
}

/** A figure with this many digits behind the point. */
export function fixed(value: number, digits: number): string {
  return format({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** What columns are called that the page itself wrote. */
let called = (column: string): string => column;
export function callColumns(by: typeof called): void {
  called = by;
}

/** A feature's name without its namespace, as the file writes it, unless the page did. */
export function bare(feature: string): string {
  return called(feature.replace(/^first_party\./, ""));
}

/** Money in minor units: 12,480, and 86.40 below a thousand. */
export function money(minor: number, decimals: number): string {
  const whole = minor / 10 ** decimals;
  return Math.abs(whole) < 1000 && decimals > 0 ? fixed(whole, 2) : count(whole);
}

/** With its sign, as changes have. */
export function signed(value: number, write: (value: number) => string): string {
  return `${value > 0 ? "+" : ""}${write(value)}`;
}

/** How a difference is written, and the interval behind it: of two shares in percentage points, which no relative change is. */
export function difference(shares: boolean, write: (value: number) => string) {
  const points = (value: number): string => fixed(100 * value, value !== 0 && Math.abs(value) < 0.001 ? 2 : 1);
  const one = (value: number): string => signed(value, shares ? points : write);
  return {
    write: (value: number): string => (shares ? i18n.t.business.campaigns.pp(one(value)) : one(value)),
    range: (of: { low: number; high: number } | null): string => (of ? ` (${one(of.low)} … ${one(of.high)})` : ""),
  };
}

/** A factor: 6.9, and 12 from ten on. */
export function factor(value: number): string {
  return fixed(value, value < 10 ? 1 : 0);
}

/** TGI, a whole number; "–" if there is none. */
export function tgi(value: number | null): string {
  return value === null ? "–" : fixed(value, 0);
}

/** An interval: 6.1–7.8. */
export function interval(low: number | null, high: number | null, write: (value: number) => string): string {
  return low === null || high === null ? "–" : `${write(low)}–${write(high)}`;
}

/** A q-value: never more digits than mean something. */
export function qValue(q: number | null): string {
  if (q === null) return "–";
  return q < 0.001 ? "<0.001" : fixed(q, 3);
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** A size: 12.4 MB. */
export function bytes(n: number): string {
  const power = n < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(n) / 3));
  // The short form of English says "17 byte".
  return format({ style: "unit", unit: UNITS[power] ?? "byte", unitDisplay: power === 0 ? "long" : "short", maximumFractionDigits: power > 1 ? 1 : 0 }).format(n / 1000 ** power);
}

/** A time to wait: 40 s, 3 min. */
export function duration(seconds: number): string {
  const unit = seconds < 90 ? "second" : "minute";
  return format({ style: "unit", unit, maximumFractionDigits: 0 }).format(Math.max(1, unit === "second" ? seconds : seconds / 60));
}

/** A time that passed, in the unit that fits: 40 sec, 3 min, 5.2 hr, 3 days. */
export function span(seconds: number): string {
  const [unit, size] = (seconds < 90 ? ["second", 1] : seconds < 5400 ? ["minute", 60] : seconds < 129_600 ? ["hour", 3600] : ["day", 86_400]) as [string, number];
  return format({ style: "unit", unit, unitDisplay: "short", maximumFractionDigits: size > 60 ? 1 : 0 }).format(seconds / size);
}
