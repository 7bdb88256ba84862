// Light or dark: as the system says, until the reader says otherwise.
const system = matchMedia("(prefers-color-scheme: dark)");
const asked = new URLSearchParams(location.hash.slice(1)).get("theme");

class Theme {
  dark = $state(asked ? asked === "dark" : system.matches);
  #chosen = asked !== null;

  constructor() {
    system.addEventListener("change", () => {
      if (!this.#chosen) this.dark = system.matches;
    });
  }

  toggle(): void {
    this.#chosen = true;
    this.dark = !this.dark;
  }
}

export const theme = new Theme();
