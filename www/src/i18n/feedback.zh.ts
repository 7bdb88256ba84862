// Words of what people write. Topics that come along are looked up by the name the engine has for them.
export const feedbackZh = {
  names: { delivery: "物流", packaging: "包装", quality: "质量", effect: "功效", scent: "气味", price: "价格", service: "客服", returns: "退换", gift: "赠品", genuine: "真伪", fit: "规格", app: "下单与页面" } as Record<string, string>,
  moods: ["好评", "差评", "有褒有贬", "中性"],
  none: "还没有文本列：在“文件”里把评论、反馈或备注那一列设为“文本”，就能看到大家在说什么。",
  by: "按列对比", stars: "星级列", compare: "与前期对比", least: "至少多少人用过的词", edit: "改话题与词表",
  lead: (people: string, texts: string, share: string, range: string) => `${people} 人写了 ${texts} 条，其中 ${share}（${range}）的人有抱怨。`,
  most: (topic: string) => `抱怨最多的是${topic}。`,
  risen: (topics: string, days: string) => `近 ${days}抱怨明显变多：${topics}。`,
  topics: "各话题有多少人抱怨", topic: "话题", named: "提到的人", complain: "抱怨的人", ofThose: "提到者中抱怨的比例", ofNamed: (share: string) => `占提到者 ${share}`,
  change: (days: string) => `近 ${days}变化（百分点）`, changeHint: "近一期写过文本的人里抱怨这个话题的比例，减去前一期的比例；括号内是 95% 区间，q 小于 0.05 才算变化。",
  caution: "按词表逐句判断，读不懂反语；比例按人计算，一个人写十条也只算一人。",
  complains: (topic: string) => `抱怨${topic}的人`, quotes: "看原文", quotesHint: "随机取的原文；长数字、邮箱等可能找到本人的内容已遮住。",
  silent: (texts: string, share: string) => `${texts} 条（${share}）没有提到任何话题。`, quiet: (topics: string) => `没有人提到：${topics}。`,
  anyComplaint: "有过抱怨的人", noComplaint: "写过但没抱怨的人",
  months: "每月有多少人抱怨", month: "月份", texts: "文本",
  where: (column: string) => `抱怨来自哪里：按${column}`, whereHint: "每格是这一行写过文本的人里，抱怨该话题的比例；第一列是有任何抱怨的比例。",
  more: (n: string) => `另有 ${n} 个取值未列出。`, cross: "文本已变成“话题”和“情绪”两列：交叉、漏斗、规则都可以直接用它们。",
  words: "大家在用哪些词", word: "词", wordComplain: "其中抱怨过的人", wordsHint: "不靠词典：常连在一起、又能独立出现的字词。TGI 高于 100：抱怨的人更常用。",
  which: { all: "全部", complaints: "抱怨的人更常用", unknown: "没有话题认得" }, name: "设为话题",
  agreement: "与星级是否一致", agree: (auc: string, range: string) => `任取一条读作好评、一条读作差评，前者星级更高的机会是 ${auc}（${range}；相同算一半）。`, noStars: "要同时有好评和差评，才能与星级对照。",
  editHint: "每个话题一行：名称，和属于它的词（用逗号分开，deliver* 表示以此开头的词）。改完会重新读入文件。", topicWords: "词", add: "添加话题", own: { positive: "另外算作好评的词", negative: "另外算作差评的词" }, twice: "话题名称重复了。", apply: "按此重新读", reset: "恢复自带词表",
};
export type FeedbackWords = typeof feedbackZh;
