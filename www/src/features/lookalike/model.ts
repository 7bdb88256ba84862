// Names of models for people: the engine writes `boosted`, `scorecard (l2 = 10)`, `auto: 0.75 boosted + 0.25 …`.
import type { Model } from "api";

export function modelName(name: string, words: Record<Model, string>): string {
  return name.replace(/\b(auto|boosted|scorecard)\b/g, (word) => words[word as Model]);
}
