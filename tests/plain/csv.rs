//! The plain twin of `table::csv`: one byte and one state at a time, the whole text at once. It states the
//! rules; the fast reader is checked against it.

const ROW_LIMIT: usize = 1 << 20;
const COLUMN_LIMIT: usize = 2_000;

/// A code of the table of refusals.
type Code = &'static str;

/// What stands in a text: rows with their 1-based line, and how many lines are empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub rows: Vec<(u64, Vec<Vec<u8>>)>,
    pub blanks: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    QuoteInQuoted,
}

/// Reads it all, or says what is wrong first and in which line.
pub fn read(text: &[u8], delimiter: u8, quoted: bool) -> Result<Text, (Code, u64)> {
    let mut out = Text::default();
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let (fields, behind) = row(&text[at..], delimiter, quoted).map_err(|code| (code, line))?;
        if matches!(text[at], b'\r' | b'\n') {
            out.blanks += 1;
        } else {
            out.rows.push((line, fields));
        }
        at += behind;
        line += 1;
    }
    Ok(out)
}

fn row(text: &[u8], delimiter: u8, quoted: bool) -> Result<(Vec<Vec<u8>>, usize), Code> {
    let mut fields = vec![Vec::new()];
    let mut state = State::FieldStart;
    for (i, &byte) in text.iter().enumerate() {
        let ends = state != State::Quoted && matches!(byte, b'\r' | b'\n');
        if i >= ROW_LIMIT && !(ends && i == ROW_LIMIT) {
            return Err(if byte == 0 && i == ROW_LIMIT { "nul-byte" } else { "row-too-long" });
        }
        if ends {
            let two = text[i..].starts_with(b"\r\n");
            return Ok((fields, i + 1 + usize::from(two)));
        }
        if byte == 0 {
            return Err("nul-byte");
        }
        state = match (state, byte) {
            (State::FieldStart, b'"') if quoted => State::Quoted,
            (State::Quoted, b'"') => State::QuoteInQuoted,
            (State::QuoteInQuoted, b'"') => {
                fields.last_mut().unwrap().push(b'"');
                State::Quoted
            }
            (State::FieldStart | State::Plain | State::QuoteInQuoted, b) if b == delimiter => {
                fields.push(Vec::new());
                if fields.len() > COLUMN_LIMIT {
                    return Err(after_limit(text, i + 1, delimiter));
                }
                State::FieldStart
            }
            (State::Quoted, b) => {
                fields.last_mut().unwrap().push(b);
                State::Quoted
            }
            (_, b) => {
                fields.last_mut().unwrap().push(b);
                State::Plain
            }
        };
    }
    if state == State::Quoted { Err("quote-open") } else { Ok((fields, text.len())) }
}

/// The field behind the last allowed one is refused at its end: what is wrong inside it comes first.
fn after_limit(text: &[u8], from: usize, delimiter: u8) -> Code {
    let ends = |b: &u8| *b == delimiter || matches!(b, b'\r' | b'\n');
    let end = text[from..].iter().position(ends).map_or(text.len(), |n| from + n);
    match text[from..end].iter().position(|b| *b == 0) {
        Some(n) if from + n <= ROW_LIMIT => "nul-byte",
        _ if end > ROW_LIMIT => "row-too-long",
        _ => "too-many-columns",
    }
}
