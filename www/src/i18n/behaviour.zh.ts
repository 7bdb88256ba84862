// Words of the cross table, cohorts, paths and rules. Names that the engine gives are looked up here.
// Chinese beside Latin letters or digits takes a space; what users named stays as it is inside.
const beside = (...parts: string[]): string => parts.reduce((left, right) => left + (/\p{sc=Han}$/u.test(left) && /^\w/.test(right) || /\w$/.test(left) && /^\p{sc=Han}/u.test(right) ? " " : "") + right);

export const behaviourZh = {
  all: "全部",
  smallest: "最少人数",
  few: "人数太少，没有可显示的。可以调低“最少人数”。",
  parts: { year: "年", quarter: "季度", month: "月", week: "周", weekday: "星期", day: "日", hour: "小时" } as Record<string, string>,
  weekdays: { Mon: "周一", Tue: "周二", Wed: "周三", Thu: "周四", Fri: "周五", Sat: "周六", Sun: "周日" } as Record<string, string>,
  known: { stage: "阶段", rfm: "RFM 人群", value: "价值档", lifecycle: "生命周期", cohort: "同期群", churn: "流失状态", arm: "实验组", rule: "规则（先满足的）" } as Record<string, string>,
  nth: "第几单", nthOrder: (n: string) => `第 ${n.replace("10+", "10 单及以后").replace(/\d$/, "$& 单")}`,
  pivot: {
    ladder: "转化率按“第几单”逐级看：买到第 n 单的人，之后是否再买。检验中每人每单计一次；距截止日不足所设天数的订单不计入分母。最前面的一单是文件里的第一单。",
    rises: (needs: boolean, one: string, other: string) => (needs ? beside(one, `的作用因${other}而异：请逐级来看。`) : beside("看不出", one, `的作用因${other}而异。`)),
    hindsight: "阶段、分组等取自截止日，已经包含之后发生的事：这样的转化率只可比较，不可当作预测。",
    table: "数据", rows: "行", columns: "列", layers: "分层", noLayers: "不分层", shows: "数值", show: { people: "人数", rows: "次数", sum: "合计", rate: "转化率" },
    then: "之后发生", thenBuy: "购买", within: "天内", of: "哪一列", cross: (one: string, other: string) => `${one} × ${other}`,
    lead: (words: string, one: string, other: string) => `${one}与${other}${words}。`,
    words: ["几乎无关", "关联较弱", "关联中等", "关联很强"], sparse: "不少格子人数太少，关联检验不可靠。",
    together: "是否有关联", pair: "两列", strength: "强度", chance: "只是碰巧的概率 p", inter: "搭配效应 p", need: "搭配本身起作用", alone: "各自的作用足以解释",
    best: "转化最好的组合", combination: "组合", expected: "各自作用的预期", did: (did: string, people: string) => `${people} 人中 ${did} 人`,
    withheld: (n: string, floor: string) => `${n} 格没有显示：不足 ${floor} 人，或会让这样的格子被推算出来。“–”是没有数据或没有显示。`,
    most: (n: string) => `只画人数最多的 ${n} 个值，完整数据在文件里。`, choose: "点一格，看是哪些人。", didIt: (name: string) => `${name}，之后转化`, chosen: (people: string, share: string) => `${people} 人，占 ${share}`,
  },
  cohorts: {
    lead: (unit: string, rate: string, lost: string) => `新来的人里，${rate} 在下一${unit}还会来；来过的人里，${lost} 已经流失。`, leadShort: (lost: string) => `来过的人里，${lost} 已经流失。`,
    unit: "按", units: { week: "周", month: "月", quarter: "季度" }, begin: "从何时算起", first: "首单", any: "任一行为", active: "怎样算来过", order: "下单",
    retention: "留存", shows: "数值", show: { rate: "留存率", money: "金额", value: "累计人均金额" }, cohort: "批次", age: (n: number) => `第 ${n} 期`, size: "人数", everyone: "合计",
    pick: "点选一格，看是哪些人。", there: "来过", away: "没来", thereThen: (cohort: string, age: string) => `${cohort}：第 ${age} 期来过`, awayThen: (cohort: string, age: string) => `${cohort}：第 ${age} 期没来`,
    open: (cohort: string) => `${cohort}*`, star: "* 这一期还没有结束，人数还会增加；没有结束的期不填数字。", latest: (n: string) => `只画最近 ${n} 批，完整数据在文件里。`,
    activity: "活跃人数", dau: "日活", wau: "7 日活跃", mau: "30 日活跃", sticky: "粘性", stickyLine: (rate: string) => `最近一天的粘性 ${rate}`, day: "日期", last: "显示天数",
    churn: "流失", silence: "多少天没来算流失", early: "至多几次算早期", states: ["仍活跃", "早期流失", "成熟流失"], lost: "已流失", model: "建模：谁会流失",
    earlyShare: (share: string, range: string) => `流失的人里 ${share}（${range}）是早期流失。`,
    balance: "每期进出", begins: "期初", acquired: "新来", returned: "回来", end: "期末", net: "净增",
  },
  paths: {
    lead: (buyers: string, first: string, share: string) => `${buyers} 位购买者中，${share} 的首单有${first}。`, leadAll: (buyers: string, orders: string) => `${buyers} 位购买者，${orders} 单。`,
    whoFirst: (one: string) => `首单有${one}`, whoNext: (one: string, other: string) => `${one}之后${other}`, whoPair: (one: string, other: string) => `${one}与${other}同单`, whoTouch: (path: string) => `下单前：${path}`, again: "谁又下单：上一单", daysAfter: "天内", whoAgain: (one: string, days: string) => `${one}之后 ${days} 天又下单`, column: "看哪一列", steps: "看几单", from: (n: number) => `第 ${n} 单`, flow: "从上一单到下一单", step: "哪一步", end: "没有再买", others: "其他", none: "未填",
    top: "最多人走的路径", path: "路径", days: "间隔天数（中位）", rest: (people: string, n: string) => `共 ${n} 种路径，另有 ${people} 人走的没有列出。`, keep: "路径",
    first: "首单买什么", item: "商品", next: "首单之后，第二单买什么", one: "首单有", other: "第二单有", rate: "占首单有它的人", same: "同款",
    gaps: "多久再买", gap: "这单之后到下一单", quartiles: "四分位", all: "全部",
    pairs: "常在一单里的两样", a: "一样", b: "另一样", support: "占全部订单", confidence: "买了前者也买后者", large: (n: string) => `${n} 单商品种类过多，不参与配对。`,
    touches: "下单前的触点", touch: "触点", touchOff: "不看触点", window: "只看下单前几天", direct: "没有触点",
    common: "路径商品的共性", compare: "按什么比", compareOff: "不比较", products: "商品数", onPaths: "在路径商品中", inAll: "在全部商品中", noColumn: "订单里没有商品、品类等标签列。在“文件”里指定一列，就能看路径。",
  },
  rules: {
    lead: (people: string, share: string, n: string) => `${n} 条规则命中 ${people} 人，占 ${share}。`, list: "规则", rule: "规则", first: "归到这条", firstHint: "一个人可能符合多条；按顺序只归到最先符合的那条。", none: "都不符合",
    names: {
      converted: "已转化", drop: "放弃", rest: "暂停触达", retry: "再次触达",
      "registered-not-bought": "注册未购", "many-visits-not-bought": "常逛未购", "coupon-claimed-not-used": "领券未用", "campaign-opened-not-bought": "看过活动未购", "campaign-joined-not-bought": "报名活动未购",
      "cart-left": "加购未付", "first-order-cancelled": "首单取消", "left-at-login": "止于登录", "due-for-repurchase": "到了复购时间",
    } as Record<string, string>,
    response: {
      name: "响应过滤", title: (people: string) => `触达过 ${people} 人`, contact: "触达", answer: "响应", aim: "目标", within: "达成目标的天数", cap: "最多触达次数", days: "最近天数", tries: "几次不应即放弃", next: "下一步",
      does: ["达成目标：进入下一级", "触达多次从未响应：不再触达", "近期触达已满：等一等", "未到上限：再触达一次"],
    },
    fates: { bought: "下单", cancelled: "取消的订单", returned: "退款的订单" },
    times: (least: number, most: number | null) => (most === null ? (least > 1 ? `至少 ${least} 次` : "") : least > 0 ? `${least}–${most} 次` : `至多 ${most} 次`),
    never: (what: string) => beside("没有", what), days: (n: number) => `最近 ${n} 天`, isFirst: "是第一次", isLast: "是最后一次", quiet: (n: number) => `已过去 ${n} 天以上`, stay: (n: number) => `停留 ${n} 秒以上`,
    then: (what: string, days: number) => beside(`之后 ${days} 天内`, what), thenNot: (what: string, days: number) => beside(`之后 ${days} 天内没有`, what), due: (n: number) => `距上次购买已到本人平均间隔的 ${n}%`, sum: (column: string, range: string) => beside(column, `合计 ${range}`), comma: "，", joined: "；",
    add: "新建规则", name: "名称", what: "行为", orders: "下单", least: "至少次数", most: "至多次数", mostHint: "不限", inDays: "最近几天", forever: "全部", follows: "之后", follow: { any: "不论", then: "发生了", never: "没有发生" }, inNext: "几天内", save: "加入", change: "更改", edit: "编辑",
    when: "谁", and: "并且", andAlso: "并且", more: "只算其中一部分、合计、停留、时间", only: "只算", fate: "订单结果", sumOf: "合计", from: "从", to: "到", which: "其中", whichOnes: { all: "全部", first: "只算第一次", last: "只算最后一次" }, quietFor: "最近几天没有",
    seconds: "停留秒数", secondsHint: "从每次这样的行为到本人的下一次行为；中断超过半小时不计。", dueAt: "到期（本人间隔的 %）", dueHint: "距上次购买的天数，占本人平均购买间隔的百分比：100 即今天到期。", taken: "已有同名规则。",
    up: "上移", down: "下移", remove: "删除", preset: "恢复预设", empty: "还没有规则。预设的规则与这些文件里的行为对不上，可以新建一条。",
  },
  figures: {
    lead: "把报告或平台给出的数字填进来：总和、占比、转化率、区间、环比能不能自洽，一看便知。不需要明细，也不需要 ID；改完一格即算。", example: "看一个例子", add: "添加",
    examples: ["活动漏斗", "短信实验", "人群总量", "A2 → A3", "流失率"],
    parts: { funnels: "漏斗人数", arms: "实验分组", sums: "总和", stages: "阶段比率", changes: "前后变化" },
    hints: {
      funnels: "每一步的人数，用逗号隔开；可再填报告里印的逐步转化率（%）。", arms: "第一组为对照。可填占比、区间、比值和增幅，看它们是否由人数得出。", sums: "各部分与总数；总数末尾的零按四舍五入看。",
      stages: "两个时点的存量之比不是转化率：只有同一批人走到下一阶段才是。", changes: "“下降 5%”是百分点还是相对值？两种读法都算给你看。",
    },
    name: "名称", people: "各步人数", rates: "印出的转化率（%）", step: (n: number) => `第 ${n} 步`, arm: "组", control: "对照", size: "人数", did: "转化人数", share: "印出的占比（%）", range: "印出的区间（%）", rate: "实际比率", difference: "差（百分点）", lift: "相对提升", pp: " 个百分点",
    ratio: "印出的比值", growth: "印出的增幅（%）", split: (p: string) => `分组人数与均分相比：p ${p}`, ratioOf: { rates: "比值是转化率之比", people: "比值其实是人数之比", neither: "比值与人数、转化率都对不上" } as Record<string, string>, means: (value: string) => `该比值即 ${value}`,
    addends: "各部分", printed: "印出的总数", sum: "实际合计", from: "前一阶段人数", to: "后一阶段人数", printedRate: "印出的比率（%）", same: "同一批人", before: "之前（%）", after: "之后（%）", printedChange: "印出的变化", points: "百分点", relative: "相对变化", meant: "印的是", would: (value: string) => `则之后为 ${value}`,
    verdicts: {
      fine: "一致", "rate-apart": "对不上", "ten-times": "差了十倍", "more-than-before": "比上一步还多", "uneven-split": "分流不均", "interval-apart": "区间对不上", "growth-apart": "增幅与比值不符", "sum-apart": "加起来不对",
      "stocks-not-flow": "是存量之比，不是转化", points: "百分点", percent: "相对变化", either: "两种读法都行", "no-base": "没有基数", "two-ways": "两种读法结果不同",
    } as Record<string, string>,
  },
};
export type BehaviourWords = typeof behaviourZh;
