import type { FeaturesWords } from "./features.zh";

export const featuresEn: FeaturesWords = {
  outcome: "Foretell",
  outcomes: { lost: "Lost: who bought does not buy again", bought: "Buys", event: "Does an event", stage: "Moves up to a stage", falls: "Falls below a stage" },
  days: "within days", from: "Only of those in", fromAny: "any", event: "Event", stage: "Stage", windows: "Windows (days)", top: "Events counted each", columns: "Most frequent value of",
  lead: (people, frozen, positives, rate, days) => `By ${frozen} there were ${people} people it could happen to; within ${days} days it did to ${positives} (${rate}).`,
  frozen: (frozen) => `Features know nothing behind ${frozen}: no order, no refund that came later. Who had no row by then is not in the table.`,
  short: (history) => `${history} days of history are fewer than the longest window: longer windows see no more.`,
  tells: "What foretells it", worth: "Information value", noise: "noise", more: "more of it: likelier", less: "less of it: likelier", neither: "a label, or no one direction",
  feature: "Feature", without: "Mean, it did not", with: "Mean, it did", auc: "AUC", iv: "IV", q: "q", covered: "Have a value", label: "label",
  bins: (name) => `How often it happens by ${name}`, rate: "Rate", value: "Value", none: "no value", others: "others", choose: "Show",
  constant: (names) => `The same for everyone, and left out: ${names}`,
  most: (n) => `The chart has the ${n} that tell most; the table and the files hold all.`,
  cause: "What foretells need not be a cause: it says who is likelier, not what changing it would do.",
  keep: "Keep", did: "It happened to", didNot: "It did not happen to",
  model: {
    nothing: "There is nothing to model: nobody has this outcome, or no feature differs between people. Choose another outcome, or bring more people or a longer time.",
    title: "Model it on behaviour", go: "Model it", of: (kind) => `Model it: ${kind}`,
    line: "These features become the tag file and those it happened to the seed of this room: match, profile, lookalike (with lift, out of fold) and personas work as always.",
    warn: "The room's two files are replaced. Those of now and their settings are kept, and can be put back.",
    ask: (n, names, more) => `Audiences that lean on the present files: ${n} (${names}${more ? ", …" : ""}). Once those are replaced they can be neither used nor exported. With the first files put back, those that a recipe can make again come back.`, sure: "Model it all the same", leave: "Not now",
    back: "Put my files back", replaced: "The room's two files are made from behaviour.", policy: "The tag file here is under its provider's policy and cannot be replaced by behaviour.",
  },
  cohorts: { freeze: (day) => `Learns who was lost against who stayed, among the people of the tag file. The tag file is frozen at ${day} by itself first, the last day before the silence: dates behind it do not count.`, loose: (day) => `Learns who was lost against who stayed, among the people of the tag file. It has no column of dates, so nothing can be frozen at ${day}: tags that know what came later tell it the answer.`, behaviour: "Model behaviour instead", behaviourHint: "Features from events and orders, all frozen before the silence." },
  what: {
    tenure_days: "Days since first seen", active_days: "Days with a row", events: "Events", event_recency_days: "Days since last event", weekend_percent: "Events at the weekend (%)", night_percent: "Events at night (%)",
    orders: "Orders", order_recency_days: "Days since last order", money: "Money", refunds: "Orders with a refund", order_gap_days: "Mean days between orders", products: "Different products", event: "Event", distinct: "Different values", usual: "Most frequent",
  },
  windowed: (name, days) => `${name} (last ${days} days)`, of: (what, of) => `${what}: ${of}`,
};
