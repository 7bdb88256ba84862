import type { FeedbackWords } from "./feedback.zh";

export const feedbackEn: FeedbackWords = {
  names: { delivery: "delivery", packaging: "packaging", quality: "quality", effect: "effect", scent: "scent", price: "price", service: "service", returns: "returns", gift: "gifts", genuine: "genuine or fake", fit: "size and colour", app: "app and checkout" },
  moods: ["praise", "complaint", "both", "neither"],
  none: "There is no column of texts yet: under Files, give the column of reviews, feedback or remarks the use “text” to see what people say.",
  by: "Compare by", stars: "Stars", compare: "Against the period before", least: "Words used by at least", edit: "Topics and words",
  lead: (people, texts, share, range) => `${people} people wrote ${texts} texts; ${share} (${range}) of them complained.`,
  most: (topic) => `Most complaints are about ${topic}.`,
  risen: (topics, days) => `Clearly more in the last ${days}: ${topics}.`,
  topics: "How many complain of what", topic: "Topic", named: "Named it", complain: "Complained", ofThose: "Of those who named it", ofNamed: (share) => `${share} of those who named it`,
  change: (days) => `Change, last ${days} (points)`, changeHint: "Of those who wrote in the last period, the share that complained of this topic, less the share in the period before. In brackets the 95 % interval; below a q of 0.05 it counts as a change.",
  caution: "Read clause by clause with lists of words; irony is missed. Shares are of people: ten texts by one person count once.",
  complains: (topic) => `Complained of ${topic}`, quotes: "Read some", quotesHint: "Texts drawn at random; long numbers, addresses and what else may reach somebody are blotted out.",
  silent: (texts, share) => `${texts} texts (${share}) name no topic.`, quiet: (topics) => `Nobody names: ${topics}.`,
  anyComplaint: "Complained of anything", noComplaint: "Wrote, and did not complain",
  months: "How many complain, by month", month: "Month", texts: "Texts",
  where: (column) => `Where complaints come from: by ${column}`, whereHint: "Of those who wrote in a row, the share that complained of the topic; the first column is any complaint.",
  more: (n) => `${n} more values are not shown.`, cross: "Texts are columns “topic” and “mood” now: cross tables, funnels and rules can use them.",
  words: "Words people use", word: "Word", wordComplain: "Of them complained", wordsHint: "Found without a dictionary: what is often said together and stands freely. Above a TGI of 100, those who complain use it more.",
  which: { all: "All", complaints: "Used more by those who complain", unknown: "Known to no topic" }, name: "Make it a topic",
  agreement: "Does it agree with the stars?", agree: (auc, range) => `Of a text read as praise and one read as a complaint, the first has more stars in ${auc} of pairs (${range}; equal ones half).`, noStars: "It takes both praise and complaints to compare with stars.",
  editHint: "A line for each topic: its name, and its words (commas between them; deliver* is every word that begins so). The files are read again after a change.", topicWords: "Words", add: "Add a topic", own: { positive: "Words that praise, besides ours", negative: "Words that complain, besides ours" }, twice: "Two topics have the same name.", apply: "Read again by these", reset: "Back to the lists that come along",
};
