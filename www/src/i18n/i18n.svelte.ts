// Language, and how numbers are written. Nothing is remembered: the address may say `#lang=en`.
import { en } from "./en";
import { zh } from "./zh";

export type Language = "zh" | "en";

class I18n {
  lang = $state<Language>(first());
  /** 万 and 亿 instead of thousands separators; Chinese only. */
  myriads = $state(false);
  get t() {
    return this.lang === "zh" ? zh : en;
  }
}

function first(): Language {
  const asked = new URLSearchParams(location.hash.slice(1)).get("lang") ?? navigator.language;
  return asked.startsWith("zh") ? "zh" : "en";
}

export const i18n = new I18n();
