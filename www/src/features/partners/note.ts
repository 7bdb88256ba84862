// What each file reveals and to whom, and its mark.
import { i18n } from "../../i18n/i18n.svelte";
import type { Mark } from "../export/mark";

export function noteOf(name: string, blinded: boolean): { mark: Mark; text: string } {
  const { reveals } = i18n.t.partners;
  if (/shared\.key$/.test(name)) return { mark: "amber", text: reveals.shared };
  if (/key$/.test(name)) return { mark: "amber", text: reveals.key };
  if (/ledger/.test(name)) return { mark: "green", text: reveals.ledger };
  if (/run$/.test(name)) return { mark: "amber", text: reveals.run };
  if (/query$/.test(name)) return { mark: "green", text: reveals.query };
  if (/answer$/.test(name)) return { mark: "green", text: reveals.answer };
  if (/idmap/.test(name)) return { mark: "red", text: reveals.map };
  if (/ids\.atoll$/.test(name) && blinded) return { mark: "green", text: reveals.ids };
  if (/atoll$/.test(name)) return blinded ? { mark: "green", text: reveals.tags } : { mark: "amber", text: reveals.tagsKeyed };
  if (/toml$/.test(name)) return { mark: "green", text: reveals.plain };
  return { mark: "amber", text: reveals.room };
}
