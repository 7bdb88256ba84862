// Files dropped on a slot, full or empty: the first is for it, a second for the other one.
import { app } from "../../state/app.svelte";
import type { SlotName } from "../../state/slot.svelte";

/** Takes dropped files for a slot and knows whether one hovers over it. */
export class Drop {
  over = $state(false);
  #name: () => SlotName;

  constructor(name: () => SlotName) {
    this.#name = name;
  }

  readonly handlers = {
    ondragover: (event: DragEvent): void => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      this.over = true;
    },
    ondragleave: (): void => {
      this.over = false;
    },
    ondrop: (event: DragEvent): void => {
      event.preventDefault();
      this.over = false;
      const [first, second] = event.dataTransfer?.files ?? [];
      const name = this.#name();
      if (first) void app.load(name, first, first.name);
      if (second) void app.load(name === "tags" ? "first_party" : "tags", second, second.name);
    },
  };
}

/** Anywhere else a browser would open the file in place of the page, and with it lose everything. */
export function keepPage(event: DragEvent): void {
  if (!holdsFile(event) || event.defaultPrevented) return;
  event.preventDefault();
  if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
}

function holdsFile(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
