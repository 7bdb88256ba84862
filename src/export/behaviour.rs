//! Files of what people did over time: pivots, cohorts, paths, rules. The report as JSON, its tables as CSV.

use super::csv::Table;
use super::over_time::{Files, named};
use crate::analysis::campaigns::{CampaignFigures, CampaignReport};
use crate::analysis::cohorts::CohortReport;
use crate::analysis::features::FeaturesReport;
use crate::analysis::feedback::{FeedbackReport, MOODS, TextLine};
use crate::analysis::figures::FiguresReport;
use crate::analysis::paths::PathsReport;
use crate::analysis::pivot::PivotReport;
use crate::analysis::rules::RulesReport;
use crate::analysis::traffic::TrafficReport;
use crate::gate::Released;
use crate::json::pretty;

/// `pivot.json`, `pivot.csv` (cells and margins: a margin has `*`), `pivot-tests.csv`, and `pivot-best.csv` where rates
/// were asked for.
pub fn pivot(report: &Released<PivotReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let names = |table: &mut Table, at: &[Option<String>]| {
        for axis in 0..3 {
            match at.get(axis) {
                Some(label) => table.label(label.as_deref().unwrap_or("*")),
                None => table.text(""),
            };
        }
    };
    let mut cells = Table::new("one,two,three,people,share,rows,sum,seen,did,rate,rate_low,rate_high");
    for cell in &report.cells {
        names(&mut cells, &cell.at);
        cells.count(cell.people).number(cell.share, 6).count(cell.rows);
        match cell.sum {
            Some(sum) => cells.money(sum, report.decimals),
            None => cells.text(""),
        };
        match &cell.rate {
            Some(of) => cells.count(of.people).count(of.did).number(of.rate, 6),
            None => cells.text("").text("").text(""),
        };
        let ends = cell.rate.as_ref().map(|of| of.interval);
        cells.maybe(ends.map(|i| i.low), 6).maybe(ends.map(|i| i.high), 6).end();
    }
    let mut tests = Table::new("one,two,chi2,df,p,v,sparse,interaction_g2,interaction_df,interaction_p");
    for pair in &report.pairs {
        let of = pair.association;
        tests.label(&pair.one).label(&pair.other).maybe(of.map(|of| of.chi2), 6);
        tests.maybe(of.map(|of| f64::from(of.df)), 0).maybe(of.map(|of| of.p), 6);
        tests.maybe(of.map(|of| of.v), 6).maybe(of.map(|of| f64::from(u8::from(of.sparse))), 0);
        let tested = pair.interaction.as_ref();
        tests.maybe(tested.map(|t| t.g2), 6).maybe(tested.map(|t| f64::from(t.df)), 0);
        tests.maybe(tested.map(|t| t.p), 6).end();
    }
    let mut files =
        named([("pivot.json", json), ("pivot.csv", cells.bytes()), ("pivot-tests.csv", tests.bytes())]);
    if !report.best.is_empty() {
        let mut best = Table::new("one,two,three,people,did,rate,rate_low,rate_high,expected,q");
        for of in &report.best {
            names(&mut best, &of.at.iter().cloned().map(Some).collect::<Vec<_>>());
            best.count(of.rate.people).count(of.rate.did).number(of.rate.rate, 6);
            best.number(of.rate.interval.low, 6).number(of.rate.interval.high, 6);
            best.maybe(of.expected, 6).number(of.q, 6).end();
        }
        files.extend(named([("pivot-best.csv", best.bytes())]));
    }
    files
}

