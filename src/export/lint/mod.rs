//! A look at a file before it leaves: who can tell from its bytes who is in it, and what to do about it.
//!
//! Works over slices of text in order, in one pass and in little memory, whoever made the file: tables, JSON, pages,
//! archives of stored files, and the files of the exchange. It finds mistakes; that it finds nothing proves nothing.

mod finding;
mod known;
mod pattern;
mod sketch;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use finding::{Code, Finding, Mark, mark};
pub use known::Known;
pub use sketch::Sketch;

use crate::error::{Kind, Result};
use crate::exchange::frame::MAGIC;
use crate::gate::SMALL;
use crate::id;
use crate::num::Order;
use table::Table;
use text::Text;

/// What a file in an archive starts with.
const ENTRY: &[u8] = b"PK\x03\x04";
/// Bytes before its name.
const LOCAL: usize = 30;
/// Bytes by which a file is known for what it is.
const HEAD: usize = 4096;

/// What is known of a file besides its bytes.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Fewest people behind a number.
    pub k: u64,
    /// What its IDs are, if it lists people.
    pub ids: Option<id::Recipe>,
    /// People it lists, as far as its maker says.
    pub people: u64,
    /// Raw IDs to try.
    pub known: Option<&'a Known>,
}

impl Default for Context<'_> {
    fn default() -> Self {
        Context { k: SMALL, ids: None, people: 0, known: None }
    }
}

/// Whether a name says that people are counted under it.
fn counts(name: &str) -> bool {
    let name = name.to_lowercase();
    ["count", "people", "人数"].iter().any(|word| name.ends_with(word))
}

/// What is being read.
enum Form {
    /// Too little was seen to know.
    Unknown,
    Table(Box<Table>),
    Text(Box<Text>),
    Archive(Box<Archive>),
    /// A file of the exchange: its header says all.
    Exchange,
}

#[derive(Default)]
struct Archive {
    head: Vec<u8>,
    left: usize,
    inner: Option<Box<Lint>>,
    name: String,
    ended: bool,
}

