use super::lexer::{self, Token};
use super::plan::{TextPlan, TextTopic};
use super::read::{Mood, Reader};
use super::{FeedbackPlan, MOST, lexicon, terms};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn words(text: &str) -> Vec<String> {
    let text = lexer::folded(text);
    let word = |token: &Token<'_>| match token {
        Token::Word(word) => word.to_string(),
        Token::Gap => "|".into(),
    };
    lexer::tokens(&text).iter().map(word).collect()
}

#[test]
fn chinese_stands_by_characters_and_others_by_spaces() {
    assert_eq!(words("物流很慢"), ["物", "流", "很", "慢"]);
    assert_eq!(words("Don't like it!!! 差评👎🏽"), ["don't", "like", "it", "|", "差", "评", "👎"]);
    assert_eq!(words("ＡＢＣ，ｄ"), ["abc", "|", "d"]);
    assert_eq!(words("SK2 x 13800138000 \u{1F600}"), ["sk2", "x", "|", "😀"]);
    assert_eq!(words("'quoted'"), ["quoted"]);
    assert_eq!(words("SK-II - a-b"), ["sk", "ii", "|", "a", "b"]);
    assert_eq!(words("❤\u{FE0F}a\u{200B}b\u{a0}c"), ["❤", "ab", "c"]);
    assert!(words(" \n ").iter().all(|word| word == "|"));
}

#[test]
fn who_can_be_reached_is_not_quoted() {
    let blots = [
        ("call 138-0013-8000 now", "call ••• now"),
        ("mail to li.lei@example.com, ok", "mail to •••, ok"),
        ("１３８００１３８０００ 找我", "••• 找我"),
        ("138—0013–8000，谢谢", "•••，谢谢"),
        ("138，0013，8000", "•••"),
        ("1\u{200B}3\u{200B}8\u{200B}0\u{200B}0138000", "•••"),
        ("user＠qq.com 或 user (at) qq.com", "••• 或 •••"),
        ("张三丰@qq.com", "•••"),
        ("@客服 在吗", "@客服 在吗"),
        ("2件，3盒，满100减20", "2件，3盒，满100减20"),
        ("微信abc123456号", "微信•••号"),
        ("订单 20260601 号", "订单 ••• 号"),
        ("100 ml, 3 times, 2026", "100 ml, 3 times, 2026"),
        ("等了一周", "等了一周"),
    ];
    for (text, blotted) in blots {
        assert_eq!(lexer::blotted(text), blotted);
    }
}

fn mood(text: &str) -> Mood {
    Reader::new(&TextPlan::default()).read(text).mood
}