/// `cohorts.json`, `cohorts.csv` (the triangle; what is not over yet has no line), `cohorts-ages.csv`,
/// `cohorts-activity.csv` and `cohorts-churn.csv`.
pub fn cohorts(report: &Released<CohortReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut cells = Table::new("cohort,size,age,people,rate,money,value_per_head");
    for cohort in &report.cohorts {
        for (age, cell) in (0..).zip(&cohort.cells) {
            let Some(cell) = cell else { continue };
            cells.label(&cohort.cohort).count(cohort.people).count(age).count(cell.people);
            cells.number(cell.rate, 6).money(cell.money, report.decimals).number(cell.value, 2).end();
        }
    }
    let mut ages = Table::new("age,cohorts,people,rate,rate_low,rate_high,value_per_head");
    for age in &report.ages {
        ages.count(age.age.into()).count(age.cohorts).count(age.people).number(age.rate, 6);
        ages.number(age.interval.low, 6).number(age.interval.high, 6).number(age.value, 2).end();
    }
    let mut activity = Table::new("day,dau,wau,mau,stickiness");
    for day in &report.activity {
        activity.label(&day.day).count(day.dau).maybe(day.wau.map(|n| n as f64), 0);
        activity.maybe(day.mau.map(|n| n as f64), 0).maybe(day.stickiness, 6).end();
    }
    let mut churn = Table::new("unit,complete,begin,acquired,returned,lost_early,lost_mature,end,net");
    for unit in &report.churn.units {
        churn.label(&unit.unit).count(unit.complete.into()).count(unit.begin).count(unit.acquired);
        churn.count(unit.returned).count(unit.early).count(unit.mature).count(unit.end).whole(unit.net).end();
    }
    named([
        ("cohorts.json", json),
        ("cohorts.csv", cells.bytes()),
        ("cohorts-ages.csv", ages.bytes()),
        ("cohorts-activity.csv", activity.bytes()),
        ("cohorts-churn.csv", churn.bytes()),
    ])
}

/// Between the steps of a path in one cell.
const ARROW: &str = " → ";

/// `paths.json`, `paths.csv`, `paths-links.csv`, `paths-next.csv` (first products, and what came next), `paths-gaps.csv`,
/// `paths-pairs.csv`, and `paths-common.csv`, `paths-touches.csv` where they were asked for.
pub fn paths(report: &Released<PathsReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut paths = Table::new("path,people,share,orders,money,median_days");
    for path in &report.paths {
        paths.label(&path.path.join(ARROW)).count(path.people).number(path.share, 6).count(path.orders);
        paths.money(path.money, report.decimals).maybe(path.days.map(f64::from), 0).end();
    }
    let mut links = Table::new("step,from,to,people");
    for link in &report.links {
        links.count(link.step.into()).label(&link.from).label(link.to.as_deref().unwrap_or_default());
        links.count(link.people).end();
    }
    let mut next = Table::new("first,next,people,rate,rate_low,rate_high,lift,q");
    for of in &report.first {
        next.label(&of.product).text("").count(of.people).number(of.share, 6).number(of.interval.low, 6);
        next.number(of.interval.high, 6).text("").text("").end();
    }
    for of in &report.next {
        next.label(&of.from).label(&of.to).count(of.people).number(of.rate, 6).number(of.interval.low, 6);
        next.number(of.interval.high, 6).number(of.lift, 4).number(of.q, 6).end();
    }
    let mut gaps = Table::new("product,orders,quarter_days,median_days,three_quarter_days");
    for gap in &report.gaps {
        gaps.label(gap.product.as_deref().unwrap_or("*")).count(gap.orders);
        for days in gap.days {
            gaps.count(days.into());
        }
        gaps.end();
    }
    let mut pairs = Table::new("one,other,orders,people,support,confidence,reverse_confidence,lift,chi2,q");
    for pair in &report.pairs {
        pairs.label(&pair.one).label(&pair.other).count(pair.orders).count(pair.people);
        pairs.number(pair.support, 6).number(pair.confidence, 6).number(pair.reverse, 6);
        pairs.number(pair.lift, 4).number(pair.chi2, 4).number(pair.q, 6).end();
    }
    let mut files = named([
        ("paths.json", json),
        ("paths.csv", paths.bytes()),
        ("paths-links.csv", links.bytes()),
        ("paths-next.csv", next.bytes()),
        ("paths-gaps.csv", gaps.bytes()),
        ("paths-pairs.csv", pairs.bytes()),
    ]);
    if !report.common.is_empty() {
        let mut table = Table::new("value,products,share,all_share,index,index_low,index_high");
        for of in &report.common {
            table.label(&of.value).count(of.products).number(of.share, 6).number(of.all_share, 6);
            let ends = of.index.interval;
            table.maybe(of.index.tgi, 2).maybe(ends.map(|i| i.low), 2).maybe(ends.map(|i| i.high), 2).end();
        }
        files.extend(named([("paths-common.csv", table.bytes())]));
    }
    if !report.touches.is_empty() {
        let mut table = Table::new("path,orders,people,share,money");
        for of in &report.touches {
            table.label(&of.path.join(ARROW)).count(of.orders).count(of.people).number(of.share, 6);
            table.money(of.money, report.decimals).end();
        }
        files.extend(named([("paths-touches.csv", table.bytes())]));
    }
    files
}

