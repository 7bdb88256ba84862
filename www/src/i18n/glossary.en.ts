import type { Glossary } from "./glossary.zh";

export const glossaryEn: Glossary = {
  tgi: { term: "TGI", line: "Target group index: share in the crowd ÷ share in the base × 100. 100 is the same, 120 a fifth more. The line is the 95% interval; if it crosses 100, no difference can be told." },
  iv: { term: "IV", line: "Information value: how well a tag tells the seed from the rest. Under 0.02 next to nothing, 0.1–0.3 medium, above 0.5 most likely a leak: check it." },
  q: { term: "q", line: "The share of false finds when many values are compared at once. Only below 0.05 is a difference called real." },
  coverage: { term: "Coverage", line: "The share of people with a value. No value does not mean “no”." },
  lift: { term: "Lift", line: "How many times denser the seed is among these people than among everyone." },
  auc: { term: "AUC", line: "The chance that a random seed person scores above a random other. 0.5 is guessing, 1 is perfect." },
  pr_auc: { term: "PR-AUC", line: "Area under precision against recall; the rarer the seed, the more it matters." },
  ks: { term: "KS", line: "The widest gap between the score distributions of seed and rest, from 0 to 1." },
  gain: { term: "Gain", line: "The share of the seed found among the best-scoring people." },
  seed: { term: "Seed", line: "The people of your file who are in the tag file too: the pattern the model learns." },
  base: { term: "Base", line: "Whom the crowd is compared with. By custom, everyone in the tag file, the seed included." },
  digest: { term: "Digest", line: "How IDs are written in the file: raw, or hashed with MD5, SHA-256 and so on. A raw side is converted to match the other." },
  silhouette: { term: "Silhouette", line: "How near people are to their own persona and far from the others, from −1 to 1." },
  stability: { term: "Stability", line: "How much the personas agree when other samples are drawn. 1 is identical; above 0.7 is reliable." },
  model: { term: "Model", line: "What learns from the seed. The scorecard adds one weight per tag value (logistic regression); boosted trees add up many small decision trees." },
  l2: { term: "Ridge strength", line: "The larger, the more cautious the model and the less it follows chance. Default 1." },
  folds: { term: "Cross-validation", line: "People are split into folds; everyone is scored by a model that never saw them." },
  ci: { term: "95% interval", line: "Where the true figure most likely lies; the more people, the narrower." },
  sha256: { term: "SHA-256", line: "The fingerprint of a file: change one byte and it is a different one." },
  memory: { term: "Memory estimate", line: "What the engine needs to load the file with these roles; above the limit it refuses before loading." },
};
