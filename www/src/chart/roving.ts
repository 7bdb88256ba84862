// Cells of a chart are one stop of the tab key; arrows go on between them.

export type Place = [row: number, column: number];

const WAYS: Record<string, Place> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -1], End: [0, 1] };

/** Where a key leads from a cell: to the next one there is that way, with Home and End to the last. */
export function led(key: string, [row, column]: Place, there: (row: number, column: number) => boolean, [rows, columns]: Place): Place | undefined {
  const [down, right] = WAYS[key] ?? [0, 0];
  let to: Place | undefined;
  for (let [i, j] = [row + down, column + right]; (down || right) && i >= 0 && j >= 0 && i < rows && j < columns; [i, j] = [i + down, j + right]) {
    if (there(i, j)) to = [i, j];
    if (to && key !== "Home" && key !== "End") break;
  }
  return to;
}

/** Moves the focus as a key says; the cells bear their place as `data-at`. */
export function rove(event: KeyboardEvent & { currentTarget: Element }, from: Place, there: (row: number, column: number) => boolean, size: Place): Place {
  const to = led(event.key, from, there, size);
  if (!to) return from;
  event.preventDefault();
  event.currentTarget.closest("svg, table")?.querySelector<HTMLElement | SVGElement>(`[data-at="${to.join()}"]`)?.focus();
  return to;
}
