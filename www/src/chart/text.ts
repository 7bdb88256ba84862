// Text inside an SVG does not wrap, clip or say how wide it is.

/** About how wide a text is in pixels: CJK is a full square, Latin a bit more than half. */
export function span(text: string, size: number): number {
  let width = 0;
  for (const char of text) width += size * (char.charCodeAt(0) > 0x2e7f ? 1 : 0.56);
  return width;
}

/** Cuts a text to a width in pixels. */
export function fit(text: string, width: number, size: number): string {
  let cut = "";
  for (const char of text) {
    if (span(cut + char, size) > width) return `${[...cut].slice(0, -1).join("") || char}…`;
    cut += char;
  }
  return text;
}
