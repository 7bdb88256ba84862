//! Why a column is taken for an ID: shown beside every guess, so that nobody has to trust it blindly.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $en:literal, $zh:literal;)*) => {
        /// Why a guess was made.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Reason { $($(#[$doc])* #[serde(rename = $code)] $name,)* }

        impl Reason {
            /// All reasons.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];
            /// The stable code.
            pub const fn code(self) -> &'static str { match self { $(Reason::$name => $code,)* } }
            /// One English sentence.
            pub const fn english(self) -> &'static str { match self { $(Reason::$name => $en,)* } }
            /// One Chinese sentence.
            pub const fn chinese(self) -> &'static str { match self { $(Reason::$name => $zh,)* } }
        }
    };
}

reasons! {
    /// The values have the form of this kind, and of no other.
    RawForm = "raw-form", "The values have the form of this ID.", "取值符合这种 ID 的格式。";
    /// The form fits, and the name says so too.
    RawFormAndName = "raw-form-and-name", "The values have the form of this ID and the column name says so.", "取值符合这种 ID 的格式，列名也这样写。";
    /// A UUID in upper case.
    UuidUpper = "uuid-upper", "UUIDs in upper case, as Apple writes them; the column name does not say.", "大写 UUID，通常是 IDFA；列名没有说明。";
    /// A UUID in lower case.
    UuidLower = "uuid-lower", "UUIDs in lower case, as Google writes them; they may also be OAIDs.", "小写 UUID，通常是 GAID，也可能是 OAID；列名没有说明。";
    /// Hashes; the name says of what and how.
    HashNamed = "hash-named", "Hashes of this length; the column name says of what and how.", "长度符合该哈希，列名写明了 ID 类型和加密方式。";
    /// Hashes; the name says how.
    HashNamedDigest = "hash-named-digest", "Hashes of this length; the column name says how, but not of what.", "长度符合该哈希，列名写明了加密方式，但没有说明 ID 类型。";
    /// MD5 by length; the name says of what.
    Md5Length = "md5-length", "32 hex characters (16 bytes), the length of MD5; the column name says of what.", "32 位十六进制（16 字节），是 MD5 的长度；列名写明了 ID 类型。";
    /// MD5 by length alone.
    Md5LengthOnly = "md5-length-only", "32 hex characters (16 bytes), the length of MD5; of what is not said.", "32 位十六进制（16 字节），是 MD5 的长度；没有说明是哪种 ID。";
    /// SHA-1 by length; the name says of what.
    Sha1Length = "sha1-length", "40 hex characters (20 bytes), the length of SHA-1; the column name says of what.", "40 位十六进制（20 字节），是 SHA-1 的长度；列名写明了 ID 类型。";
    /// SHA-1 by length alone.
    Sha1LengthOnly = "sha1-length-only", "40 hex characters (20 bytes), the length of SHA-1; of what is not said.", "40 位十六进制（20 字节），是 SHA-1 的长度；没有说明是哪种 ID。";
    /// 32 bytes; the name says of what.
    Sha256Length = "sha256-length", "64 hex characters (32 bytes): SHA-256 is assumed, SM3 and MD5-then-SHA-256 look the same; the column name says of what.", "64 位十六进制（32 字节），按 SHA-256 处理（SM3、先 MD5 再 SHA-256 外形相同）；列名写明了 ID 类型。";
    /// 32 bytes alone.
    Sha256LengthOnly = "sha256-length-only", "64 hex characters (32 bytes): SHA-256 is assumed, SM3 and MD5-then-SHA-256 look the same; of what is not said.", "64 位十六进制（32 字节），按 SHA-256 处理（SM3、先 MD5 再 SHA-256 外形相同）；没有说明是哪种 ID。";
    /// Under an OAID name, hex that may be either.
    OaidOrHash = "oaid-or-hash", "The column name says OAID, and an OAID may look just like this hash: taken as not hashed.", "列名是 OAID，而 OAID 原值可能与哈希外形相同：按未加密处理，请核对。";
    /// Values of several forms.
    Mixed = "mixed-forms", "Some values are raw and some hashed, or hashed in different ways.", "部分取值未加密，部分已加密，或加密方式不一。";
    /// The name says ID.
    NameSaysId = "name-says-id", "The column name says it is an ID.", "列名表明这是 ID。";
    /// No value twice.
    Unique = "unique-values", "Almost every value is different, as in an ID.", "几乎没有重复取值，像是 ID。";
    /// A spreadsheet took the last digits.
    Rounded = "rounded", "A spreadsheet rounded these IDs (8.68E+14): export them again as text.", "这些 ID 被表格软件取整（如 8.68E+14），请以文本格式重新导出。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_sentences_end() {
        let codes: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|r| r.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        assert!(Reason::ALL.iter().all(|r| r.english().ends_with('.') && r.chinese().ends_with('。')));
    }
}
