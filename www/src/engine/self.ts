// The page's own SHA-256, to be held against the published one. The page may not read its own file (nothing may
// be fetched), so the document is written back before anything touched it. `page.html` is laid out so that
// this gives the very bytes of the file: no space before <head>, nothing after the script.
import { sha256 } from "./sha256";

let untouched: string | undefined = `<!doctype html>\n${document.documentElement.outerHTML}\n`;
let hash = "";

/** SHA-256 of the file this page was loaded from, as 64 hex digits. The first call takes some milliseconds. */
export function pageHash(): string {
  if (untouched !== undefined) hash = sha256(new TextEncoder().encode(untouched));
  untouched = undefined;
  return hash;
}
