// Where the slider stands: tenths of a percent of the people outside the seed, best first.
import type { CurvePoint, Expr, LookalikeReport } from "api";

export const STEPS = 1000;

/** People outside the seed at a position of the slider. */
export function peopleAt(report: LookalikeReport, step: number): number {
  return Math.round((report.rest_people * step) / STEPS);
}

/** The position that takes about so many people. */
export function stepFor(report: LookalikeReport, people: number): number {
  return Math.max(1, Math.min(STEPS, Math.round((STEPS * people) / Math.max(1, report.rest_people))));
}

/** Share of the people outside the seed at a point of the curve, which counts everyone. */
export function others(report: LookalikeReport, point: CurvePoint): number {
  return (point.people - point.gain * report.seed_people) / Math.max(1, report.rest_people);
}

/** Gain and lift where this share of the others is taken, between the two points of the curve around it. */
export function along(report: LookalikeReport, share: number): { gain: number; lift: number } {
  const next = report.curve.findIndex((point) => others(report, point) >= share);
  const [b, a] = [report.curve[next], report.curve[next - 1]];
  if (!b || !a) return { gain: b?.gain ?? 1, lift: b?.lift ?? 1 };
  const [from, to] = [others(report, a), others(report, b)];
  const part = to > from ? (share - from) / (to - from) : 1;
  const gain = a.gain + (b.gain - a.gain) * part;
  const reach = (a.reach + (b.reach - a.reach) * part) / 100;
  return { gain, lift: reach > 0 ? gain / reach : b.lift };
}

/** The exact crowd at a position: at or above its rank, and not of the seed. */
export function crowdAt(report: LookalikeReport, step: number): Expr | undefined {
  const cut = report.cuts[step - 1];
  return cut === undefined ? undefined : { is: "minus", from: { is: "top", measure: "score", cut }, take: { is: "seed" } };
}
