// What every plot stands on: a range of values laid over a range of pixels, and where its ticks fall.
import { nice, ticks } from "d3-array";

/** One axis: its values from end to end, how they are written, where its ticks are if the round figures will not do. */
export type Axis = { from: number; to: number; write?: (value: number) => string; ticks?: number[]; title?: string; grid?: boolean };

/** A value to its pixel. */
export type Scale = (value: number) => number;

/** The plot inside its edges, in pixels, and its two scales. */
export type Frame = { left: number; top: number; width: number; height: number; x: Scale; y: Scale };

/** Lays `from`–`to` over `start`–`end`; a range of one value stands in the middle. */
export function scale({ from, to }: { from: number; to: number }, start: number, end: number): Scale {
  return to === from ? () => (start + end) / 2 : (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** An axis that holds all values and ends on figures as round as `most` of them would be; shares bring a zero along. */
export function holding(values: Iterable<number>, most = 5): { from: number; to: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const [from, to] = low < high ? nice(low, high, most) : [low, low + 1];
  return Number.isFinite(from) ? { from, to } : { from: 0, to: 1 };
}

/** The ticks of an axis: its own, or about so many round figures. */
export function marks(axis: Axis, most: number): number[] {
  return axis.ticks ?? ticks(axis.from, axis.to, Math.max(1, most));
}

/** Pixels with a tenth: a saved picture is as small as it can be and looks the same. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}
