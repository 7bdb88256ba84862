//! What buyers write: one text each, of one to three clauses whose topics and tone are drawn first, so that what a text
//! complains of is known. Who had the code by text message fail them says so, deliveries come late in the last thirty days,
//! and some call a product by a name no list of words knows.

use super::super::draw::Draw;
use super::super::phone;
use super::life::{Fate, Life};
use super::plan::{ASKEW, BLAMED, CHANNELS, DAY, END, NICKNAME, NICKNAMED, PRAISED, WRITES};
use super::{begin, share};
use std::io::Write;

/// The first line of `reviews.csv`.
pub(super) const HEADER: &[u8] = b"phone,time,channel,stars,text\n";

/// What is written of one topic: its name in the list of words that comes along, praise, and complaints.
struct Topic {
    name: &'static str,
    praise: [&'static str; 3],
    blame: [&'static str; 3],
}

const TOPICS: [Topic; 5] = [
    Topic {
        name: "delivery",
        praise: ["快递很快", "物流给力，第二天就到了", "Fast delivery"],
        blame: ["物流太慢了", "等了一周才收到货，快递太慢", "The parcel arrived late"],
    },
    Topic {
        name: "app",
        praise: ["小程序下单很方便", "页面清楚，下单顺滑流畅", "Easy checkout"],
        blame: ["验证码一直收不到", "小程序打不开，付款失败", "The verification code never works, annoying"],
    },
    Topic {
        name: "packaging",
        praise: ["包装很精致", "盒子完好，送人也合适，很满意", "Lovely packaging"],
        blame: ["瓶盖破损，漏液了", "包装盒压坏了", "The bottle was leaking"],
    },
    Topic {
        name: "effect",
        praise: ["补水效果不错", "皮肤摸起来很舒服", "My skin loves it"],
        blame: ["用了脸上刺痛泛红", "没什么效果，还搓泥", "It irritated my skin"],
    },
    Topic {
        name: "price",
        praise: ["价格实惠，性价比高", "用券以后很划算", "Good price"],
        blame: ["刚买就降价，差价不退", "价格太贵了，不值", "Too expensive for what it is"],
    },
];

/// Writes what somebody wrote, if they did: of an order they kept, some days later.
pub(super) fn write(draw: &mut Draw, digits: &phone::Digits, life: &Life, out: &mut Vec<u8>) {
    let kept: Vec<u32> =
        life.orders.iter().filter(|order| order.fate == Fate::Kept).map(|order| order.at).collect();
    if kept.is_empty() || !draw.chance(WRITES) {
        return;
    }
    let at = kept[draw.below(kept.len() as u32) as usize] + 2 * DAY + draw.below(10 * DAY);
    let channel = draw.pick(&CHANNELS.map(|channel| channel.1));
    if at >= END {
        return;
    }
    let (text, blames, praises) = text(draw, channel, at);
    let stars = match (praises, blames) {
        _ if draw.chance(ASKEW) => 1 + draw.below(5),
        (true, false) => 4 + draw.below(2),
        (false, true) => 1 + draw.below(2),
        _ => 2 + draw.below(3),
    };
    begin(digits, at, out);
    let _ = writeln!(out, ",{},{stars},\"{text}\"", CHANNELS[channel].0);
}

/// A text, and whether it complains and praises.
fn text(draw: &mut Draw, channel: usize, at: u32) -> (String, bool, bool) {
    let mut clauses = Vec::new();
    let (mut blames, mut praises) = (false, false);
    let worse = [at >= END - 30 * DAY, channel == 2, false, false, false];
    for ((topic, [usual, more]), worse) in TOPICS.iter().zip(BLAMED).zip(worse) {
        let line = draw.below(3) as usize;
        if draw.chance(if worse { more } else { usual }) {
            clauses.push(topic.blame[line]);
            blames = true;
        } else if draw.chance(PRAISED) {
            clauses.push(topic.praise[line]);
            praises = true;
        }
    }
    if clauses.is_empty() {
        clauses.push(["很好用，会回购", "Nice, will buy again", "挺满意的"][draw.below(3) as usize]);
        praises = true;
    }
    let known = draw.chance(NICKNAMED);
    let text = clauses.join("，");
    (if known { format!("{NICKNAME}{text}") } else { text }, blames, praises)
}

/// What was planted, for `planted.csv`.
pub(super) fn planted() -> Vec<(&'static str, &'static str, f64)> {
    let mut rows = vec![("calls it so", NICKNAME, share(NICKNAMED))];
    for (topic, [usual, more]) in TOPICS.iter().zip(BLAMED) {
        rows.push(("complains", topic.name, share(usual)));
        if more != usual {
            rows.push(("complains where or when it is worse", topic.name, share(more)));
        }
    }
    rows
}
