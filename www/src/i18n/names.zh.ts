import type { Digest, Encoding, Kind, Role } from "api";

/** Words for the engine's stable codes. A code without words is shown as it is. */
export type Names = {
  kind: Record<Kind, string>;
  digest: Record<Digest, string>;
  role: Record<Role["role"], string>;
  encoding: Record<Encoding, string>;
  container: Record<"plain" | "gzip" | "xlsx", string>;
  delimiter: Record<string, string>;
  guess: Record<string, string>;
  why: Record<string, string>;
  problem: Record<string, { what: string; effect: string }>;
};

export const namesZh: Names = {
  kind: { phone: "手机号", email: "邮箱", imei: "IMEI", oaid: "OAID", idfa: "IDFA", gaid: "GAID", opaque: "内部编号" },
  digest: { none: "明文", md5: "MD5", sha1: "SHA-1", sha256: "SHA-256", sm3: "SM3", "md5-sha256": "MD5 再 SHA-256", mixed: "混合" },
  role: { id: "ID", category: "类别", number: "数值", date: "日期", multi: "多值标签", fold: "折号", ignore: "忽略" },
  encoding: { "utf-8": "UTF-8", "utf-16le": "UTF-16 LE", "utf-16be": "UTF-16 BE", gb18030: "GBK / GB18030", "windows-1252": "Windows-1252" },
  container: { plain: "", gzip: "gzip 压缩", xlsx: "Excel" },
  delimiter: { ",": "逗号", "\t": "制表符", ";": "分号", "|": "竖线" },
  guess: {
    "raw-form": "取值符合这种 ID 的格式。",
    "raw-form-and-name": "取值符合这种 ID 的格式，列名也这样写。",
    "uuid-upper": "大写 UUID，通常是 IDFA；列名没有说明。",
    "uuid-lower": "小写 UUID，通常是 GAID，也可能是 OAID；列名没有说明。",
    "hash-named": "长度符合该哈希，列名写明了 ID 类型和加密方式。",
    "hash-named-digest": "长度符合该哈希，列名写明了加密方式，但没有说明 ID 类型。",
    "md5-length": "32 位十六进制（16 字节），是 MD5 的长度；列名写明了 ID 类型。",
    "md5-length-only": "32 位十六进制（16 字节），是 MD5 的长度；没有说明是哪种 ID。",
    "sha1-length": "40 位十六进制（20 字节），是 SHA-1 的长度；列名写明了 ID 类型。",
    "sha1-length-only": "40 位十六进制（20 字节），是 SHA-1 的长度；没有说明是哪种 ID。",
    "sha256-length": "64 位十六进制（32 字节），按 SHA-256 处理（SM3、先 MD5 再 SHA-256 外形相同）；列名写明了 ID 类型。",
    "sha256-length-only": "64 位十六进制（32 字节），按 SHA-256 处理（SM3、先 MD5 再 SHA-256 外形相同）；没有说明是哪种 ID。",
    "oaid-or-hash": "列名是 OAID，而 OAID 原值可能与哈希外形相同：按明文处理，请核对。",
    "mixed-forms": "部分取值是明文，部分已加密，或加密方式不一。",
    "name-says-id": "列名表明这是 ID。",
    "unique-values": "几乎没有重复取值，像是 ID。",
    rounded: "这些 ID 被表格软件取整（如 8.68E+14），请以文本格式重新导出。",
  },
  why: {
    "few-values": "取值不多，适合作标签",
    numbers: "几乎都是数字",
    dates: "几乎都是日期",
    separator: "单元格里有多个值",
    "mostly-empty": "大多为空",
    "free-text": "取值太多，像自由文本",
    constant: "只有一种取值",
    codes: "以 0 开头的编码，按类别处理",
    "ambiguous-date": "日期的日、月顺序无法判断",
    "second-id": "已有更合适的 ID 列",
  },
  problem: {
    "short-row": { what: "列数不足", effect: "缺的部分按缺失处理" },
    "long-row": { what: "列数过多", effect: "整行不计入" },
    "not-a-number": { what: "数值列里有非数字", effect: "按缺失处理" },
    "not-a-date": { what: "日期列里有非日期", effect: "按缺失处理" },
    frozen: { what: "日期晚于", effect: "按缺失处理" },
    "unknown-fold": { what: "折号无法识别", effect: "整行不计入" },
    empty: { what: "ID 为空", effect: "整行不计入" },
    junk: { what: "占位 ID（如全 0、null）", effect: "整行不计入" },
    "not-this-kind": { what: "不是这种 ID", effect: "整行不计入" },
    "not-this-digest": { what: "不是这种哈希", effect: "整行不计入" },
    "other-digest": { what: "另一种加密，无法比对", effect: "整行不计入" },
    rounded: { what: "ID 被取整（8.68E+14）", effect: "整行不计入" },
    "bad-encoding": { what: "有无法解码的字节", effect: "替换为 �" },
    "stray-quote": { what: "引号位置不规范", effect: "按普通字符处理" },
    "formula-label": { what: "标签像公式", effect: "载入时会被拒绝" },
    "one-person": { what: "同一个人的另一种 ID", effect: "按 ID 映射合并为一人" },
    "no-consent": { what: "没有授权", effect: "匹配前剔除" },
    "consent-unclear": { what: "授权写法无法识别", effect: "按未授权处理" },
    "blank-line": { what: "空行", effect: "跳过" },
    "encoding-guessed": { what: "编码无法完全确定", effect: "请在预览中核对文字" },
    "ambiguous-date": { what: "日期的日、月顺序无法判断", effect: "不按日期处理" },
    duplicate: { what: "重复的人", effect: "合并为一人" },
  },
};
