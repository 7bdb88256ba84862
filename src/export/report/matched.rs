//! Section 1: who is in both files, and where every row went.

use super::html::{Html, put};
use super::number::{count, percent};
use super::plot::At;
use super::{Language, files, header, open};
use crate::matching::{Account, Diagnosis, MatchReport};
use crate::table::inspection::Problem;
use crate::table::store::freeze::FROZEN;

pub(super) fn section(html: &mut Html, report: &MatchReport, language: Language) {
    open(html, "match", ["1", language.say("Match", "匹配")], language, true);
    sentence(html, report, language);
    report.diagnosis.iter().for_each(|diagnosis| diagnose(html, diagnosis, language));
    bar(html, report, language);
    accounts(html, report, language);
    let names = files(language);
    problems(html, &report.first_party, names[0], language);
    problems(html, &report.tags, names[1], language);
    put!(html, "</section>\n");
}

fn sentence(html: &mut Html, report: &MatchReport, language: Language) {
    let (matched, people) = (count(report.matched), count(report.first_party.people));
    let rate = percent(report.rate_first_party);
    put!(html, "<p class=\"lead\">");
    match language {
        Language::En => {
            put!(html, "<b>" [matched] "</b> of your " [people] " people (" [rate] ") are in the tag file.")
        }
        Language::Zh => {
            put!(html, "您的 " [people] " 人中，<b>" [matched] "</b> 人（" [rate] "）在标签文件里。")
        }
    }
    let (tags, rate) = (count(report.tags.people), percent(report.rate_tags));
    match language {
        Language::En => put!(html, " They are " [rate] " of its " [tags] " people."),
        Language::Zh => put!(html, "占标签文件 " [tags] " 人的 " [rate] "。"),
    }
    put!(html, "</p>\n");
}

fn diagnose(html: &mut Html, diagnosis: &Diagnosis, language: Language) {
    put!(html, "<div class=\"note\"><p>" [language.say("Little or nothing matched. Other ways of hashing were tried on ", "几乎没有匹配上。已抽查其他加密写法，样本数：")] [count(diagnosis.tried)] [language.say(" IDs.", "。")] "</p>\n<ul>");
    for way in &diagnosis.would_match {
        put!(html, "<li>" [language.say(&way.english, &way.chinese)] " · " [count(way.matched)] "</li>");
    }
    put!(html, "</ul></div>\n");
}

