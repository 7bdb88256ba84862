// Text inside an SVG does not wrap or clip by itself.

/** Cuts a text to a width in pixels; CJK counts as a full square, Latin as a bit more than half. */
export function fit(text: string, width: number, size: number): string {
  let used = 0;
  let cut = 0;
  for (const char of text) {
    used += size * (char.charCodeAt(0) > 0x2e7f ? 1 : 0.56);
    if (used > width) return `${text.slice(0, Math.max(1, cut - 1))}…`;
    cut += char.length;
  }
  return text;
}
