/** A feature's name without its namespace, as the file writes it. */
export function bare(feature: string): string {
  return feature.replace(/^first_party\./, "");
}