/// `rules.json` and `rules.csv`; the last line is those for whom no rule holds.
pub fn rules(report: &Released<RulesReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut table = Table::new("rule,people,share,share_low,share_high,orders,money,first");
    for rule in &report.rules {
        table.label(&rule.name).count(rule.people).number(rule.share, 6).number(rule.interval.low, 6);
        table.number(rule.interval.high, 6).count(rule.orders).money(rule.money, report.decimals);
        table.count(rule.first).end();
    }
    let share = report.none as f64 / report.people.max(1) as f64;
    table.text("").count(report.none).number(share, 6).text("").text("").text("").text("");
    table.count(report.none).end();
    named([("rules.json", json), ("rules.csv", table.bytes())])
}

/// `figures.json` and `figures.csv`: a line per verdict, with what was found.
pub fn figures(report: &Released<FiguresReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut table = Table::new("part,name,what,value,low,high,verdict");
    for of in &report.arms {
        table
            .text("arms")
            .label(&of.name)
            .text("split")
            .number(of.chi2, 6)
            .text("")
            .text("")
            .text(of.verdict)
            .end();
        for arm in &of.arms {
            let name = format!("{} / {}", of.name, arm.name);
            table.text("arms").label(&name).text("share").number(arm.share, 6).text("").text("");
            table.text(arm.share_verdict).end();
            let ends = |table: &mut Table, what: &'static str, value: f64, ends: crate::num::Interval| {
                table.text("arms").label(&name).text(what).number(value, 6).number(ends.low, 6);
                table.number(ends.high, 6).text(arm.interval_verdict).end();
            };
            arm.rate.zip(arm.interval).into_iter().for_each(|(rate, of)| ends(&mut table, "rate", rate, of));
            arm.difference.into_iter().for_each(|(by, of)| ends(&mut table, "difference", by, of));
            arm.relative.into_iter().for_each(|(by, of)| ends(&mut table, "relative", by, of));
        }
        if let Some(growth) = &of.growth {
            table.text("arms").label(&of.name).text("growth").maybe(growth.growth, 4).text("").text("");
            table.text(growth.verdict).end();
        }
    }
    for of in &report.sums {
        table.text("sums").label(&of.name).text("sum").count(of.sum).text("").text("").text(of.verdict).end();
    }
    for of in &report.stages {
        table.text("stages").label(&of.name).text("ratio").number(of.ratio, 6);
        table
            .maybe(of.interval.map(|i| i.low), 6)
            .maybe(of.interval.map(|i| i.high), 6)
            .text(of.verdict)
            .end();
    }
    for of in &report.changes {
        for (what, value) in
            [("points", of.points.or(of.if_points)), ("percent", of.percent.or(of.if_percent))]
        {
            table.text("changes").label(&of.name).text(what).maybe(value, 4).text("").text("");
            table.text(of.verdict).end();
        }
    }
    named([("figures.json", json), ("figures.csv", table.bytes())])
}

/// `traffic.json`, `traffic.csv` (arms) and `traffic-collisions.csv` (people in an arm of one layer and of another).
pub fn traffic(report: &Released<TrafficReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut arms = Table::new("layer,experiment,arm,from,to,people,share,planned,chi2,p");
    for (layer, of) in
        report.layers.iter().flat_map(|layer| layer.experiments.iter().map(move |of| (layer, of)))
    {
        for arm in &of.arms {
            arms.label(&layer.layer)
                .label(&of.experiment)
                .label(&arm.arm)
                .count(arm.from.into())
                .count(arm.to.into());
            arms.count(arm.people)
                .number(arm.share, 6)
                .number(arm.planned, 6)
                .number(of.chi2, 6)
                .number(of.p, 6)
                .end();
        }
    }
    let mut both =
        Table::new("layer,experiment,arm,other_layer,other_experiment,other_arm,people,chi2,df,p,v");
    for of in &report.collisions {
        for (row, people) in of.rows.iter().zip(&of.people) {
            for (column, people) in of.columns.iter().zip(people) {
                both.label(&of.one)
                    .label(&row.0)
                    .label(&row.1)
                    .label(&of.other)
                    .label(&column.0)
                    .label(&column.1);
                let test = of.association;
                both.count(*people)
                    .number(test.chi2, 6)
                    .count(test.df.into())
                    .number(test.p, 6)
                    .number(test.v, 6)
                    .end();
            }
        }
    }
    named([("traffic.json", json), ("traffic.csv", arms.bytes()), ("traffic-collisions.csv", both.bytes())])
}

