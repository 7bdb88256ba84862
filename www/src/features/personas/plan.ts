// The plan of the page: stages with their defaults, the chain, and what an edit does.
import type { Card, Cluster, ContrastPlan, ExpandPlan, LayersPlan, MergePlan, PersonasPlan, TopTag } from "api";
import { app } from "../../state/app.svelte";

export const CONTRAST: ContrastPlan = { crowd: { is: "seed" }, against: { is: "everyone" }, tgi: 10, q: 0.05 };
export const EXPAND: ExpandPlan = { exclusive: true, by: "share", at: 10 };
export const MERGE: MergePlan = { below: 0.1, settle: true };
export const LAYERS: LayersPlan = { fit: 0.4, density: 0.4, value: 0, headroom: 0.2, core: 0.6, floor: 30 };

/** Changes the plan and computes what follows from it. */
export function change(part: Partial<PersonasPlan>): void {
  app.personasPlan = { ...app.personasPlan, ...part };
  void app.run("personas");
}

/** Contrast, 8 clusters, expansion, merging to 6, layers: each stage stands in the plan and can be changed. */
export function chain(): void {
  const { contrast, expand, layers } = app.personasPlan;
  change({ k: 8, contrast: contrast ?? CONTRAST, expand: expand ?? EXPAND, merge: { ...MERGE, to: 6 }, layers: layers ?? LAYERS });
}

/** How a card names the labels it was written for. */
const keys = (top: TopTag[]): string[] => top.map((tag) => `${tag.feature}=${tag.value}`);

/** Puts a card in the place of the one its persona had. */
export function write(cluster: Cluster, card: Omit<Card, "tags">): void {
  const before = JSON.stringify(cluster.card?.tags);
  const others = (app.personasPlan.cards ?? []).filter((one) => JSON.stringify(one.tags) !== before);
  const empty = Object.values(card).every((text) => text === "");
  change({ cards: empty ? others : [...others, { ...card, tags: keys(cluster.top) }] });
}

/** Columns by what a marketer uses them for; the first that matches wins. */
const USES = {
  price: /价|消费|收入|客单|spend|price|income|basket|value/i,
  product: /品类|常购|商品|产品|会员|goods|product|category|buy|order|下单/i,
  touch: /活跃|手机|设备|渠道|媒体|时段|城市|省|active|device|channel|phone|city|visit/i,
  content: /兴趣|内容|偏好|interest|content|like|topic/i,
};

/** Labels of a persona for one line of its card, strongest first. */
export function tagsFor(top: TopTag[], use: keyof typeof USES): string[] {
  const of = (tag: TopTag) => (Object.keys(USES) as (keyof typeof USES)[]).find((name) => USES[name].test(tag.feature));
  return top.filter((tag) => of(tag) === use).slice(0, 3).map((tag) => tag.value);
}
