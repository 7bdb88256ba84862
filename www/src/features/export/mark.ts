// Who can tell from a file who is in it: red, amber or green.
import type { IdRecipe } from "api";

export type Mark = "red" | "amber" | "green";
export type Reason = "tellsRaw" | "tellsHashed" | "tellsOpaque" | "tellsCounts" | "tellsRecipe";

/** Files that hold one line per person. */
const PER_PERSON = new Set(["scores.csv", "audience.csv", "personas.csv", "packs.zip", "chain.csv"]);

export function perPerson(file: string): boolean {
  return PER_PERSON.has(file);
}

/** The mark of IDs as the tag file writes them. A digest without a key hides a phone number from nobody. */
export function markOf(id: IdRecipe | undefined): { mark: Mark; reason: Reason } {
  if (!id || id.kind === "opaque") return { mark: "amber", reason: "tellsOpaque" };
  return { mark: "red", reason: id.digest === "none" ? "tellsRaw" : "tellsHashed" };
}
