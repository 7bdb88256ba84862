// Text inside an SVG does not wrap, clip or say how wide it is.

/** About how wide a text is in pixels: CJK is a full square, Latin a bit more than half. */
export function span(text: string, size: number): number {
  let width = 0;
  for (const char of text) width += advance(char, size);
  return width;
}

function advance(char: string, size: number): number {
  return size * (char.charCodeAt(0) > 0x2e7f ? 1 : 0.56);
}

/** Cuts a text to a width in pixels; its first character always stays. */
export function fit(text: string, width: number, size: number): string {
  let [at, kept, cut] = [0, 0, ""];
  for (const char of text) {
    at += advance(char, size);
    if (at > width) return `${cut || char}…`;
    kept += char.length;
    cut = text.slice(0, kept);
  }
  return text;
}

/** Moves labels down, in the order of their height, until none stands on another. */
export function apart<T extends { x: number; y: number; text: string }>(labels: T[], size: number): T[] {
  const placed: T[] = [];
  for (const label of [...labels].sort((a, b) => a.y - b.y)) {
    let y = label.y;
    for (const other of placed) {
      const close = Math.abs(other.x - label.x) < (span(other.text, size) + span(label.text, size)) / 2 + 4;
      if (close && Math.abs(other.y - y) < size + 2) y = other.y + size + 2;
    }
    placed.push({ ...label, y });
  }
  return placed;
}
