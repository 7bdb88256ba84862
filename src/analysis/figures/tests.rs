//! The published figures that do not add up, one by one (`formulas.md`). Funnels stand in the tests of the funnel, the time
//! at risk of old and new people in those of stages.

use super::*;

fn arm(name: &str, people: u64, did: Option<u64>) -> ArmGiven {
    ArmGiven { name: name.into(), people, did, ..ArmGiven::default() }
}

fn test_of(arms: Vec<ArmGiven>) -> ArmsGiven {
    ArmsGiven { name: "x".into(), arms, ..ArmsGiven::default() }
}

fn checked(of: ArmsGiven) -> ArmsChecked {
    figures(&FiguresPlan { arms: vec![of], ..FiguresPlan::default() }).unwrap().arms.remove(0)
}

#[test]
fn the_slide_of_three_arms_has_a_fine_split_and_mock_intervals() {
    let given = |name: &str, people, did, share: &str, ends: [&str; 2]| ArmGiven {
        share: Some(share.into()),
        interval: Some(ends.map(Into::into)),
        ..arm(name, people, Some(did))
    };
    let slide = |ends: [&str; 2]| {
        test_of(vec![
            given("A", 3_034, 6, "33.72%", ["0.09", "0.43"]),
            given("B", 2_931, 50, "32.57%", ends),
            given("C", 3_033, 30, "33.71%", ["16.801%", "23.297%"]),
        ])
    };
    let found = checked(slide(["37.836%", "44.333%"]));
    assert_eq!(found.verdict, "fine");
    assert!((found.p - 0.311).abs() < 5e-4 && (found.chi2 - 2.335).abs() < 5e-4, "{found:?}");
    assert!(found.arms.iter().all(|arm| arm.share_verdict == "fine"), "{found:?}");
    let verdicts: Vec<&str> = found.arms.iter().map(|arm| arm.interval_verdict).collect();
    assert_eq!(verdicts, ["fine", "interval-apart", "interval-apart"]);
    let (lift, ends) = found.arms[1].relative.unwrap();
    assert!(
        (lift - 7.626).abs() < 5e-4 && (ends.low - 2.70).abs() < 5e-3 && (ends.high - 19.09).abs() < 5e-3
    );
    // Newcombe's of F10: the right print passes.
    assert_eq!(checked(slide(["1.037", "2.055"])).arms[1].interval_verdict, "fine");
}

#[test]
fn an_even_split_of_which_one_half_is_larger_is_none() {
    let push = ArmsGiven {
        ratio: Some("2.06".into()),
        growth: Some("106.01%".into()),
        ..test_of(vec![arm("control", 6_567, None), arm("push", 3_852, None)])
    };
    let found = checked(push.clone());
    assert!((found.chi2 - 707.0).abs() < 1.0 && found.verdict == "uneven-split", "{found:?}");
    let growth = found.growth.unwrap();
    assert_eq!((growth.of, growth.verdict), ("neither", "fine"), "no rates are known that it could be of");
    let rates = ArmsGiven {
        ratio: Some("2.00".into()),
        growth: None,
        ..test_of(vec![arm("a", 100, Some(10)), arm("b", 50, Some(10))])
    };
    assert_eq!(checked(rates).growth.unwrap().of, "rates");
    let wrong = ArmsGiven { growth: Some("206.01".into()), ..push };
    assert_eq!(checked(wrong).growth.unwrap().verdict, "growth-apart", "the ratio itself is no growth");
    for (people, ratio, growth) in
        [([68_486, 149_293], "4.15", "315.13%"), ([3_731, 27_288], "4.23", "322.98%")]
    {
        let of = test_of(people.map(|people| arm("", people, None)).into());
        let found = checked(ArmsGiven { ratio: Some(ratio.into()), growth: Some(growth.into()), ..of });
        assert_eq!((found.verdict, found.growth.unwrap().verdict), ("uneven-split", "fine"));
    }
}

#[test]
fn sums_stages_and_changes() {
    let sum = |parts: &[u64], printed| SumGiven { name: "channels".into(), parts: parts.to_vec(), printed };
    let stage = |from, to, printed: &str, cohort| RatioGiven {
        name: String::new(),
        from,
        to,
        printed: printed.into(),
        cohort,
    };
    let change = |before, after, printed: &str| ChangeGiven {
        name: String::new(),
        before,
        after,
        printed: printed.into(),
    };
    let plan = FiguresPlan {
        sums: vec![
            sum(&[22_658, 98_848], 50_000),
            sum(&[22_658, 9_884], 50_000),
            sum(&[22_658, 27_400], 50_000),
        ],
        stages: vec![
            stage(240_000, 40_002, "16.7%", false),
            stage(240_000, 40_002, "16.7", true),
            stage(240_000, 40_002, "1.67", false),
        ],
        changes: vec![
            change(None, None, "-11"),
            change(Some(40.0), None, "-11"),
            change(Some(40.0), Some(29.0), "-11"),
            change(Some(40.0), Some(35.6), "-11"),
            change(Some(40.0), Some(20.0), "-11"),
        ],
        ..FiguresPlan::default()
    };
    let found = figures(&plan).unwrap();
    assert_eq!(
        found.sums.iter().map(|s| (s.sum, s.verdict)).collect::<Vec<_>>(),
        [(121_506, "sum-apart"), (32_542, "sum-apart"), (50_058, "fine")]
    );
    let verdicts: Vec<&str> = found.stages.iter().map(|stage| stage.verdict).collect();
    assert_eq!(verdicts, ["stocks-not-flow", "fine", "ten-times"]);
    let verdicts: Vec<&str> = found.changes.iter().map(|change| change.verdict).collect();
    assert_eq!(verdicts, ["no-base", "two-ways", "points", "percent", "rate-apart"]);
    let two = &found.changes[1];
    assert!((two.if_points.unwrap() - 29.0).abs() < 1e-9 && (two.if_percent.unwrap() - 35.6).abs() < 1e-9);
}

#[test]
fn control_what_cannot_be_checked_is_refused() {
    let refused = |plan: FiguresPlan| figures(&plan).err().and_then(|e| e.at.column).unwrap();
    assert_eq!(refused(FiguresPlan::default()), "figures");
    let more = test_of(vec![arm("a", 5, Some(6)), arm("b", 5, Some(1))]);
    assert_eq!(refused(FiguresPlan { arms: vec![more], ..FiguresPlan::default() }), "figures.arms");
}
