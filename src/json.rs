//! JSON, in which people, pages and partners read what the core knows. Each type is read by one reader and written by one
//! writer: a second of either would be a tenth of the page.

use serde::Serialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde_json::{Number, Value};

/// What is wrong with a text, and the line where that is known: where it is no JSON.
pub use serde_json::Error;

/// Reads something of ours.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    from_value(serde_json::from_slice(text)?)
}

/// Reads something of ours that stands in a tree.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Tree(value))
}

/// Anything of ours, a line per entry and one at the end. It holds strings, numbers and lists under text keys, which always write.
pub fn pretty(report: &impl Serialize) -> Vec<u8> {
    let mut bytes = spread(&compact(report));
    bytes.push(b'\n');
    bytes
}

/// Anything of ours on one line.
pub fn compact(report: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(report).unwrap_or_default()
}

/// The same, as text.
pub fn text(report: &impl Serialize) -> String {
    serde_json::to_string(report).unwrap_or_default()
}

/// A tree that is read from. serde_json's own ways to read a type make room for structs that stand as lists, which ours
/// never do and which doubles them.
struct Tree(Value);

impl Tree {
    fn refused(&self, wanted: &dyn Expected) -> Error {
        let found = match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(is) => Unexpected::Bool(*is),
            Value::Number(n) => match (n.as_u64(), n.as_i64()) {
                (Some(n), _) => Unexpected::Unsigned(n),
                (None, Some(n)) => Unexpected::Signed(n),
                (None, None) => Unexpected::Float(n.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        Error::invalid_type(found, wanted)
    }
    /// What is neither list nor object.
    fn single<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(is) => visitor.visit_bool(is),
            Value::Number(n) => number(&n, visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(_) | Value::Object(_) => Err(self.refused(&visitor)),
        }
    }
}

fn number<'de, V: Visitor<'de>>(n: &Number, visitor: V) -> Result<V::Value, Error> {
    match (n.as_u64(), n.as_i64()) {
        (Some(n), _) => visitor.visit_u64(n),
        (None, Some(n)) => visitor.visit_i64(n),
        (None, None) => visitor.visit_f64(n.as_f64().unwrap_or(f64::NAN)),
    }
}

/// Values that stand alone are read in one way, whatever is expected of them.
macro_rules! single {
    ($($kind:ident)*) => {$(
        fn $kind<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.single(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Tree {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
            _ => self.single(visitor),
        }
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Value::Array(parts) = self.0 else { return Err(self.refused(&visitor)) };
        let mut parts = Parts(parts.into_iter());
        let all = parts.0.len();
        let value = visitor.visit_seq(&mut parts)?;
        match parts.0.len() {
            0 => Ok(value),
            left => Err(Error::invalid_length(all, &format!("{} parts", all - left).as_str())),
        }
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(entries) => {
                visitor.visit_map(Entries { rest: entries.into_iter(), value: Value::Null })
            }
            _ => Err(self.refused(&visitor)),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Variant { name, value: Value::Null }),
            Value::Object(entries) if entries.len() == 1 => {
                let Some((name, value)) = entries.into_iter().next() else {
                    return Err(Error::custom("empty"));
                };
                visitor.visit_enum(Variant { name, value })
            }
            _ => Err(self.refused(&visitor)),
        }
    }
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.single(visitor)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
    single! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_identifier
    }
}

struct Parts(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for &mut Parts {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|part| seed.deserialize(Tree(part))).transpose()
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries {
    rest: serde_json::map::IntoIter,
    value: Value,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(Tree(Value::String(key))).map(Some)
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Tree(self.value.take()))
    }
}

/// `"name"`, or `{"name": value}`.
struct Variant {
    name: String,
    value: Value,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Tree;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Tree), Error> {
        Ok((seed.deserialize(Tree(Value::String(self.name)))?, Tree(self.value)))
    }
}

impl<'de> VariantAccess<'de> for Tree {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.0.is_null() { Ok(()) } else { Err(self.refused(&"no value")) }
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }
}

/// Compact JSON with a line per entry, as serde_json's own pretty writer has it: that one would stand in the engine
/// once more for every report, beside the compact one that the boundary needs.
fn spread(compact: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 * compact.len());
    let (mut depth, mut text) = (0, Text::Outside);
    for (at, &byte) in compact.iter().enumerate() {
        let opened = at > 0 && matches!(compact[at - 1], b'{' | b'[');
        let closes = matches!(byte, b'}' | b']');
        let outside = text == Text::Outside;
        if outside && closes {
            depth -= 1;
        }
        if outside && (opened != closes || out.ends_with(b",")) {
            out.push(b'\n');
            out.resize(out.len() + 2 * depth, b' ');
        }
        out.push(byte);
        if outside && byte == b':' {
            out.push(b' ');
        }
        depth += usize::from(outside && matches!(byte, b'{' | b'['));
        text = text.after(byte);
    }
    out
}