/// `features.json`, `features.csv` (a line per feature) and `features-bins.csv` (how often the outcome came by its values).
pub fn features(report: &Released<FeaturesReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut table = Table::new(
        "feature,people,coverage_without,coverage_with,mean_without,mean_with,median_without,median_with,auc,auc_low,auc_high,iv,iv_noise,q",
    );
    let mut bins = Table::new("feature,kind,from,to,label,people,with,rate,rate_low,rate_high");
    for of in &report.features {
        table.label(&of.name).count(of.people).number(of.coverage[0], 6).number(of.coverage[1], 6);
        for side in 0..2 {
            table.maybe(of.mean.map(|mean| mean[side]), 4);
        }
        for side in 0..2 {
            match of.quartiles {
                Some(quartiles) => table.money(quartiles[side][1], of.decimals),
                None => table.text(""),
            };
        }
        table
            .maybe(of.auc, 6)
            .maybe(of.auc_interval.map(|i| i.low), 6)
            .maybe(of.auc_interval.map(|i| i.high), 6);
        table.number(of.iv, 6).number(of.iv_noise, 6).number(of.q, 6).end();
        for bin in &of.bins {
            bins.label(&of.name).text(bin.kind);
            match bin.range {
                Some([low, high]) => bins.money(low, of.decimals).money(high, of.decimals),
                None => bins.text("").text(""),
            };
            bins.label(bin.label.as_deref().unwrap_or_default()).count(bin.people).count(bin.did);
            bins.number(bin.rate, 6).number(bin.interval.low, 6).number(bin.interval.high, 6).end();
        }
    }
    named([("features.json", json), ("features.csv", table.bytes()), ("features-bins.csv", bins.bytes())])
}

/// `campaigns.json`, `campaigns.csv` (cells and margins: a margin has `*`; the last row is everything), and
/// `campaigns-compared.csv`, `campaigns-goals.csv`, `campaigns-odd.csv` where there are any.
pub fn campaigns(report: &Released<CampaignReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut cells = Table::new(
        "one,two,rows,impressions,clicks,cost,conversions,revenue,ctr,ctr_low,ctr_high,cvr,cvr_low,cvr_high,cpc,cpm,cpa,roas",
    );
    let all = vec![None; report.by.len()];
    let total = std::iter::once((&all, &report.total));
    for (at, figures) in report.cells.iter().map(|cell| (&cell.at, &cell.figures)).chain(total) {
        for axis in 0..2 {
            match at.get(axis) {
                Some(label) => cells.label(label.as_deref().unwrap_or("*")),
                None => cells.text(""),
            };
        }
        counted(&mut cells, figures, report.decimals);
    }
    let mut files = named([("campaigns.json", json), ("campaigns.csv", cells.bytes())]);
    if !report.compared.is_empty() {
        let mut table = Table::new(
            "one,other,figure,first,second,points,points_low,points_high,percent,percent_low,percent_high,p",
        );
        for of in &report.compared {
            for change in &of.changes {
                table.label(&of.names[0]).label(&of.names[1]).text(change.figure);
                table.number(change.values[0], 6).number(change.values[1], 6);
                table.maybe(change.points.map(|p| p.0), 6).maybe(change.points.map(|p| p.1.low), 6);
                table.maybe(change.points.map(|p| p.1.high), 6).maybe(change.percent, 6);
                let ends = change.percent_interval;
                table.maybe(ends.map(|i| i.low), 6).maybe(ends.map(|i| i.high), 6);
                table.maybe(change.p, 6).end();
            }
        }
        files.extend(named([("campaigns-compared.csv", table.bytes())]));
    }
    if !report.goals.is_empty() {
        let mut table = Table::new("figure,goal,actual,attained,met");
        for of in &report.goals {
            table.label(&of.figure).number(of.goal, 6).maybe(of.actual, 6).maybe(of.attained, 6);
            table.text(of.met.map_or("", |met| if met { "1" } else { "0" })).end();
        }
        files.extend(named([("campaigns-goals.csv", table.bytes())]));
    }
    if !report.named.is_empty() {
        let mut table = Table::new("file,row,what");
        report.named.iter().for_each(|of| table.label(&of.file).count(of.row).text(of.code).end());
        files.extend(named([("campaigns-odd.csv", table.bytes())]));
    }
    files
}

