// Who can tell from a file who is in it: red, amber or green.
import type { IdRecipe, Made } from "api";

export type Mark = "red" | "amber" | "green";
export type Reason = "tellsRaw" | "tellsHashed" | "tellsOpaque" | "tellsCounts" | "tellsRecipe";

/** Whether a file holds one line per person: only those have rows, but for an archive of several. */
export function perPerson({ name, rows }: Made): boolean {
  return rows > 0 || name === "packs.zip";
}

/** The mark of IDs as the tag file writes them. A digest without a key hides a phone number from nobody. */
export function markOf(id: IdRecipe | undefined): { mark: Mark; reason: Reason } {
  if (!id || (id.kind === "opaque" && id.digest === "none")) return { mark: "amber", reason: "tellsOpaque" };
  return { mark: "red", reason: id.digest === "none" ? "tellsRaw" : "tellsHashed" };
}
