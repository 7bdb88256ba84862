//! What a look at a file found, in both languages: one table.

use serde::{Deserialize, Serialize};

/// Who can tell from a file who is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// Nobody, as far as was looked.
    #[default]
    Green,
    /// Whoever holds something else: a mapping, a key, a tag, the earlier file.
    Amber,
    /// Anyone.
    Red,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $mark:ident, $en:literal, $zh:literal;)*) => {
        /// What was found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All of them, the worst first.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// The stable code, the mark it gives, and what to do in English and Chinese.
            pub const fn words(self) -> (&'static str, Mark, &'static str, &'static str) {
                match self { $(Code::$name => ($code, Mark::$mark, $en, $zh),)* }
            }
        }
    };
}

codes! {
    /// Phone numbers.
    RawPhone = "raw-phone", Red, "Phone numbers in the open. Leave the column out, or exchange it blinded.", "明文手机号。请删去，或改用盲化交换。";
    /// E-mail addresses.
    RawEmail = "raw-email", Red, "E-mail addresses in the open. Leave the column out, or exchange it blinded.", "明文邮箱。请删去，或改用盲化交换。";
    /// Numbers of Chinese ID cards.
    RawIdCard = "raw-id-card", Red, "Numbers of ID cards in the open. Leave the column out.", "明文身份证号。请删去。";
    /// Device IDs.
    DeviceId = "device-id", Red, "Device IDs as they are. Whoever buys a device table knows the person: give a partner tokens.", "明文设备号，对照设备库即可找到本人。给合作方请用代号。";
    /// Digests without a key.
    Guessable = "guessable", Red, "Digests without a key: trying all phone numbers takes minutes. Exchange them keyed or blinded, or give tokens.", "未加密钥的哈希，穷举号码几分钟即可还原。请改用带密钥或盲化交换，或给代号。";
    /// A row per person.
    OpaqueIds = "opaque-ids", Amber, "A row per person: who can resolve these IDs knows who is in it. Give a partner tokens.", "逐人一行：能查到这些 ID 的人就知道名单里有谁。给合作方请用代号。";
    /// Scores of single people.
    RawScores = "raw-scores", Amber, "Scores of single people tell the model, and who was in the seed. Give tiers.", "逐人分数会泄露模型和种子。请只给档位。";
    /// A row that no other equals.
    UniqueRows = "unique-rows", Amber, "Rows whose tags no other row has: who knows a person's tags finds the row. Leave columns out, or widen bins.", "标签组合独一无二的行，知道某人标签就能找到这一行。请删减列或放宽分箱。";
    /// Counts below K.
    SmallCells = "small-cells", Amber, "Counts of too few people. Merge values, or leave these rows out.", "人数过少的单元格。请合并取值，或删去这些行。";
    /// Two audiences that differ in few people.
    FewApart = "few-apart", Amber, "So few people apart from that file that the difference names them. Give one of the two only.", "与该文件只差寥寥几人，两相比较便知是谁。两份请只给一份。";
    /// A model of a small seed.
    FewSeeds = "few-seeds", Amber, "Learned from under 1,000 people: it may tell who was among them. Learn from more before it leaves.", "种子不足 1,000 人，可能推断出谁在种子里。请扩大种子再交出。";
    /// A tag file under a key both sides hold.
    Keyed = "keyed", Amber, "Both holders of its key can turn every ID back in minutes. Blind it.", "持有密钥的双方几分钟即可还原全部 ID。请改用盲化。";
    /// A sealed secret.
    Sealed = "sealed", Amber, "Holds a secret under a passphrase. It stays where it was made.", "用口令封存的秘密。请留在原处。";
}

/// One thing found: what, where, how many, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Finding {
    /// Stable code.
    pub code: String,
    /// The mark it gives.
    pub mark: Mark,
    /// Which file of an archive; of `few-apart` the other file. Empty if there is but one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Column or key; empty if it is about whole rows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub column: String,
    /// 1-based line of the first; 0 if it is about the file.
    #[cfg_attr(test, ts(type = "number"))]
    pub row: u64,
    /// How many.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: u64,
    /// Of how many.
    #[cfg_attr(test, ts(type = "number"))]
    pub of: u64,
    /// How many of them were turned back by trying.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "number"))]
    pub solved: u64,
    /// The first, masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub example: String,
    /// What it is and what to do.
    pub english: String,
    /// The same in Chinese.
    pub chinese: String,
}

impl Finding {
    /// So many of so many.
    pub fn new(of: Code, count: u64, all: u64) -> Finding {
        let (code, mark, english, chinese) = of.words();
        let [code, english, chinese] = [code, english, chinese].map(String::from);
        let [file, column, example] = Default::default();
        Finding { code, mark, file, column, row: 0, count, of: all, solved: 0, example, english, chinese }
    }
    /// At this column and line.
    #[must_use]
    pub fn at(self, column: &str, row: u64, example: &str) -> Finding {
        Finding { column: column.into(), row, example: example.into(), ..self }
    }
}

/// The mark of a file: its worst finding's.
pub fn mark(findings: &[Finding]) -> Mark {
    findings.iter().map(|found| found.mark).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_sentences_end() {
        let all: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.words().0).collect();
        assert_eq!(all.len(), Code::ALL.len());
        let ends = |code: &Code| code.words().2.ends_with('.') && code.words().3.ends_with('。');
        assert!(Code::ALL.iter().all(ends));
        assert!(Code::ALL.is_sorted_by_key(|code| std::cmp::Reverse(code.words().1)), "the worst first");
    }
}