fn counted(table: &mut Table, of: &CampaignFigures, decimals: u8) {
    table.count(of.rows);
    for (sum, decimals) in of.sums.iter().zip([0, 0, decimals, 0, decimals]) {
        match sum {
            Some(sum) => table.money(*sum, decimals),
            None => table.text(""),
        };
    }
    for rate in [of.ctr, of.cvr] {
        table.maybe(rate.map(|r| r.rate), 6);
        table.maybe(rate.map(|r| r.interval.low), 6).maybe(rate.map(|r| r.interval.high), 6);
    }
    table.maybe(of.cpc, 6).maybe(of.cpm, 6).maybe(of.cpa, 6).maybe(of.roas, 6).end();
}

/// `feedback.json`, `feedback-topics.csv`, `feedback-words.csv`, `feedback-months.csv`, and `feedback-by.csv` where texts are
/// told apart by a column.
pub fn feedback(report: &Released<FeedbackReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut topics = Table::new(
        "topic,texts,praised,blamed,people,share,share_low,share_high,complainers,complaining,complaining_low,complaining_high,\
         before,before_people,now,now_people,difference,difference_low,difference_high,q",
    );
    for of in &report.topics {
        topics.label(&of.name).count(of.texts).count(of.praised).count(of.blamed).count(of.people);
        topics
            .number(of.share, 6)
            .number(of.interval.low, 6)
            .number(of.interval.high, 6)
            .count(of.complainers);
        let ends = of.complaining_interval;
        topics.number(of.complaining, 6).number(ends.low, 6).number(ends.high, 6);
        match &of.change {
            Some(change) => {
                for n in change.before.iter().chain(&change.now) {
                    topics.count(*n);
                }
                topics.number(change.difference, 6).number(change.interval.low, 6);
                topics.number(change.interval.high, 6).number(change.q, 6);
            }
            None => {
                (0..8).for_each(|_| {
                    topics.text("");
                });
            }
        }
        topics.end();
    }
    let mut words = Table::new("word,texts,people,complainers,tgi,tgi_low,tgi_high,q,topics");
    for of in &report.words {
        words.label(&of.word).count(of.texts).count(of.people).count(of.complainers).maybe(of.tgi.tgi, 2);
        let ends = of.tgi.interval;
        words.maybe(ends.map(|i| i.low), 2).maybe(ends.map(|i| i.high), 2).number(of.q, 6);
        words.label(&of.topics.join("; ")).end();
    }
    let lines = |head: &str, lines: &[TextLine]| {
        let moods = MOODS.join(",");
        let mut table =
            Table::new(&format!("{head},texts,{moods},people,complainers,share,share_low,share_high,q"));
        for of in lines {
            table.label(&of.name).count(of.texts);
            for n in of.moods {
                table.count(n);
            }
            table.count(of.people).count(of.complainers).number(of.share, 6);
            table.number(of.interval.low, 6).number(of.interval.high, 6).maybe(of.q, 6).end();
        }
        table.bytes()
    };
    let mut files = named([
        ("feedback.json", json),
        ("feedback-topics.csv", topics.bytes()),
        ("feedback-words.csv", words.bytes()),
        ("feedback-months.csv", lines("month", &report.months)),
    ]);
    if report.column.is_some() {
        files.extend(named([("feedback-by.csv", lines("value", &report.by))]));
    }
    files
}
