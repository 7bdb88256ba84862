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

/** Gain and lift at a reach, between the two points of the curve around it. */
export function along(curve: CurvePoint[], reach: number): { gain: number; lift: number } {
  const next = curve.findIndex((point) => point.reach >= reach);
  const [b, a] = [curve[next], curve[next - 1]];
  if (!b || !a) return { gain: b?.gain ?? 1, lift: b?.lift ?? 1 };
  const gain = a.gain + ((b.gain - a.gain) * (reach - a.reach)) / (b.reach - a.reach);
  return { gain, lift: reach > 0 ? gain / (reach / 100) : b.lift };
}

/** The exact crowd at a position: at or above its rank, and not of the seed. */
export function crowdAt(report: LookalikeReport, step: number): Expr | undefined {
  const cut = report.cuts[step - 1];
  return cut === undefined ? undefined : { is: "minus", from: { is: "top", measure: "score", cut }, take: { is: "seed" } };
}