/// Where in JSON a byte stands.
#[derive(Clone, Copy, PartialEq)]
pub enum Text {
    /// In no text.
    Outside,
    /// In a text.
    Inside,
    /// In a text, after a backslash.
    Escaped,
}

impl Text {
    /// Where the next one stands, after this.
    pub fn after(self, byte: u8) -> Text {
        match (self, byte) {
            (Text::Outside, b'"') | (Text::Escaped, _) => Text::Inside,
            (Text::Inside, b'"') => Text::Outside,
            (Text::Inside, b'\\') => Text::Escaped,
            (unchanged, _) => unchanged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Choice {
        Plain,
        Boxed(Box<Thing>),
        Open { at: (u8, f64), more: Option<String> },
        Two(i64, bool),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "is", rename_all = "kebab-case")]
    enum Tagged {
        Leaf { size: f64 },
        Both { of: Vec<Tagged> },
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        id: u64,
        #[serde(default)]
        names: BTreeMap<String, Vec<Choice>>,
        tagged: Option<Tagged>,
        nothing: (),
    }

    fn thing() -> Thing {
        let open = |more: Option<&str>| Choice::Open { at: (200, -0.1), more: more.map(String::from) };
        let boxed = Choice::Boxed(Box::new(Thing { id: u64::MAX, ..Thing::default() }));
        let list = vec![Choice::Plain, boxed, open(None), open(Some("\"中\n")), Choice::Two(-3, true)];
        let tagged = Tagged::Both { of: vec![Tagged::Leaf { size: 1.0 }, Tagged::Leaf { size: 2.5e-300 }] };
        Thing { id: 7, names: [("a b".to_string(), list)].into(), tagged: Some(tagged), nothing: () }
    }

    #[test]
    fn what_is_written_is_read_as_serde_json_reads_it() {
        for text in [pretty(&thing()), compact(&thing())] {
            assert_eq!(read::<Thing>(&text).expect("read"), thing());
            assert_eq!(serde_json::from_slice::<Thing>(&text).expect("read"), thing());
        }
    }

    /// The same is refused, in the same words, but for what only its place in the text tells.
    #[test]
    fn what_serde_json_refuses_is_refused() {
        let refused = [
            r#"{"id": 1, "nothing": null, "colour": 2}"#,
            r#"{"nothing": null}"#,
            r#"{"id": -1, "nothing": null}"#,
            r#"{"id": 1.5, "nothing": null}"#,
            r#"{"id": "1", "nothing": null}"#,
            r#"{"id": 1, "nothing": 0}"#,
            r#"{"id": 1, "nothing": null, "names": {"a": ["round"]}}"#,
            r#"{"id": 1, "nothing": null, "names": {"a": [{"open": {"at": [1, 2, 3]}}]}}"#,
            r#"{"id": 1, "nothing": null, "names": {"a": [{"open": {"at": [300, 2]}}]}}"#,
            r#"{"id": 1, "nothing": null, "names": {"a": [{"two": [1]}]}}"#,
            r#"{"id": 1, "nothing": null, "names": {"a": {}}}"#,
            r#"{"id": 1, "nothing": null, "tagged": {"is": "tree"}}"#,
            r#"{"id": 1, "nothing": null, "tagged": {"size": 1}}"#,
            r#""thing""#,
            "3",
            "",
            r#"{"id": 1"#,
        ];
        for text in refused {
            let ours = read::<Thing>(text.as_bytes()).expect_err(text).to_string();
            let theirs = serde_json::from_str::<Thing>(text).expect_err(text).to_string();
            let words = |said: &str| said.split(" at line ").next().unwrap_or_default().to_owned();
            if !text.contains("1, 2, 3") {
                assert_eq!(words(&ours), words(&theirs), "{text}");
            }
        }
        // Of an enum with a value there is one, of one without there is none.
        for text in [r#"{"plain": 1}"#, r#"{"plain": null, "two": 1}"#, r#""two""#, "[]"] {
            assert!(read::<Choice>(text.as_bytes()).is_err(), "{text}");
            assert!(serde_json::from_str::<Choice>(text).is_err(), "{text}");
        }
        // A struct is no list.
        assert!(read::<Thing>(b"[1, {}, null, null]").is_err());
    }

    #[test]
    fn lines_are_as_serde_json_spreads_them() {
        let theirs = serde_json::to_string_pretty(&thing()).expect("written") + "\n";
        assert_eq!(String::from_utf8(pretty(&thing())).expect("UTF-8"), theirs);
    }
}
