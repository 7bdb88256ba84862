//! The report: one HTML page that needs nothing else. No script, no font, no image, no request: its policy allows
//! one style sheet by digest and nothing more. It holds totals and charts of them, and no ID.
//!
//! The page is made for paper first. On a screen it follows the reader's light or dark.

mod appendix; // files, recipe, promises
mod card; // the model by itself
mod html; // escaping
mod lookalike; // section 3
mod matched; // section 1
mod number; // figures in words
mod personas; // section 4
mod plot; // charts
mod profile; // section 2

use crate::analysis::lookalike::LookalikeReport;
use crate::analysis::personas::PersonasReport;
use crate::analysis::profile::ProfileReport;
use crate::gate::Released;
use crate::matching::MatchReport;
use base64::Engine;
pub use card::card_html;
use html::{Html, put};
use number::{count, factor, fixed, percent, range};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");

/// The language of the words. Labels and file names stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Language {
    /// One of two wordings.
    fn say<'a>(self, english: &'a str, chinese: &'a str) -> &'a str {
        match self {
            Language::En => english,
            Language::Zh => chinese,
        }
    }
}

/// A file that went in.
#[derive(Clone, Debug)]
pub struct Input {
    /// Name as the user knows it.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower hex.
    pub sha256: String,
}

/// What the report is made of. A part that was not run is absent, and the page says so.
pub struct ReportInput<'a> {
    /// Version of Atoll.
    pub version: &'a str,
    /// Text of `room.toml`.
    pub recipe: &'a str,
    /// The brand's file and the tag file.
    pub inputs: &'a [Input],
    /// The match.
    pub matched: &'a Released<MatchReport>,
    /// The profile of the seed.
    pub profile: Option<&'a Released<ProfileReport>>,
    /// The lookalike model.
    pub lookalike: Option<&'a Released<LookalikeReport>>,
    /// The personas.
    pub personas: Option<&'a Released<PersonasReport>>,
}

/// `report.html`.
pub fn report_html(input: &ReportInput, language: Language) -> Vec<u8> {
    let mut html = Html::default();
    head(&mut html, language.say("Audience report", "人群报告"), language);
    put!(html, "<body>\n<main>\n");
    title(&mut html, input, language);
    matched::section(&mut html, input.matched.get(), language);
    profile::section(&mut html, input.profile.map(Released::get), language);
    lookalike::section(&mut html, input.lookalike.map(Released::get), language);
    personas::section(&mut html, input.personas.map(Released::get), language);
    appendix::sections(&mut html, input, "5", language);
    put!(html, "</main>\n</body>\n</html>\n");
    html.into_bytes()
}

fn head(html: &mut Html, title: &str, language: Language) {
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    put!(html, "<!doctype html>\n<html lang=\"" [language.say("en", "zh-Hans")] "\">\n<head>\n<meta charset=\"utf-8\">\n");
    put!(html, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-" [digest] "'; base-uri 'none'; form-action 'none'\">\n");
    put!(
        html,
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
    );
    put!(html, "<title>" [title] " · " [language.say("Atoll", "Atoll 环礁")] "</title>\n<style>");
    html.raw(STYLE);
    put!(html, "</style>\n</head>\n");
}

/// Title, files, and the four figures that matter, each a link to where it is explained.
fn title(html: &mut Html, input: &ReportInput, language: Language) {
    put!(html, "<header>\n<p class=\"brand\"><span>Atoll 环礁</span><span>" [input.version] "</span></p>\n");
    put!(html, "<h1>" [language.say("Audience report", "人群报告")] "</h1>\n");
    let names: Vec<&str> = input.inputs.iter().map(|file| file.name.as_str()).collect();
    put!(html, "<p class=\"files\"><bdi>" [html::clipped(&names.join(" × "), 160)] "</bdi></p>\n<ul class=\"key\">\n");
    let matched = input.matched.get();
    let (people, rate) = (count(matched.first_party.people), percent(matched.rate_first_party));
    let of = match language {
        Language::En => format!("of {people} people ({rate})"),
        Language::Zh => format!("占一方 {people} 人的 {rate}"),
    };
    figure(html, ["#match", language.say("people matched", "匹配人数"), &count(matched.matched), &of]);
    if let Some(column) = input.profile.and_then(|report| report.get().columns.first()) {
        let iv = format!("IV {}", fixed(column.iv, 2));
        let name = html::clipped(&column.column, 12);
        figure(html, ["#profile", language.say("sets the seed apart most", "最有区分度的标签"), &name, &iv]);
    }
    if let Some(lift) = input.lookalike.and_then(|report| report.get().lift.get("1%")) {
        let label = language.say("lift in the top 1%", "得分最高 1% 的提升");
        let interval = format!("95%: {}", range(lift.low, lift.high, factor));
        figure(html, ["#lookalike", label, &format!("{} ×", factor(lift.value)), &interval]);
    }
    if let Some(report) = input.personas.map(Released::get) {
        let people = count(report.people);
        let of = match language {
            Language::En => format!("among {people} people"),
            Language::Zh => format!("由 {people} 人分成"),
        };
        figure(html, ["#personas", language.say("personas", "分群"), &report.k.to_string(), &of]);
    }
    put!(html, "</ul>\n</header>\n");
}

/// One of the figures at the top: target, label, figure, what it is of.
fn figure(html: &mut Html, [target, label, figure, of]: [&str; 4]) {
    put!(html, "<li><a href=\"" [target] "\"><span class=\"label\">" [label] "</span><span class=\"one\"><bdi>" [figure] "</bdi></span><span class=\"of\">" [of] "</span></a></li>\n");
}

/// What the two files are called.
fn files(language: Language) -> [&'static str; 2] {
    [language.say("Your people", "一方人群"), language.say("Tag file", "标签文件")]
}

/// The start of a numbered section; false if it was not run, which is then said.
fn open(html: &mut Html, id: &'static str, heading: [&str; 2], language: Language, run: bool) -> bool {
    put!(html, "<section id=\"" [id] "\">\n<h2><span>" [heading[0]] "</span>" [heading[1]] "</h2>\n");
    if !run {
        put!(html, "<p class=\"none\">" [language.say("Not run.", "本次未运行。")] "</p>\n</section>\n");
    }
    run
}

/// A label of theirs: clipped, apart from the direction of its neighbours, with words for "no value".
fn label(html: &mut Html, text: &str, language: Language) {
    if text.is_empty() {
        put!(html, "<i>" [language.say("no value", "缺失")] "</i>");
    } else {
        put!(html, "<bdi>" [html::clipped(text, 60)] "</bdi>");
    }
}

/// Cells of a header: numbers are set to the right.
fn header(html: &mut Html, cells: &[(&str, bool)]) {
    put!(html, "<thead><tr>");
    for (text, number) in cells {
        if *number {
            put!(html, "<th class=\"n\">" [text] "</th>");
        } else {
            put!(html, "<th>" [text] "</th>");
        }
    }
    put!(html, "</tr></thead>\n");
}

#[cfg(test)]
mod tests;
