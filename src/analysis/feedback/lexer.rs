//! A text as words: Chinese and Japanese by characters, others by spaces.

/// What stands at one place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A word in lower case, a character, or an emoji.
    Word(&'a str),
    /// A sign, a number, a line's end: nothing that is read goes across it.
    Gap,
}

/// A character in normal width.
fn narrow(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '’' => '\'',
        '\n' => c,
        c if c.is_whitespace() => ' ',
        _ => c,
    }
}

/// Whether a character is not seen: it joins or parts others, or says in which colours to show them.
fn unseen(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// A text in lower case and normal width, in which tokens can point.
pub fn folded(text: &str) -> String {
    text.chars().filter(|c| !unseen(*c)).map(narrow).flat_map(char::to_lowercase).collect()
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
    // What stands before a place: a hyphen inside a word parts it as a space would.
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let joins = c == '-' && before.is_some_and(inside) && rest.chars().nth(1).is_some_and(inside);
        let size = match c {
            c if alone(c) || emoji(c) => c.len_utf8(),
            c if inside(c) => rest.find(|c| !inside(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (word, behind) = rest.split_at(size);
        rest = behind;
        before = word.chars().next_back();
        // Neither the skin of an emoji nor a space between words says anything.
        if c == ' ' || joins || matches!(c, '\u{1F3FB}'..='\u{1F3FF}') {
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

/// A text with what may name or reach somebody blotted out: addresses, and runs of five or more digits however they are
/// parted or wide. What is not seen is left out.
pub fn blotted(text: &str) -> String {
    let plain = |c: char| if narrow(c).is_ascii_alphanumeric() || c == '＠' { narrow(c) } else { c };
    let text: String = text.chars().filter(|c| !unseen(*c)).map(plain).collect();
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let (named, size) = reach(rest);
        if size > 0 {
            // What stands before the sign of an address, with no space between, is the name.
            let name = out.chars().rev().take(if named { NAME } else { 0 }).take_while(|c| alone(*c));
            out.truncate(out.len() - name.map(char::len_utf8).sum::<usize>());
            out.push_str("•••");
            rest = &rest[size..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Characters of a name in Chinese, at most.
const NAME: usize = 4;
/// Ways to write the sign of an address so that no machine takes it for one.
const AT: [&str; 6] = ["@", "(at)", "[at]", "（at）", " (at) ", " [at] "];

/// How much of what begins a text may reach somebody, and whether that is an address without its name.
fn reach(text: &str) -> (bool, usize) {
    let run = |text: &str, of: fn(char) -> bool| text.find(|c| !of(c)).unwrap_or(text.len());
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let word = run(text, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@'));
    let local = run(text, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+'));
    let address = AT.into_iter().find_map(|at| {
        let host = text[local..].strip_prefix(at)?;
        let size = run(host, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        (size > 0 && (local > 0 || host[..size].contains('.'))).then(|| local + at.len() + size)
    });
    let near = |c: char| {
        c.is_ascii_digit() || (!c.is_alphanumeric() && !matches!(c, '\n' | '。' | '；' | '！' | '？'))
    };
    let parted = text.find(|c| !near(c)).unwrap_or(text.len());
    match address {
        Some(size) => (local == 0, size),
        None if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) => (false, 0),
        None if text.starts_with(|c: char| c.is_ascii_digit()) && digits(&text[..parted]) >= 5 => {
            (false, text[..parted].rfind(|c: char| c.is_ascii_digit()).map_or(0, |end| end + 1))
        }
        None if digits(&text[..word]) >= 5 => (false, word),
        None => (false, 0),
    }
}
