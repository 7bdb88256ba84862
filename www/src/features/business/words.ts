// Names the engine gives, in the language of the page; a user's own stay as they are.
import type { FeatureLine } from "api";
import { i18n } from "../../i18n/i18n.svelte";

const own = (names: Record<string, string>, name: string): string => names[name] ?? name;

export const groupName = (name: string): string => own(i18n.t.business.rfm.names, name);
export const strategyName = (code: string): string => own(i18n.t.business.rfm.strategies, code);
export const stageName = (name: string | null): string => (name === null ? i18n.t.business.outside : own(i18n.t.business.stages.names, name));
export const bandName = (code: string): string => own(i18n.t.business.clv.names, code);
export const stateName = (code: string): string => own(i18n.t.business.clv.stateNames, code);

/** What an analysis found of somebody, by the name a pivot has for it; nothing of those it did not find. */
export function knownName(by: string, word: string): string {
  const { business: b, behaviour: h } = i18n.t;
  if (by === "stage") return stageName(word || null);
  if (by === "rule") return word ? own(h.rules.names, word) : h.rules.none;
  const say: Record<string, (word: string) => string> = { rfm: groupName, value: bandName, lifecycle: stateName, churn: (word) => h.cohorts.states[["active", "lost-early", "lost-mature"].indexOf(word)] ?? word };
  return word ? (say[by]?.(word) ?? word) : b.none;
}

/** A column: those with a role bear its name, and some that many files have theirs. */
export const columnName = (name: string): string => own(i18n.t.business.columns, own(i18n.t.business.uses, name));

/** A feature of behaviour: what it is, of which event or column, in which days. */
export function featureName({ what, of, window }: Pick<FeatureLine, "what" | "of" | "window">): string {
  const f = i18n.t.foretell;
  const name = own(f.what, what);
  const full = of === null ? name : f.of(name, what === "event" ? of : columnName(of));
  return window > 0 ? f.windowed(full, String(window)) : full;
}

/** The same by its column: `event: view`, `orders_30d`. Events are counted in one window only, and need not name it. */
export function columnOf(name: string): string {
  const [, what = "", of = null] = /^(event|distinct|usual): (.*)$/s.exec(name) ?? [];
  if (what) return featureName({ what, of, window: 0 });
  const [, plain = name, days = "0"] = /^(.*)_(\d+)d$/.exec(name) ?? [];
  return featureName({ what: plain, of: null, window: Number(days) });
}

/** A topic of texts: those that come along have a name in each language. */
export const topicName = (name: string): string => own(i18n.t.feedback.names, name);

/** The other way: what a topic is called in the recipe, whatever the language it is read in. */
export const topicCode = (name: string): string => Object.entries(i18n.t.feedback.names).find(([, said]) => said === name)?.[0] ?? name;

/** The colour of the n-th of several things, eleven of them apart, as RFM has groups; what stands apart is grey. */
export const colourOf = (at: number): string => (at < 0 ? "--base-bar" : `--crowd-${at % 11}`);