#[test]
fn praise_and_complaints_are_told_apart() {
    use Mood::{Mixed, Negative, Neutral, Positive};
    let texts = [
        ("很好用，会回购", Positive),
        ("不好用", Negative),
        ("不是不好", Positive),
        ("一点也不便宜", Negative),
        ("没有想象中好", Negative),
        ("没问题", Positive),
        ("快递员送来的", Neutral),
        ("包装不错，但是物流太慢", Mixed),
        ("请问什么时候发货", Neutral),
        ("你好，麻烦尽快发货", Neutral),
        ("I love it", Positive),
        ("Not good at all", Negative),
        ("I don't hate it", Positive),
        ("no problem with delivery", Positive),
        ("Great cream but the bottle was leaking", Mixed),
        ("It arrived as well", Neutral),
        ("好想知道 😡", Mixed),
        ("", Neutral),
    ];
    let wrong = texts.iter().filter(|(text, is)| mood(text) != *is);
    let wrong: Vec<_> = wrong.map(|(text, is)| (text, is, mood(text))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    // What is said so often that reading it the wrong way round would show in every figure.
    let more = [
        (
            "没几天就坏了|没多久就坏了|用了没多久就过敏|不小心摔坏了|没想到这么差|无法退款|不给退货|客服不退款|一直没有退款",
            Negative,
        ),
        (
            "快遞沒收到|質量太差，退貨|客服態度惡劣|快遞很慢|還沒收到貨|不发货|不怎么样|质量不行|性价比不高|便宜没好货|太卡了",
            Negative,
        ),
        (
            "no refund|They never refunded me|Don't waste your money|It doesn't work|didn't work at all|Never arrived",
            Negative,
        ),
        (
            "I did not receive my parcel|dont like it|not\u{a0}good|DON’T LIKE IT|I have never seen worse service|not so good",
            Negative,
        ),
        (
            "无比喜欢|无敌好用|不要太好用|很滿意，會回購|東西不錯|不愧是大牌，好|没想到这么快|没有不好|不难用|退款很快，点赞",
            Positive,
        ),
        ("couldn't be better|can't recommend this enough|not bad|never had a problem|works fine", Positive),
        ("一会就到，还好吗|better late than never|浪漫", Neutral),
    ];
    let of =
        |(texts, is): &(&'static str, Mood)| texts.split('|').map(|text| (text, *is)).collect::<Vec<_>>();
    let wrong = more.iter().flat_map(of).filter(|(text, is)| mood(text) != *is);
    let wrong: Vec<_> = wrong.map(|(text, is)| (text, is, mood(text))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    // A denial reaches three words, and never across a sign.
    assert_eq!([mood("not really all that good"), mood("not a word, good")], [Negative, Positive]);
    assert_eq!(mood("not one of the very many good ones"), Positive);
}

#[test]
fn a_topic_is_blamed_by_its_own_clause() {
    let topic = |name: &str, words: &[&str]| TextTopic {
        name: name.into(),
        words: words.iter().map(|word| word.to_string()).collect(),
    };
    let plan = TextPlan {
        topics: vec![topic("delivery", &["物流", "deliver*"]), topic("box", &["包装", "gift box"])],
        positive: vec!["chef's kiss".into()],
        negative: vec!["good".into()],
    };
    let reader = Reader::new(&plan);
    let said = |text: &str| {
        let said = reader.read(text);
        (said.topics, said.praised, said.blamed, said.main)
    };
    assert_eq!(said("物流很快，包装破了"), (0b11, 0b01, 0b10, Some(0)));
    assert_eq!(said("包装和物流都很差"), (0b11, 0, 0b11, Some(0)));
    assert_eq!(
        said("包装。包装！物流。失望"),
        (0b11, 0, 0b11, Some(1)),
        "clauses that say nothing take the text's"
    );
    assert_eq!(said("DELIVERIES: chef's kiss"), (0b01, 0b01, 0, Some(0)));
    assert_eq!(said("gift for a box"), (0, 0, 0, None));
    assert_eq!(said("gift box: good"), (0b10, 0, 0b10, Some(1)), "own words go before those that come along");
    assert_eq!(said("undelivered"), (0, 0, 0, None));
}

#[test]
fn lists_that_come_along_are_sound() {
    let topics = lexicon::topics();
    let names: BTreeSet<&String> = topics.iter().map(|topic| &topic.name).collect();
    assert!(topics.len() <= MOST && names.len() == topics.len() && names.len() > 8);
    let all = lexicon::senses().flat_map(|(_, words)| words.map(String::from));
    let all: Vec<String> = all.chain(topics.iter().flat_map(|topic| topic.words.clone())).collect();
    let empty: Vec<&String> = all.iter().filter(|word| lexer::lex(word).is_empty()).collect();
    assert!(empty.is_empty(), "{empty:?}");
    let mut seen = std::collections::BTreeMap::new();
    for (sense, words) in lexicon::senses() {
        for word in words {
            let before = seen.insert(word, sense);
            assert!(before.is_none_or(|before| before == sense), "{word} is in two lists");
        }
    }
    assert_eq!(TextPlan::default().check(), Ok(()));
    assert_eq!(
        TextPlan { topics, ..Default::default() }.check(),
        Ok(()),
        "they can be written out and changed"
    );
}

#[test]
fn settings_out_of_range_are_named() {
    let topic = |name: &str, word: &str| TextTopic { name: name.into(), words: vec![word.into()] };
    let plans = [
        (TextPlan { topics: vec![topic("", "a b")], ..Default::default() }, "text.topics: "),
        (TextPlan { topics: vec![topic("a", "5折")], ..Default::default() }, "text.topics: a: 5折"),
        (TextPlan { topics: vec![topic("a", "x"), topic("a", "y")], ..Default::default() }, "text.topics: a"),
        (TextPlan { topics: vec![topic("a", "x"); MOST + 1], ..Default::default() }, "text.topics: a"),
        (TextPlan { positive: vec!["12345".into()], ..Default::default() }, "text.positive: 12345"),
        (
            TextPlan { positive: vec!["x".into()], negative: vec!["x".into()], ..Default::default() },
            "text.negative: x",
        ),
    ];
    for (plan, setting) in plans {
        assert_eq!(plan.check().expect_err("refused").at.column.as_deref(), Some(setting));
    }
    let plan = FeedbackPlan { least: 1, ..Default::default() };
    assert_eq!(plan.check().expect_err("refused").at.column.as_deref(), Some("feedback.least"));
}

/// Texts of these parts in every order, each with other words before and behind.
fn corpus(word: &str, times: usize) -> Vec<String> {
    let other =
        ["今天", "昨日", "朋友", "妈妈", "同事", "孩子", "阳台", "客厅", "超市", "学校", "周末", "冬季"];
    (0..times).map(|at| format!("{}{word}{} {at}", other[at % 12], other[(at / 12 + 5 * at) % 12])).collect()
}

#[test]
fn words_no_list_knows_are_found() {
    let mut texts = corpus("小绿瓶", 60);
    texts.extend(corpus("love that serum", 40));
    let found = terms::terms(texts.iter(), 10, 100);
    assert!(found.contains(&"小绿瓶".into()), "{found:?}");
    assert!(found.contains(&"serum".into()) || found.iter().any(|word| word.ends_with("serum")), "{found:?}");
    // Parts of a word are none, nor is what only stands beside it.
    for none in ["小绿", "绿瓶", "瓶", "that", "the"] {
        assert!(!found.contains(&none.into()), "{none} in {found:?}");
    }
    assert_eq!(terms::terms(texts.iter(), 1_000, 100), Vec::<String>::new());
    assert_eq!(terms::terms(texts.iter(), 10, 1), [found[0].clone()]);
    // The control: characters put together by chance hold nothing together.
    let noise: Vec<String> = (0..4_000u64)
        .map(|at| {
            let mut state = at.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let letter = |state: &mut u64| {
                *state =
                    state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                ["东", "西", "南", "北", "红", "黄", "蓝", "白", "金", "木", "水", "火"]
                    [(*state >> 33) as usize % 12]
            };
            (0..12).map(|_| letter(&mut state)).collect()
        })
        .collect();
    assert_eq!(terms::terms(noise.iter(), 10, 100), Vec::<String>::new());
}

proptest! {
    #[test]
    fn any_text_is_read(text in ".{0,80}") {
        let plan = TextPlan::default();
        let said = Reader::new(&plan).read(&text);
        let topics = plan.list().len();
        prop_assert_eq!(said.topics >> topics, 0);
        prop_assert_eq!((said.praised | said.blamed) & !said.topics, 0);
        prop_assert_eq!(said.main.is_some(), said.topics > 0);
        prop_assert!(said.main.is_none_or(|at| said.topics >> at & 1 == 1));
        prop_assert!(lexer::blotted(&text).chars().filter(char::is_ascii_digit).count() <= text.len());
        terms::terms([text].iter(), 2, 10);
    }
}
