/** A whole number as it was typed, within bounds; the field then shows what was taken. */
export function typed({ currentTarget: field }: Event & { currentTarget: HTMLInputElement }, least: number, most = Infinity): number {
  const taken = Math.min(most, Math.max(least, Math.round(field.valueAsNumber) || least));
  field.value = String(taken);
  return taken;
}
