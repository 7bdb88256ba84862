// Words of behaviour and what it foretells. Codes that the engine gives are looked up here.
export const featuresZh = {
  outcome: "预测什么",
  outcomes: { lost: "流失：买过的人不再购买", bought: "会购买", event: "会发生某个行为", stage: "升到某个阶段", falls: "从某个阶段跌落" },
  days: "之后多少天内", from: "仅限原本处于", fromAny: "不限", event: "行为", stage: "阶段", windows: "统计窗口（天）", top: "单独计数的行为", columns: "取最常见值的列",
  lead: (people: string, frozen: string, positives: string, rate: string, days: string) => `截至 ${frozen}，可能发生的有 ${people} 人；之后 ${days} 天内实际发生 ${positives} 人（${rate}）。`,
  frozen: (frozen: string) => `所有特征只用 ${frozen} 及以前的数据，之后的退款、下单都看不到；此前没有任何记录的人不在表中。`,
  short: (history: string) => `${history} 天的历史短于最长的统计窗口：更长的窗口看到的一样多。`,
  tells: "哪些行为最能预示结果", worth: "信息值", noise: "噪声", more: "越大越可能", less: "越小越可能", neither: "类别，或没有单一方向",
  feature: "特征", without: "未发生（均值）", with: "发生（均值）", auc: "AUC", iv: "IV", q: "q", covered: "有值的人", label: "类别",
  bins: (name: string) => `不同取值下的发生率：${name}`, rate: "发生率", value: "取值", none: "无值", others: "其他", choose: "看分布",
  constant: (names: string) => `对所有人都一样、未列入的特征：${names}`,
  most: (n: string) => `图中为最强的 ${n} 个；表与文件中有全部。`,
  cause: "预示不等于原因：它只说明谁更可能，不说明改变它会怎样。",
  keep: "留存人群", did: "发生的人", didNot: "未发生的人",
  model: {
    nothing: "没有可建模的内容：没有人有这个结果，或者所有人的行为特征都一样。请换一个结果，或加入更多人和更长时间的数据。",
    title: "用行为建模", go: "用它建模", of: (kind: string) => `用它建模：${kind}`,
    line: "把这些特征当作标签文件、发生的人当作种子，放进本工作台：匹配、画像、找相似（带提升度与折外检验）、分群，都照常使用。",
    warn: "当前的“我的数据”和“标签文件”会被替换；原来的两份文件与设置会留着，可以随时换回。",
    ask: (n: string, names: string, more: boolean) => `已存的 ${n} 个人群（${names}${more ? "等" : ""}）出自现在的文件，换掉后即失效，不能再用、再导出。换回原来的文件时，能从配方再圈出的会自动恢复。`, sure: "仍然建模", leave: "先不建模",
    back: "换回原来的文件", replaced: "“我的数据”与“标签文件”现在是由行为生成的。", policy: "当前标签文件带有数据方的策略，不能替换为行为建模。",
  },
  cohorts: { freeze: (day: string) => `在标签文件的人群里，用已流失的人对比仍活跃的人来学习。标签文件会先自动冻结到 ${day}（流失窗口开始前的最后一天），之后的日期不作数。`, loose: (day: string) => `在标签文件的人群里，用已流失的人对比仍活跃的人来学习。标签文件没有日期列，无法冻结到 ${day}：标签若含有之后才知道的信息，等于提前看了答案。`, behaviour: "改用行为建模", behaviourHint: "特征取自事件和订单，全部冻结在流失窗口之前。" },
  what: {
    tenure_days: "首次出现至今（天）", active_days: "有记录的天数", events: "行为次数", event_recency_days: "距上次行为（天）", weekend_percent: "周末行为占比（%）", night_percent: "夜间行为占比（%）",
    orders: "订单数", order_recency_days: "距上次购买（天）", money: "金额", refunds: "退款订单数", order_gap_days: "平均购买间隔（天）", products: "买过的商品种数", event: "行为", distinct: "不同取值数", usual: "最常见",
  } as Record<string, string>,
  windowed: (name: string, days: string) => `${name}（近 ${days} 天）`, of: (what: string, of: string) => `${what}：${of}`,
};
export type FeaturesWords = typeof featuresZh;
