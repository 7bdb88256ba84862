//! HTML that cannot be broken by what it holds: only literals of this crate are written as they are, everything
//! else is escaped.

use std::fmt::{Display, Write};

/// A page under way.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup of our own.
    pub(super) fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }
    /// Anything else, as text or as the value of a quoted attribute.
    pub(super) fn text(&mut self, text: impl Display) {
        let _ = write!(Escaped(&mut self.0), "{text}");
    }
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// Writes literals as markup and `[expressions]` as text: `put!(html, "<td>" [label] "</td>")`.
macro_rules! put {
    ($html:expr $(,)?) => {};
    ($html:expr, $markup:literal $($rest:tt)*) => {{ $html.raw($markup); put!($html, $($rest)*); }};
    ($html:expr, [$text:expr] $($rest:tt)*) => {{ $html.text(&$text); put!($html, $($rest)*); }};
}
pub(super) use put;

struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(c),
                c if c.is_control() || turns(c) => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

/// Marks that turn the direction of what follows, beyond their own cell (Unicode TR 36, "Bidirectional text
/// spoofing").
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
}

/// At most so many characters of a text, with a sign that there is more.
pub(super) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_literals_are_markup() {
        let mut html = Html::default();
        put!(html, "<td title=\"" ["\"><img src=x onerror=alert(1)>"] "\">" ["<script>&'"] [7] "</td>");
        let text = String::from_utf8(html.into_bytes()).expect("UTF-8");
        let inside = "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;";
        assert_eq!(text, format!("<td title=\"{inside}\">&lt;script&gt;&amp;&#39;7</td>"));
    }

    #[test]
    fn marks_that_turn_and_control_are_shown_as_unknown() {
        let mut html = Html::default();
        html.text("a\u{202e}b\u{0}c\u{2067}d\ne");
        assert_eq!(html.into_bytes(), "a\u{fffd}b\u{fffd}c\u{fffd}d\ne".as_bytes());
    }

    #[test]
    fn long_labels_are_clipped_by_characters() {
        assert_eq!(clipped("精致妈妈", 4), "精致妈妈");
        assert_eq!(clipped("精致妈妈", 3), "精致…");
    }
}
