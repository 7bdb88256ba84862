//! The last section: what the report was made of, and what it does not promise.

use super::html::{Html, put};
use super::number::bytes;
use super::{Language, ReportInput, files, header, open};

pub(super) fn sections(html: &mut Html, input: &ReportInput, number: &str, language: Language) {
    open(html, "source", [number, language.say("How to check this", "如何核对")], language, true);
    inputs(html, input, language);
    put!(html, "<details open class=\"recipe\"><summary>" [language.say("Recipe", "配方")] " · room.toml</summary><pre>" [input.recipe] "</pre></details>\n");
    promises(html, language);
    put!(html, "</section>\n");
}

fn inputs(html: &mut Html, input: &ReportInput, language: Language) {
    put!(html, "<table class=\"inputs\">\n");
    let name = (language.say("Name", "文件名"), false);
    let size = (language.say("Size", "大小"), true);
    header(html, &[(language.say("File", "文件"), false), name, size, ("SHA-256", false)]);
    put!(html, "<tbody>");
    // Behind the two stand ID maps and a consent file.
    let others = std::iter::repeat(language.say("Beside them", "附加文件"));
    for (file, role) in input.inputs.iter().zip(files(language).into_iter().chain(others)) {
        put!(html, "<tr><th scope=\"row\">" [role] "</th><td><bdi>" [file.name] "</bdi></td><td class=\"n\">" [bytes(file.size)] "</td><td class=\"mono\">" [file.sha256] "</td></tr>\n");
    }
    put!(html, "</tbody></table>\n<p class=\"hint\">");
    match language {
        Language::En => {
            put!(html, "Atoll " [input.version] ". The same files, recipe and version give the same report, byte for byte; no time stands in it.")
        }
        Language::Zh => {
            put!(html, "Atoll 环礁 " [input.version] "。相同的文件、配方和版本会得到逐字节相同的报告；报告里没有时间。")
        }
    }
    put!(html, "</p>\n");
}

const IS: [(&str, &str); 3] = [
    (
        "Both files were matched, counted and modelled on one computer, in a browser tab or on the command line. Nothing was uploaded.",
        "两份文件在同一台电脑上完成匹配、统计和建模（浏览器标签页或命令行），没有上传任何数据。",
    ),
    (
        "This page holds totals and charts of them. It holds no ID and asks the network for nothing.",
        "本页只有汇总数和图表，不含任何 ID，也不会访问网络。",
    ),
    (
        "People are counted, not rows: duplicates are merged, and every row is accounted for.",
        "统计的是人而不是行：重复行已合并，每一行都有去向。",
    ),
];

const IS_NOT: [(&str, &str); 4] = [
    (
        "A hash is not anonymous. All phone numbers there are can be hashed in about half an hour: handle ID files as personal data.",
        "哈希不等于匿名。把所有手机号都哈希一遍大约只需半小时，ID 文件须按个人信息管理。",
    ),
    (
        "The figures describe these two files. They show who is alike, not what causes what, and not what a campaign will bring.",
        "数字只描述这两份文件：说明谁和谁相似，不说明因果，也不预告投放效果。",
    ),
    (
        "Intervals hold the luck of the draw. They do not hold wrong tags, or people the tag file does not know.",
        "区间只包含抽样误差，不包含标签错误，也不包含标签文件未覆盖的人。",
    ),
    (
        "A count of a few people can point to someone. Look before passing this page on.",
        "人数很少的格子可能指向具体的人，对外提供前请先检查。",
    ),
];

fn promises(html: &mut Html, language: Language) {
    put!(html, "<div class=\"two\">\n");
    let lists = [
        (language.say("What this is", "这是什么"), &IS[..]),
        (language.say("What is not promised", "不承诺什么"), &IS_NOT[..]),
    ];
    for (name, lines) in lists {
        put!(html, "<div><h3>" [name] "</h3>\n<ul class=\"lines\">");
        lines.iter().for_each(|line| put!(html, "<li>" [language.say(line.0, line.1)] "</li>\n"));
        put!(html, "</ul></div>\n");
    }
    put!(html, "</div>\n");
}
