//! XML as a walk over tags and texts: the little that workbooks need of it.

use crate::error::{Kind, Result};
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;

/// An opening tag, without its prefix.
pub(super) struct Tag<'a> {
    /// Local name.
    pub name: &'a str,
    start: &'a BytesStart<'a>,
}

impl Tag<'_> {
    /// An attribute by its local name.
    pub(super) fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.start.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
        Some(unescape(&found.value).ok()?.into_owned().into())
    }
}

/// A step of the walk. An empty element opens and closes.
pub(super) enum Token<'a> {
    Open(Tag<'a>),
    Close(&'a str),
    /// A piece of text, and the local name of the element around it.
    Text(&'a str, &'a str),
}

/// Walks a document. Whatever is not well-formed, or not UTF-8, is a broken workbook.
pub(super) fn walk(bytes: &[u8], mut visit: impl FnMut(Token<'_>) -> Result<()>) -> Result<()> {
    let text = std::str::from_utf8(bytes).map_err(|_| Kind::XlsxBroken)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut around: Vec<BytesStart<'_>> = Vec::new();
    loop {
        match reader.read_event().map_err(|_| Kind::XlsxBroken)? {
            Event::Start(start) => {
                visit(Token::Open(Tag { name: start.local_name().into_inner(), start: &start }))?;
                around.push(start);
            }
            Event::Empty(start) => {
                let name = start.local_name().into_inner();
                visit(Token::Open(Tag { name, start: &start }))?;
                visit(Token::Close(name))?;
            }
            Event::End(_) => {
                let start = around.pop().ok_or(Kind::XlsxBroken)?;
                visit(Token::Close(start.local_name().into_inner()))?;
            }
            Event::Text(piece) => visit(Token::Text(&piece.xml10_content(), innermost(&around)))?,
            Event::CData(piece) => visit(Token::Text(&piece.xml10_content(), innermost(&around)))?,
            Event::GeneralRef(entity) => visit(Token::Text(&resolved(&entity)?, innermost(&around)))?,
            Event::Eof if around.is_empty() => return Ok(()),
            Event::Eof => return Err(Kind::XlsxBroken.into()),
            _ => {}
        }
    }
}

fn innermost<'a>(around: &'a [BytesStart<'_>]) -> &'a str {
    around.last().map_or("", |start| start.local_name().into_inner())
}

fn resolved(entity: &BytesRef<'_>) -> Result<String> {
    match entity.resolve_char_ref() {
        Ok(Some(c)) => Ok(c.to_string()),
        Ok(None) => Ok(resolve_predefined_entity(entity).ok_or(Kind::XlsxBroken)?.to_string()),
        Err(_) => Err(Kind::XlsxBroken.into()),
    }
}