/// Where the rows of the brand's file went, as one bar of the whole width.
fn bar(html: &mut Html, report: &MatchReport, language: Language) {
    let ours = &report.first_party;
    let parts = [
        ("seed", language.say("matched", "匹配上"), report.matched),
        (
            "base",
            language.say("not in the tag file", "标签文件里没有"),
            ours.people.saturating_sub(report.matched),
        ),
        ("twice", language.say("duplicate rows", "重复行"), ours.duplicate),
        ("wrong", language.say("invalid rows", "无效行"), ours.invalid),
    ];
    put!(html, "<figure>\n<figcaption>" [language.say("Where each row of your file went", "一方文件的每一行去了哪里")] "</figcaption>\n");
    put!(
        html,
        "<svg class=\"whole\" viewBox=\"0 0 1000 28\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    );
    let rows = ours.rows.max(1) as f64;
    let mut left = 0.0;
    for (class, _, n) in parts {
        let width = 1000.0 * n as f64 / rows;
        put!(html, "<rect class=\"" [class] "\" x=\"" [At(left)] "\" width=\"" [At(width)] "\" height=\"28\"/>");
        left += width;
    }
    put!(html, "</svg>\n<ul class=\"legend\">");
    for (class, name, n) in parts {
        put!(html, "<li><svg class=\"swatch\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"" [class] "\" width=\"10\" height=\"10\"/></svg>" [name] " <b>" [count(n)] "</b> <span>" [percent(n as f64 / rows)] "</span></li>");
    }
    put!(html, "</ul>\n</figure>\n");
}

fn accounts(html: &mut Html, report: &MatchReport, language: Language) {
    put!(html, "<table class=\"accounts\">\n");
    let say = |english, chinese| (language.say(english, chinese), true);
    header(
        html,
        &[
            (language.say("File", "文件"), false),
            say("Rows", "数据行"),
            say("Invalid", "无效"),
            say("Duplicate", "重复"),
            say("People", "去重后人数"),
            say("Matched", "匹配上"),
            say("Rate", "匹配率"),
        ],
    );
    put!(html, "<tbody>");
    let sides = [(&report.first_party, report.rate_first_party), (&report.tags, report.rate_tags)];
    for (name, (account, rate)) in files(language).into_iter().zip(sides) {
        put!(html, "<tr><th scope=\"row\">" [name] "</th>");
        for n in [account.rows, account.invalid, account.duplicate, account.people, report.matched] {
            put!(html, "<td class=\"n\">" [count(n)] "</td>");
        }
        put!(html, "<td class=\"n\">" [percent(rate)] "</td></tr>\n");
    }
    put!(html, "</tbody></table>\n<p class=\"hint\">" [language.say("Rows = invalid + duplicate + people.", "数据行 = 无效 + 重复 + 去重后人数。")] "</p>\n");
    for (name, account) in files(language).into_iter().zip([&report.first_party, &report.tags]) {
        let unused: Vec<&str> = account.unused.keys().map(String::as_str).collect();
        if !unused.is_empty() {
            put!(html, "<p class=\"hint\">" [name] ": " [language.say("columns not used", "未使用的列")] ": <bdi>" [&unused.join(", ")] "</bdi></p>\n");
        }
    }
}

/// Why rows were left out or are odd, if any are.
fn problems(html: &mut Html, account: &Account, file: &str, language: Language) {
    if account.reasons.is_empty() && account.notes.is_empty() {
        return;
    }
    put!(html, "<details><summary>" [file] ": " [language.say("invalid and odd rows", "无效与异常行")] "</summary>\n<table>\n");
    header(
        html,
        &[
            (language.say("What", "情况"), false),
            (language.say("What happens", "处理"), false),
            (language.say("Rows", "行数"), true),
            (language.say("First row", "首次出现"), true),
        ],
    );
    put!(html, "<tbody>");
    for Problem { code, count: rows, first_row, column } in account.reasons.iter().chain(&account.notes) {
        let (what, effect) = problem(code, language);
        let day = if code == FROZEN { account.as_of.as_deref() } else { None };
        put!(html, "<tr><td>" [what] [day.unwrap_or("")] " <bdi>" [column.as_deref().unwrap_or("")] "</bdi></td><td>" [effect] "</td><td class=\"n\">" [count(*rows)] "</td><td class=\"n\">" [first_row.map_or(String::new(), count)] "</td></tr>\n");
    }
    put!(html, "</tbody></table></details>\n");
}

/// What a code of a row means, and what happens to the row; an unknown code speaks for itself.
fn problem(code: &str, language: Language) -> (&str, &str) {
    let out = ("the row is left out", "整行不计入");
    let gap = ("counts as missing", "按缺失处理");
    let (what, effect) = match code {
        "empty" => (("No ID", "ID 为空"), out),
        "junk" => (("Stand-in ID (all zeros, null)", "占位 ID（如全 0、null）"), out),
        "not-this-kind" => (("Not this kind of ID", "不是这种 ID"), out),
        "not-this-digest" => (("Not this digest", "不是这种哈希"), out),
        "other-digest" => (("Hashed in a way that cannot be compared", "另一种加密，无法比对"), out),
        "rounded" => (("Rounded ID (8.68E+14)", "ID 被取整（8.68E+14）"), out),
        "long-row" => (("Too many columns", "列数过多"), out),
        "unknown-fold" => (("Fold not understood", "折号无法识别"), out),
        "one-person" => (
            ("Another ID of the same person", "同一个人的另一种 ID"),
            ("merged by the ID map", "按 ID 映射合并为一人"),
        ),
        "no-consent" => (("No consent", "没有授权"), ("left out before the match", "匹配前剔除")),
        "consent-unclear" => {
            (("Consent not understood", "授权写法无法识别"), ("taken as no", "按未授权处理"))
        }
        "blank-line" => (("Blank lines", "空行"), ("skipped, not counted as rows", "跳过，不计入行数")),
        "short-row" => (("Too few columns", "列数不足"), gap),
        "not-a-number" => (("Not a number in a number column", "数值列里有非数字"), gap),
        "not-a-date" => (("Not a date in a date column", "日期列里有非日期"), gap),
        FROZEN => (("Dated later than ", "日期晚于 "), gap),
        "bad-encoding" => {
            (("Bytes that do not decode", "有无法解码的字节"), ("shown as \u{fffd}", "替换为 \u{fffd}"))
        }
        other => return (other, ""),
    };
    (language.say(what.0, what.1), language.say(effect.0, effect.1))
}
