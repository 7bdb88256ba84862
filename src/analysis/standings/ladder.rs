//! Which stage stands above which.

use super::plan::StandingPlan;
use crate::error::{Error, Kind, Result};
use crate::table::history::platform::fold;
use crate::table::history::standing::{Standings, What};

/// Ladders by name, from the lowest stage up, with the words that mean each, in small letters.
const LADDERS: [(&str, &[&[&str]]); 4] = [
    (
        "aipl",
        &[
            &["a", "aware", "awareness", "认知"],
            &["i", "interest", "兴趣"],
            &["p", "purchase", "购买"],
            &["l", "loyal", "loyalty", "忠诚"],
        ],
    ),
    (
        "4a",
        &[
            &["a1", "aware", "认知"],
            &["a2", "appeal", "吸引"],
            &["a3", "act", "行动"],
            &["a4", "advocate", "拥护"],
        ],
    ),
    (
        "o-5a",
        &[
            &["o", "opportunity", "机会"],
            &["a1", "aware", "了解"],
            &["a2", "appeal", "吸引"],
            &["a3", "ask", "问询"],
            &["a4", "act", "行动"],
            &["a5", "advocate", "拥护"],
        ],
    ),
    (
        "aarrr",
        &[
            &["acquisition", "获取", "拉新"],
            &["activation", "激活"],
            &["retention", "留存"],
            &["revenue", "变现", "收入"],
            &["referral", "推荐", "传播"],
        ],
    ),
];

/// Most names of stages: a column of more is none of stages.
const STAGES: usize = 100;

/// Whether a stage's name is this word, or begins with it: `A1`, `A1 aware`, `a1了解`, but not `A10`.
fn means(name: &str, word: &str) -> bool {
    let rest = name
        .strip_prefix(word)
        .and_then(|rest| rest.chars().next().map_or(Some(true), |c| Some(!c.is_ascii_alphanumeric())));
    rest == Some(true)
}

fn rung(ladder: &[&[&str]], name: &str) -> Option<usize> {
    let name = fold(name);
    ladder.iter().position(|words| words.iter().any(|word| means(&name, word)))
}

/// The first ladder on which each of two or more stages has a rung of its own.
fn known<'a>(names: &[&'a str]) -> Option<(&'static str, Vec<&'a str>)> {
    LADDERS.iter().find_map(|(name, ladder)| {
        let mut on: Vec<(usize, &str)> =
            names.iter().map(|name| Some((rung(ladder, name)?, *name))).collect::<Option<_>>()?;
        on.sort();
        let apart = on.len() > 1 && on.windows(2).all(|pair| pair[0].0 < pair[1].0);
        apart.then(|| (*name, on.into_iter().map(|(_, name)| name).collect()))
    })
}

/// Stages from the lowest up, by number, and the ladder they were known by. What only moves name is no stage, but a place
/// outside of them; without stocks every name is one.
pub(super) fn order(of: &Standings, plan: &StandingPlan) -> Result<(Vec<u32>, Option<&'static str>)> {
    if of.stages.list.len() > STAGES + 1 {
        return Err(Error::new(Kind::OutOfRange).column("standing.stage"));
    }
    let stood =
        |code: u32| of.whats.iter().any(|what| matches!(what, What::Stood(_, stage) if *stage == code));
    let named = |code: u32| {
        of.whats.iter().any(|what| matches!(what, What::Moved(_, stages) if stages.contains(&code)))
    };
    let codes = 1..of.stages.list.len() as u32;
    let mut met: Vec<u32> = codes.clone().filter(|code| stood(*code)).collect();
    if met.is_empty() {
        met = codes.filter(|code| named(*code)).collect();
    }
    let name = |code: &u32| of.stages.list[*code as usize].as_str();
    let code = |asked: &str| met.iter().copied().find(|code| fold(name(code)) == fold(asked));
    if plan.order.is_empty() {
        return Ok(match known(&met.iter().map(name).collect::<Vec<_>>()) {
            Some((ladder, names)) => (names.into_iter().filter_map(code).collect(), Some(ladder)),
            None => (met, None),
        });
    }
    let unknown = |name: &String| Error::new(Kind::LabelUnknown).column(format!("standings.order: {name}"));
    let first: Vec<u32> =
        plan.order.iter().map(|name| code(name).ok_or_else(|| unknown(name))).collect::<Result<_>>()?;
    let others = met.iter().copied().filter(|code| !first.contains(code));
    Ok((first.iter().copied().chain(others).collect(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ladders_are_known_by_their_names() {
        let name = |names: &[&str]| known(names).map(|(ladder, on)| format!("{ladder}: {}", on.join(" ")));
        assert_eq!(name(&["L", "P", "A", "I"]).as_deref(), Some("aipl: A I P L"));
        assert_eq!(name(&["A2 吸引", "A1了解"]).as_deref(), Some("4a: A1了解 A2 吸引"));
        assert_eq!(name(&["A5", "A1", "O", "a3"]).as_deref(), Some("o-5a: O A1 a3 A5"));
        assert_eq!(name(&["购买", "兴趣人群", "认知"]).as_deref(), Some("aipl: 认知 兴趣人群 购买"));
        assert_eq!(name(&["Retention", "Acquisition"]).as_deref(), Some("aarrr: Acquisition Retention"));
        // Controls: a stage of no ladder, two of one rung, one alone.
        assert_eq!(name(&["A1", "A10"]), None);
        assert_eq!(name(&["A1", "a1 aware"]), None);
        assert_eq!(name(&["A1"]), None);
    }
}
