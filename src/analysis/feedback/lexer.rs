//! A text as words: Chinese and Japanese by characters, others by spaces.

/// What stands at one place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A word in lower case, a character, or an emoji.
    Word(&'a str),
    /// A sign, a number, a line's end: nothing that is read goes across it.
    Gap,
}

/// A text in lower case and normal width, in which tokens can point.
pub fn folded(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '’' => '\'',
        _ => c,
    };
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

/// Whether a character is a word of its own in a script without spaces.
pub fn alone(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' | '\u{3040}'..='\u{30FF}')
}

fn emoji(c: char) -> bool {
    matches!(c, '\u{1F300}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}')
}

fn inside(c: char) -> bool {
    (c.is_alphanumeric() && !alone(c)) || c == '\''
}

/// The tokens of a folded text. A number, or a word with one in it of more than three digits, is a gap: it is never what many
/// people say, and may be what one person is called.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let size = match c {
            c if alone(c) || emoji(c) => c.len_utf8(),
            c if inside(c) => rest.find(|c| !inside(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (word, behind) = rest.split_at(size);
        rest = behind;
        // Neither the skin of an emoji nor a space between words says anything.
        if c == ' ' || matches!(c, '\u{1F3FB}'..='\u{1F3FF}') {
            continue;
        }
        let trimmed = word.trim_matches('\'');
        let digits = trimmed.chars().filter(|c| c.is_numeric()).count();
        let word = alone(c) || emoji(c) || (inside(c) && digits < 4 && digits < trimmed.chars().count());
        match word {
            true => out.push(Token::Word(trimmed)),
            false if out.last() != Some(&Token::Gap) => out.push(Token::Gap),
            false => {}
        }
    }
    out
}

/// The words of a phrase as it stands in a list; nothing of one that is no phrase. A `*` at its end stays.
pub fn lex(phrase: &str) -> Vec<String> {
    let text = folded(phrase);
    let (text, open) = text.strip_suffix('*').map_or((text.as_str(), ""), |text| (text, "*"));
    let mut words = Vec::new();
    for token in tokens(text) {
        match token {
            Token::Word(word) => words.push(word.to_string()),
            Token::Gap => return vec![],
        }
    }
    words.last_mut().into_iter().for_each(|word| word.push_str(open));
    words
}

/// A text with what may name or reach somebody blotted out: addresses, and runs of five or more digits.
pub fn blotted(text: &str) -> String {
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count();
    let near = |c: char| c.is_ascii_digit() || matches!(c, '-' | ' ' | '+' | '(' | ')');
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let run = rest.find(|c| !near(c)).unwrap_or(rest.len());
        let letters = |c: char| c.is_ascii_graphic();
        let word = rest.find(|c| !letters(c)).unwrap_or(rest.len());
        let size = match c {
            _ if rest[..word].contains('@') => word,
            _ if c.is_ascii_digit() && digits(&rest[..run]) >= 5 => rest[..run].trim_end().len(),
            c if letters(c) && digits(&rest[..word]) >= 5 => word,
            c => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        out.push_str("•••");
        rest = &rest[size..];
    }
    out
}
