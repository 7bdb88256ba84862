//! TOML as JSON and back, and where in the text something is wrong with it. What is read is read from JSON, as every call
//! is, and what is written is written to JSON, as every reply is: a second way to read and write each type would be a
//! tenth of the page.

use crate::json::{self, Text};
use serde_json::{Map, Number, Value};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A text read as TOML.
pub struct Document<'a> {
    text: &'a str,
    table: DeTable<'a>,
}

/// What is wrong, and the row.
pub type Fault = (String, u64);

fn row(text: &str, at: usize) -> u64 {
    1 + text[..at.min(text.len())].matches('\n').count() as u64
}

impl<'a> Document<'a> {
    /// Reads a text.
    pub fn new(text: &'a str) -> Result<Document<'a>, Fault> {
        let fault =
            |e: toml::de::Error| (e.message().to_string(), row(text, e.span().map_or(0, |s| s.start)));
        Ok(Document { text, table: DeTable::parse(text).map_err(fault)?.into_inner() })
    }
    /// Makes something of it. To find the row of a fault entries are taken away or spoiled and it is tried again: without an
    /// unknown name all is well, a spoiled entry is found before any behind it, and what lacks something is not missed.
    pub fn read<T>(&self, make: impl Fn(Value) -> Result<T, String>) -> Result<T, Fault> {
        make(object(&self.table, None)).map_err(|why| {
            let tried =
                |span: &Range<usize>, by: Option<Value>| make(object(&self.table, Some((span, &by)))).err();
            let spoiled = || Some(serde_json::json!({ "": 0 }));
            let missing = why.starts_with("missing");
            let unknown = why.starts_with("unknown field");
            let blamed = |(span, inner): &&(Range<usize>, bool)| match () {
                () if missing => !inner && tried(span, None).as_ref() != Some(&why),
                () if unknown => {
                    tried(span, None).is_none_or(|other| other != why && !other.starts_with("missing"))
                }
                () => *inner && tried(span, spoiled()).is_some_and(|other| other != why),
            };
            let spans = entries(&self.table);
            let found =
                if missing || unknown { spans.iter().find(blamed) } else { spans.iter().rfind(blamed) };
            let place = found.map_or(0, |(span, _)| span.start);
            (why, row(self.text, place))
        })
    }
}

/// An entry that is taken away, or what stands in its place.
type Instead<'a> = (&'a Range<usize>, &'a Option<Value>);

/// A JSON object as TOML: its plain entries, then its tables, in their order. Nothing stands for `null`.
pub fn written(json: &str) -> String {
    let mut out = String::new();
    table(&mut out, json, "");
    out
}

fn table(out: &mut String, json: &str, path: &str) {
    let (tables, plain): (Vec<_>, Vec<_>) =
        members(json).partition(|(_, value)| value.starts_with('{') || value.starts_with("[{"));
    for (key, value) in plain.into_iter().filter(|(_, value)| *value != "null") {
        *out += &format!("{} = {}\n", name(key), inline(value));
    }
    for (key, value) in tables {
        let path = if path.is_empty() { name(key).to_string() } else { format!("{path}.{}", name(key)) };
        let (open, close, parts) = match value.starts_with('{') {
            true => ("[", "]", vec![value]),
            false => ("[[", "]]", parts(value).collect()),
        };
        for part in parts {
            let gap = if out.is_empty() { "" } else { "\n" };
            *out += &format!("{gap}{open}{path}{close}\n");
            table(out, part, &path);
        }
    }
}

/// A key, in quotes only where it needs them.
fn name(key: &str) -> &str {
    let bare = key.trim_matches('"');
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !bare.is_empty() && bare.chars().all(fine) { bare } else { key }
}

/// A value in one line. Numbers are written as in JSON, and texts too, but for those whose quotes need no escape in TOML.
fn inline(value: &str) -> String {
    let list = |all: Vec<String>| all.join(", ");
    match value.as_bytes()[0] {
        b'[' => format!("[{}]", list(parts(value).map(inline).collect())),
        b'{' => {
            let entry = |(key, value): (&str, &str)| format!("{} = {}", name(key), inline(value));
            format!(
                "{{ {} }}",
                list(members(value).filter(|(_, value)| *value != "null").map(entry).collect())
            )
        }
        b'"' if value.contains("\\\"") => literal(value).unwrap_or_else(|| value.into()),
        _ => value.into(),
    }
}

/// A text with quotes between apostrophes, if nothing else in it needs an escape.
fn literal(value: &str) -> Option<String> {
    let text: String = json::read(value.as_bytes()).ok()?;
    let fine = !text.contains(['\'', '\u{7f}']) && !text.chars().any(|c| c.is_ascii_control());
    fine.then(|| format!("'{text}'"))
}

/// The entries of a JSON object.
fn members(json: &str) -> impl Iterator<Item = (&str, &str)> {
    parts(json)
        .filter_map(|part| part.split_at_checked(end(part, b':')).map(|(key, value)| (key, &value[1..])))
}

/// What stands between the commas of a compact JSON list or object.
fn parts(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json.get(1..json.len() - 1).unwrap_or_default();
    std::iter::from_fn(move || {
        let (part, behind) = rest.split_at(end(rest, b','));
        rest = behind.get(1..).unwrap_or_default();
        (!part.is_empty()).then_some(part)
    })
}

/// Where a byte first stands outside texts and inner lists; the end if it does not.
fn end(json: &str, of: u8) -> usize {
    let (mut depth, mut text) = (0, Text::Outside);
    let ends = |(_, byte): &(usize, u8)| {
        let outside = text == Text::Outside;
        text = text.after(*byte);
        match byte {
            b'{' | b'[' if outside => depth += 1,
            b'}' | b']' if outside => depth -= 1,
            _ => {}
        }
        outside && depth == 0 && *byte == of
    };
    json.bytes().enumerate().find(ends).map_or(json.len(), |(at, _)| at)
}

/// Where each entry stands, in the order of names, the innermost first, and whether it is no table.
fn entries(table: &DeTable) -> Vec<(Range<usize>, bool)> {
    let mut all = Vec::new();
    for (key, value) in table {
        let inner = match value.get_ref() {
            DeValue::Table(table) => {
                all.extend(entries(table));
                false
            }
            DeValue::Array(items) => {
                let tables = items.iter().filter_map(|item| match item.get_ref() {
                    DeValue::Table(table) => Some(table),
                    _ => None,
                });
                tables.for_each(|table| all.extend(entries(table)));
                true
            }
            _ => true,
        };
        all.push((key.span(), inner));
    }
    all
}

fn object(table: &DeTable, instead: Option<Instead>) -> Value {
    let mut entries = Map::new();
    for (key, value) in table {
        let value = match instead.filter(|(span, _)| **span == key.span()) {
            Some((_, by)) => by.clone(),
            None => Some(json(value.get_ref(), instead)),
        };
        entries.extend(value.map(|value| (key.get_ref().to_string(), value)));
    }
    Value::Object(entries)
}

fn json(value: &DeValue, instead: Option<Instead>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(digits) => {
            // What is too large for an integer, or no number to JSON, stays a text that no number is read from.
            i64::from_str_radix(digits.as_str(), digits.radix()).map_or(digits.as_str().into(), Value::from)
        }
        DeValue::Float(text) => {
            let number = text.as_str().parse().ok().and_then(Number::from_f64);
            number.map_or(text.as_str().into(), Value::Number)
        }
        DeValue::Boolean(is) => Value::Bool(*is),
        DeValue::Datetime(when) => Value::String(when.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref(), instead)).collect(),
        DeValue::Table(table) => object(table, instead),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        #[allow(dead_code)]
        size: f64,
        #[serde(default)]
        #[allow(dead_code)]
        of: Vec<i64>,
    }

    fn fault(text: &str) -> Option<(String, u64)> {
        let make = |v| serde_json::from_value::<BTreeMap<String, Part>>(v).map_err(|e| e.to_string());
        Document::new(text).and_then(|document| document.read(make)).err()
    }

    /// The crate's own writer reads the same of what both write; texts, keys and numbers of every kind.
    #[test]
    fn what_is_written_says_what_was_meant() {
        let odd = "tab\t, quote \", both ' and \", back\\slash, 中文, \u{1}";
        let value = serde_json::json!({
            "a": 1, "b": [1.5, -2e-7, true], "quote": "{\"is\":\"tag\"}", odd: odd, "none": null, "empty": [], "nothing": {},
            "t": { "x": "1", "u v": { "y": [[{ "z": null, "w": "," }], []] } },
            "of": [{ "n": 1, "in": [{ "m": 2 }] }, { "n": 3 }],
        });
        let text = written(&value.to_string());
        let again: Value =
            serde_json::to_value(object(&DeTable::parse(&text).expect("TOML").into_inner(), None))
                .expect("JSON");
        let mut meant = value.clone();
        meant.as_object_mut().expect("an object").remove("none");
        meant["t"]["u v"]["y"][0][0].as_object_mut().expect("an object").remove("z");
        assert_eq!(again, meant, "{text}");
        assert!(
            text.contains("quote = '{\"is\":\"tag\"}'\n") && text.contains("\n[[of.in]]\nm = 2\n"),
            "{text}"
        );
    }

    #[test]
    fn a_fault_has_the_row_of_its_entry() {
        assert_eq!(fault("[a]\nsize = 0x10\n[b]\nsize = -1.5e3\nof = [1_000]\n"), None);
        assert_eq!(fault("[a]\nsize = 1\n\n[b]\nsize = 1\nof = [\"x\"]\n").map(|f| f.1), Some(6));
        assert_eq!(fault("[b]\nsize = 1\ncolour = 2\n[a]\nsize = 1\n").map(|f| f.1), Some(3));
        assert_eq!(fault("# nothing yet\n[a]\nsize = true\n").map(|f| f.1), Some(3));
        assert_eq!(fault("[a]\nsize = 1\n[b]\nof = []\n").map(|f| f.1), Some(3), "the table that lacks it");
        assert_eq!(fault("[a]\nsize = 1\n[a]\nsize = 2\n").map(|f| f.1), Some(3), "twice");
        assert_eq!(fault("[a]\nsize = \n").map(|f| f.1), Some(2));
        assert!(fault("[a]\nsize = 99999999999999999999\n").is_some_and(|f| f.1 == 2));
        assert!(fault("[a]\nsize = nan\n").is_some_and(|f| f.1 == 2), "no number");
    }
}
