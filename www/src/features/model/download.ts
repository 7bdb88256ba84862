// A file the room makes, straight to the browser's save: for files without a line per person.
import type { Export, Made } from "api";
import { save } from "../../save";
import { app } from "../../state/app.svelte";

export async function download(what: Export): Promise<Made | undefined> {
  const [made] = await app.engine.call({ export: { what } });
  const blob = made && (await app.engine.take(made.name));
  if (blob) save(blob, made.name);
  return made;
}
