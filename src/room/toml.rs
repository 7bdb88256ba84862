//! TOML as JSON, and where in the text something is wrong with it. What is read is read from JSON, as every call is: a
//! second way to read each of its types would be a tenth of the page.

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