/// A file under way.
pub struct Lint {
    form: Form,
    head: Vec<u8>,
    found: Vec<Finding>,
    sketch: Option<Sketch>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Linted {
    /// Its worst finding's mark.
    pub mark: Mark,
    /// All of them, the worst first.
    pub findings: Vec<Finding>,
    /// The people it lists, to be held against other lists.
    pub sketch: Option<Sketch>,
}

impl Default for Lint {
    fn default() -> Self {
        Lint { form: Form::Unknown, head: vec![], found: vec![], sketch: None }
    }
}

impl Lint {
    /// Looks at a file that is all here. What cannot be read is told as a text.
    pub fn all(bytes: &[u8], context: &Context) -> Linted {
        let mut lint = Lint::default();
        if lint.feed(bytes, true, context).is_err() {
            let mut text = Text::new();
            text.feed(bytes, true, context);
            lint = Lint { form: Form::Text(Box::new(text)), ..Lint::default() };
        }
        lint.finish(context)
    }
    /// Takes the next bytes of its text; `last` says that no more come.
    pub fn feed(&mut self, bytes: &[u8], last: bool, context: &Context) -> Result<()> {
        if !matches!(self.form, Form::Unknown) {
            return self.read(bytes, last, context);
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() < HEAD && !last {
            return Ok(());
        }
        let head = std::mem::take(&mut self.head);
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
        self.form = form(head, context.k);
        if let Form::Exchange = self.form {
            self.found.extend(partner(head));
        }
        self.read(head, last, context)
    }
    fn read(&mut self, bytes: &[u8], last: bool, context: &Context) -> Result<()> {
        match &mut self.form {
            Form::Table(table) => table.feed(bytes, last, context)?,
            Form::Text(text) => text.feed(bytes, last, context),
            Form::Archive(archive) => {
                let found = archive.feed(bytes, context)?;
                found.into_iter().for_each(|linted| self.take(linted));
            }
            Form::Exchange | Form::Unknown => {}
        }
        Ok(())
    }
    /// Takes over what was found in a file of an archive.
    fn take(&mut self, linted: Linted) {
        self.found.extend(linted.findings);
        match (&mut self.sketch, linted.sketch) {
            (Some(sketch), Some(more)) => sketch.merge(&more),
            (sketch, more) => *sketch = sketch.take().or(more),
        }
    }
    /// What was found in all of it.
    pub fn finish(mut self, context: &Context) -> Linted {
        match &self.form {
            Form::Table(table) => {
                self.found.extend(table.findings(context));
                self.sketch = table.people().cloned();
            }
            Form::Text(text) => self.found.extend(text.findings()),
            _ => {}
        }
        let mut findings = self.found;
        let ids = context.ids.filter(|_| context.people > 0).and_then(table::code);
        let said = ids.filter(|code| findings.iter().all(|found| found.mark < code.words().1));
        // The maker knows what its form does not show.
        if let (Some(code), true) = (said, self.sketch.is_none()) {
            findings.push(Finding::new(code, context.people, context.people));
        }
        findings.order_by_key(|found| std::cmp::Reverse(found.mark));
        Linted { mark: mark(&findings), findings, sketch: self.sketch }
    }
}

impl Archive {
    /// Reads on; answers what was found in the files that ended.
    fn feed(&mut self, mut bytes: &[u8], context: &Context) -> Result<Vec<Linted>> {
        let mut found = Vec::new();
        while !bytes.is_empty() && !self.ended {
            if let Some(inner) = &mut self.inner {
                let (here, rest) = bytes.split_at(self.left.min(bytes.len()));
                (self.left, bytes) = (self.left - here.len(), rest);
                inner.feed(here, self.left == 0, context)?;
            } else {
                let (here, rest) = bytes.split_at((self.needs() - self.head.len()).min(bytes.len()));
                self.head.extend_from_slice(here);
                bytes = rest;
                self.open(context)?;
            }
            if self.left == 0
                && let Some(inner) = self.inner.take()
            {
                found.push(self.close(*inner, context));
            }
        }
        Ok(found)
    }
    /// Bytes of the header, as far as it is known.
    fn needs(&self) -> usize {
        let long = |at: usize| usize::from(self.head[at]) | usize::from(self.head[at + 1]) << 8;
        if self.head.len() < LOCAL { LOCAL } else { LOCAL + long(26) + long(28) }
    }
    fn open(&mut self, context: &Context) -> Result<()> {
        if self.head.len() >= ENTRY.len() && !self.head.starts_with(ENTRY) {
            // The directory.
            self.ended = true;
        } else if self.head.len() >= LOCAL && self.head.len() == self.needs() {
            let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| self.head[at + n]));
            // Deflated, or its size stands behind it.
            if word(8) & 0xffff != 0 || word(6) & 8 != 0 {
                return Err(Kind::ArchiveUnsupported.into());
            }
            let name = LOCAL..LOCAL + (word(26) & 0xffff) as usize;
            self.name = String::from_utf8_lossy(&self.head[name]).into_owned();
            self.left = word(18) as usize;
            let mut inner = Box::<Lint>::default();
            if self.left == 0 {
                inner.feed(&[], true, context)?;
            }
            self.inner = Some(inner);
            self.head.clear();
        }
        Ok(())
    }
    fn close(&mut self, inner: Lint, context: &Context) -> Linted {
        let mut linted = inner.finish(&Context { people: 0, ..*context });
        linted.findings.iter_mut().for_each(|found| found.file.clone_from(&self.name));
        linted
    }
}

/// What a file is, by its first bytes.
fn form(head: &[u8], k: u64) -> Form {
    match head.trim_ascii_start().first() {
        _ if head.starts_with(MAGIC) => Form::Exchange,
        _ if head.starts_with(ENTRY) => Form::Archive(Box::default()),
        Some(b'{' | b'[' | b'<') => Form::Text(Box::new(Text::new())),
        _ if recipe(head) => Form::Text(Box::new(Text::new())),
        _ => Form::Table(Box::new(Table::new(k))),
    }
}

/// Whether a text is a recipe: its first line gives a key a value, as TOML writes it.
fn recipe(head: &[u8]) -> bool {
    let line = head.trim_ascii_start().split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii();
    let key = line.split(|b| *b == b'=').next().unwrap_or_default().trim_ascii();
    let bare = |text: &[u8]| {
        !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b))
    };
    bare(key) && line.windows(3).any(|sign| sign == b" = ")
}

/// What the kind and header of a file of the exchange say.
fn partner(head: &[u8]) -> Option<Finding> {
    let keyed = || memchr::memmem::find(head, b"HMAC-SHA256").is_some();
    match head.get(MAGIC.len()) {
        Some(b'T') if keyed() => Some(Finding::new(Code::Keyed, 0, 0)),
        Some(b'K' | b'R') => Some(Finding::new(Code::Sealed, 0, 0)),
        _ => None,
    }
}

/// Holds a list of people against another one: found are the few they differ in.
pub fn held_against(here: &Sketch, name: &str, other: &Sketch, k: u64) -> Option<Finding> {
    let apart = here.apart(other).filter(|apart| (1..k).contains(apart))?;
    let finding = Finding::new(Code::FewApart, apart, here.ids.max(other.ids));
    Some(Finding { file: name.into(), ..finding })
}
