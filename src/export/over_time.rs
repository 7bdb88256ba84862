//! Files of analyses over time: the report as JSON, its tables as CSV.

use super::csv::Table;
use crate::analysis::clv::ClvReport;
use crate::analysis::experiment::observed::ObservedReport;
use crate::analysis::experiment::{ExperimentReport, MetricReport};
use crate::analysis::funnel::FunnelReport;
use crate::analysis::intake::Intake;
use crate::analysis::rfm::RfmReport;
use crate::analysis::stages::{Converted, StagesReport};
use crate::gate::Released;
use crate::json::{self, pretty};
use crate::table::history::money;

/// Files by name.
pub type Files = Vec<(String, Vec<u8>)>;

pub(super) fn named(files: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Files {
    files.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect()
}

/// `rows.json`: where the rows of the files went.
pub fn rows_json(intake: &Released<Intake>) -> Vec<u8> {
    pretty(intake.get())
}

/// `rfm.json`, `rfm.csv` (groups), `rfm-map.csv` and, with flow, `rfm-flow.csv`.
pub fn rfm(report: &Released<RfmReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut groups = Table::new(
        "group,strategy,people,share,orders,money,money_share,order_value,median_days,median_orders,median_money,people_before",
    );
    for group in &report.groups {
        groups.label(&group.name).label(&group.strategy).count(group.people).number(group.share, 6);
        groups.whole(group.orders).money(group.money, report.decimals).number(group.money_share, 6);
        groups.maybe(group.order_value, 2);
        match group.medians {
            Some([days, orders, money]) => groups.whole(days).whole(orders).money(money, report.decimals),
            None => groups.text("").text("").text(""),
        };
        match group.before {
            Some(before) => groups.count(before),
            None => groups.text(""),
        };
        groups.end();
    }
    let mut map = Table::new("r,fm,group,people,money");
    for cell in &report.cells {
        map.count(cell.r.into()).count(cell.fm.into()).label(&cell.group).count(cell.people);
        map.money(cell.money, report.decimals).end();
    }
    let mut files = named([("rfm.json", json), ("rfm.csv", groups.bytes()), ("rfm-map.csv", map.bytes())]);
    if let Some(flow) = &report.flow {
        let mut table = Table::new("from,to,people");
        for (from, to, people) in &flow.moves {
            table.label(from.as_deref().unwrap_or_default()).label(to.as_deref().unwrap_or_default());
            table.count(*people).end();
        }
        files.extend(named([("rfm-flow.csv", table.bytes())]));
    }
    files
}

/// `clv.json`, `clv.csv` (bands, then lifecycle states), `clv-jumps.csv`, and `clv-holdout.csv` where the forecast was held
/// against what came.
pub fn clv(report: &Released<ClvReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut table = Table::new("part,name,people,share,orders,money,value,value_per_person,alive");
    let bands = report.bands.iter().map(|band| ("band", band.band, &band.sum));
    let states = report.states.iter().map(|state| ("lifecycle", state.state, &state.sum));
    for (part, name, sum) in bands.chain(states) {
        table.text(part).text(name).count(sum.people).number(sum.share, 6).count(sum.orders);
        table.money(sum.money, report.decimals).money(sum.value, report.decimals);
        let unit = 10f64.powi(i32::from(report.decimals));
        table.maybe((sum.people > 0).then(|| sum.value as f64 / unit / sum.people as f64), 2);
        table.number(sum.alive, 6).end();
    }
    let mut jumps = Table::new("from,to,people");
    for jump in &report.jumps {
        jumps.text(jump.from.unwrap_or_default()).text(jump.to).count(jump.people).end();
    }
    let mut files = named([("clv.json", json), ("clv.csv", table.bytes()), ("clv-jumps.csv", jumps.bytes())]);
    if let Some(held) = &report.holdout {
        let mut table = Table::new(
            "repeat_orders_before,people,predicted_orders,actual_orders,predicted_money,actual_money",
        );
        for row in &held.rows {
            table
                .count(row.repeats.into())
                .count(row.people)
                .number(row.predicted, 6)
                .number(row.actual, 6)
                .maybe(row.money.map(|[predicted, _]| predicted), 4)
                .maybe(row.money.map(|[_, came]| came), 4)
                .end();
        }
        files.extend(named([("clv-holdout.csv", table.bytes())]));
    }
    files
}

/// `funnel.json`, `funnel.csv`, and `funnel-values.csv`, `funnel-change.csv`, `funnel-counts.csv` where there are any.
pub fn funnel(report: &Released<FunnelReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut files = named([("funnel.json", json)]);
    if !report.steps.is_empty() {
        let mut table = Table::new(
            "step,people,rate,rate_low,rate_high,overall,lost,median_seconds,p90_seconds,bottleneck",
        );
        for step in &report.steps {
            table.label(&step.name).count(step.people).number(step.rate, 6).number(step.interval.low, 6);
            table.number(step.interval.high, 6).number(step.overall, 6).count(step.lost);
            let [median, late] = [0, 1].map(|at| step.seconds.map(|all| f64::from(all[at])));
            table.maybe(median, 0).maybe(late, 0);
            table.count(step.bottleneck.into()).end();
        }
        files.extend(named([("funnel.csv", table.bytes())]));
    }
    if !report.values.is_empty() {
        let mut table = Table::new("value,step,people,rate,rate_low,rate_high,ln_ratio,q");
        for value in &report.values {
            for (step, of) in report.steps.iter().zip(&value.steps) {
                table.label(&value.value).label(&step.name).count(of.people).number(of.rate, 6);
                table
                    .number(of.interval.low, 6)
                    .number(of.interval.high, 6)
                    .maybe(of.ln_ratio, 6)
                    .maybe(of.q, 6)
                    .end();
            }
        }
        files.extend(named([("funnel-values.csv", table.bytes())]));
    }
    if let Some(change) = &report.change {
        let mut table = Table::new(
            "part,name,people_before,people,rate_before,rate,ln_change,effect,effect_low,effect_high,mix_effect",
        );
        for step in &change.steps {
            table.text("step").label(&step.name).count(step.people[0]).count(step.people[1]);
            table.number(step.rates[0], 6).number(step.rates[1], 6).maybe(step.ln_change, 6);
            table.maybe(step.part, 6).maybe(step.interval.map(|i| i.low), 6);
            table.maybe(step.interval.map(|i| i.high), 6).text("").end();
        }
        for value in &change.values {
            table.text("value").label(&value.value).count(value.people[0]).count(value.people[1]);
            table.number(value.overall[0], 6).number(value.overall[1], 6).text("");
            table.number(value.rate, 6).maybe(value.interval.map(|i| i.low), 6);
            table.maybe(value.interval.map(|i| i.high), 6).number(value.mix, 6).end();
        }
        files.extend(named([("funnel-change.csv", table.bytes())]));
    }
    if !report.counted.is_empty() {
        let mut table = Table::new("funnel,step,people,rate,rate_low,rate_high,overall,printed,verdict");
        for counted in &report.counted {
            for (at, step) in (1..).zip(&counted.steps) {
                table.label(&counted.name).count(at).count(step.people).number(step.rate, 6);
                table.maybe(step.interval.map(|i| i.low), 6).maybe(step.interval.map(|i| i.high), 6);
                table
                    .number(step.overall, 6)
                    .label(step.printed.as_deref().unwrap_or_default())
                    .text(step.verdict)
                    .end();
            }
        }
        files.extend(named([("funnel-counts.csv", table.bytes())]));
    }
    files
}

/// `experiment.json`, `experiment.csv`, and `experiment-segments.csv` with `experiment-trends.csv`, `experiment-curve.csv`,
/// `experiment-uplift.csv` (bands) with `experiment-qini.csv`, `experiment-factors.csv` (combinations) with
/// `experiment-levels.csv` and `experiment-effects.csv`, `experiment-observed.csv` with `experiment-balance.csv` where there are any.
pub fn experiment(report: &Released<ExperimentReport>) -> Files {
    const HEADER: &str = "segment,metric,kind,arm,people,positive,value,low,high,difference,difference_low,difference_high,relative,relative_low,relative_high,statistic,df,p,adjusted_p,always_p,always_low,always_high,verdict,resampled,resampled_low,resampled_high";
    let json = pretty(report.get());
    let report = report.get();
    let mut table = Table::new(HEADER);
    report.metrics.iter().for_each(|metric| arms(&mut table, "", metric));
    let mut files = named([("experiment.json", json), ("experiment.csv", table.bytes())]);
    if !report.segments.is_empty() {
        let mut table = Table::new(HEADER);
        for segment in &report.segments {
            segment.metrics.iter().for_each(|metric| arms(&mut table, &segment.segment, metric));
        }
        let mut trends = Table::new("metric,from,to,z,p");
        for of in &report.trends {
            trends
                .label(&of.metric)
                .label(&of.ends.0)
                .label(&of.ends.1)
                .number(of.z, 6)
                .number(of.p, 6)
                .end();
        }
        files.extend(named([
            ("experiment-segments.csv", table.bytes()),
            ("experiment-trends.csv", trends.bytes()),
        ]));
    }
    if !report.curve.is_empty() {
        let mut table = Table::new("day,arm,share");
        for point in &report.curve {
            for (arm, share) in report.arms.iter().zip(&point.shares) {
                table.count(point.day.into()).label(&arm.arm).number(*share, 6).end();
            }
        }
        files.extend(named([("experiment-curve.csv", table.bytes())]));
    }
    files.extend(report.factorial.iter().flat_map(super::factors::factors));
    if let Some(uplift) = &report.uplift {
        let mut bands = Table::new("band,control,people,uplift,low,high,uplift_so_far");
        for of in &uplift.bands {
            bands.count(of.band.into()).count(of.control).count(of.people).maybe(of.uplift, 6);
            bands.maybe(of.interval.map(|i| i.low), 6).maybe(of.interval.map(|i| i.high), 6);
            bands.maybe(of.so_far, 6).end();
        }
        let mut curve = Table::new("share,gained_per_person");
        uplift.curve.iter().for_each(|at| curve.number(at.share, 6).number(at.gained, 6).end());
        files.extend(named([
            ("experiment-uplift.csv", bands.bytes()),
            ("experiment-qini.csv", curve.bytes()),
        ]));
    }
    files.extend(report.policy.iter().flat_map(super::factors::policy));
    files.extend(report.observed.iter().flat_map(alike));
    files
}

/// Arms among people alike.
fn alike(report: &ObservedReport) -> Files {
    let mut effects =
        Table::new("arm,metric,people,outside,seen,mean_control,mean_arm,difference,low,high,p");
    let mut balance = Table::new("arm,column,value,before,after");
    for arm in &report.arms {
        for of in &arm.effects {
            effects.label(&arm.arm).label(&of.metric).count(arm.people.iter().sum());
            effects.count(arm.outside.iter().sum()).number(of.seen, 6).number(of.means[0], 6);
            effects.number(of.means[1], 6).number(of.difference, 6).maybe(of.interval.map(|i| i.low), 6);
            effects.maybe(of.interval.map(|i| i.high), 6).maybe(of.p, 6).end();
        }
        for bin in &arm.balance {
            balance.label(&arm.arm).label(&bin.column).label(&bin.value);
            balance.maybe(bin.before, 6).maybe(bin.after, 6).end();
        }
    }
    named([("experiment-observed.csv", effects.bytes()), ("experiment-balance.csv", balance.bytes())])
}

fn arms(table: &mut Table, segment: &str, metric: &MetricReport) {
    let kind = json::text(&metric.kind);
    for arm in &metric.arms {
        let (low, high) = (arm.interval.map(|i| i.low), arm.interval.map(|i| i.high));
        table
            .label(segment)
            .label(&metric.name)
            .label(kind.trim_matches('"'))
            .label(&arm.arm)
            .count(arm.people)
            .count(arm.positive);
        table.maybe(arm.value, 6).maybe(low, 6).maybe(high, 6);
        let lift = arm.lift.as_ref();
        let of = |ends: Option<crate::num::Interval>| [ends.map(|i| i.low), ends.map(|i| i.high)];
        let [low, high] = of(lift.and_then(|l| l.interval));
        let [relative_low, relative_high] = of(lift.and_then(|l| l.relative_interval));
        table.maybe(lift.map(|l| l.difference), 6).maybe(low, 6).maybe(high, 6);
        table.maybe(lift.and_then(|l| l.relative), 6).maybe(relative_low, 6).maybe(relative_high, 6);
        table.maybe(lift.and_then(|l| l.statistic), 6).maybe(lift.and_then(|l| l.df), 2);
        table.maybe(lift.and_then(|l| l.p), 6).maybe(lift.and_then(|l| l.adjusted), 6);
        let always = lift.and_then(|l| l.sequential);
        table.maybe(always.map(|a| a.p), 6).maybe(always.map(|a| a.interval.low), 6);
        table.maybe(always.map(|a| a.interval.high), 6);
        let verdict = lift.map(|l| json::text(&l.verdict)).unwrap_or_default();
        table.label(verdict.trim_matches('"'));
        let drawn = lift.and_then(|l| l.resampled);
        table.maybe(drawn.map(|d| d.difference), 6).maybe(drawn.map(|d| d.interval.low), 6);
        table.maybe(drawn.map(|d| d.interval.high), 6).end();
    }
}

/// `stages.json`, `stages.csv`, `stages-flow.csv`, `stages-trend.csv`, `stages-new.csv` (old against new people),
/// `stages-lag.csv`, and, where there are any, `stages-touches.csv`, `stages-categories.csv` and `stages-category-flow.csv`.
/// A stage without a name is "outside".
pub fn stages(report: &Released<StagesReport>) -> Files {
    let json = pretty(report.get());
    let report = report.get();
    let mut table = Table::new(
        "stage,people,share,before,inflow,outflow,stock_ratio,cohort_rate,cohort_low,cohort_high,lower_active,lower_silent",
    );
    for stage in &report.stages {
        table.label(stage.stage.as_deref().unwrap_or_default()).count(stage.people).number(stage.share, 6);
        table.count(stage.before).count(stage.inflow).count(stage.outflow).maybe(stage.stock_ratio, 6);
        let [low, high] = [stage.cohort_interval.map(|i| i.low), stage.cohort_interval.map(|i| i.high)];
        table.maybe(stage.cohort_rate, 6).maybe(low, 6).maybe(high, 6);
        table.count(stage.lower[0]).count(stage.lower[1]).end();
    }
    let mut flow = Table::new("from,to,direction,people,active,share");
    for step in &report.flow {
        flow.label(step.from.as_deref().unwrap_or_default()).label(step.to.as_deref().unwrap_or_default());
        flow.text(step.direction).count(step.people).count(step.active).number(step.share, 6).end();
    }
    let mut trend = Table::new("day,stage,people");
    for day in &report.trend {
        for (stage, people) in report.stages.iter().zip(&day.people) {
            trend.label(&day.day).label(stage.stage.as_deref().unwrap_or_default()).count(*people).end();
        }
    }
    let mut new = Table::new("stage,time,who,people,higher,rate,rate_low,rate_high,z,p");
    let mut lag = Table::new("stage,days,at_risk,share,low,high");
    for of in &report.stock_or_new {
        let mut line =
            |time: &'static str, who: &'static str, c: &Converted, test: &crate::num::TwoProportions| {
                new.label(&of.stage).text(time).text(who).count(c.people).count(c.higher).number(c.rate, 6);
                new.number(c.interval.low, 6)
                    .number(c.interval.high, 6)
                    .number(test.z, 6)
                    .number(test.p, 6)
                    .end();
            };
        line("all", "stock", &of.stock, &of.test);
        line("all", "new", &of.new, &of.test);
        line("fair", "stock", &of.stock_fair, &of.test_fair);
        line("fair", "new", &of.new_fair, &of.test_fair);
        for point in &of.lag {
            lag.label(&of.stage).count(point.time.into()).count(point.at_risk).number(point.share, 6);
            lag.number(point.low, 6).number(point.high, 6).end();
        }
    }
    let mut files = named([
        ("stages.json", json),
        ("stages.csv", table.bytes()),
        ("stages-flow.csv", flow.bytes()),
        ("stages-trend.csv", trend.bytes()),
        ("stages-new.csv", new.bytes()),
        ("stages-lag.csv", lag.bytes()),
    ]);
    if !report.touches.is_empty() {
        files.extend(named([("stages-touches.csv", touches(report))]));
    }
    if !report.categories.is_empty() {
        files.extend(categories(report));
    }
    files
}

fn touches(report: &StagesReport) -> Vec<u8> {
    let mut table = Table::new(
        "from,to,touch,people,movers,share,stayed,stayers,stayed_share,index,index_low,index_high",
    );
    for of in &report.touches {
        table.label(of.from.as_deref().unwrap_or_default()).label(&of.to).label(&of.touch);
        table.count(of.people).count(of.movers).number(of.share, 6);
        table.count(of.stayed).count(of.stayers).number(of.stayed_share, 6);
        let ends = of.index.interval;
        table.maybe(of.index.tgi, 2).maybe(ends.map(|i| i.low), 2).maybe(ends.map(|i| i.high), 2).end();
    }
    table.bytes()
}

fn categories(report: &StagesReport) -> Files {
    let mut stages = Table::new("category,stage,people,share,before,inflow,outflow");
    let mut flow = Table::new("category,from,to,direction,people,active,share");
    for of in &report.categories {
        for stage in &of.stages {
            stages.label(&of.category).label(stage.stage.as_deref().unwrap_or_default());
            stages.count(stage.people).number(stage.share, 6);
            stages.count(stage.before).count(stage.inflow).count(stage.outflow).end();
        }
        for step in &of.flow {
            flow.label(&of.category).label(step.from.as_deref().unwrap_or_default());
            flow.label(step.to.as_deref().unwrap_or_default()).text(step.direction);
            flow.count(step.people).count(step.active).number(step.share, 6).end();
        }
    }
    named([("stages-categories.csv", stages.bytes()), ("stages-category-flow.csv", flow.bytes())])
}

impl Table {
    /// A whole number that may be below zero.
    pub(super) fn whole(&mut self, number: i64) -> &mut Table {
        self.written(&number.to_string())
    }
    /// Minor units as an amount.
    pub(super) fn money(&mut self, amount: i64, decimals: u8) -> &mut Table {
        self.written(&money::text(amount, decimals))
    }
}
