//! What is planted in the city's year. Rates are of 1,000.

/// Seconds of a day.
pub(super) const DAY: u32 = 86_400;
/// The first second of 2025-07-01.
pub(super) const START: u32 = 20_270 * DAY;
/// The first second behind 2026-06-30, the day the city was drawn up.
pub(super) const END: u32 = 20_635 * DAY;

/// Of the stages, as JD names them; the first is outside.
pub(super) const STAGES: [&str; 5] = ["", "A1", "A2", "A3", "A4"];
/// Of those in A1 and A2 when a block begins, who goes higher within [`FAIR`] days.
pub(super) const STOCK: [u16; 2] = [350, 120];
/// Of those who come into A1 and A2 in a block: in A1 old people go on more often, in A2 new ones.
pub(super) const NEW: [u16; 2] = [200, 300];
/// Days within which they do, or do not.
pub(super) const FAIR: u32 = 14;
/// Buyers who look around in a block.
pub(super) const CASUAL: u16 = 500;

/// What people do. A trial pack is asked for by steps whose words no preset of stages knows.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Event {
    Impression,
    View,
    Click,
    Search,
    Cart,
    Favorite,
    TrialOpen,
    TrialForm,
    TrialVerify,
    TrialDone,
    Subscribe,
}

impl Event {
    pub(super) fn name(self) -> &'static str {
        [
            "impression",
            "view",
            "click",
            "search",
            "cart",
            "favorite",
            "trial-open",
            "trial-form",
            "trial-verify",
            "trial-done",
            "subscribe",
        ][self as usize]
    }
}

/// Where people come in, and how often.
pub(super) const CHANNELS: [(&str, u16); 4] = [("app", 400), ("web", 200), ("小程序", 250), ("抖音", 150)];
/// People who ask for a trial pack.
pub(super) const TRIAL: u16 = 700;
/// The steps, and who takes each after the one before, by channel. The code by text message mostly fails in the
/// mini-programme: the bug.
pub(super) const STEPS: [(Event, [u16; 4]); 4] = [
    (Event::TrialOpen, [1_000; 4]),
    (Event::TrialForm, [850; 4]),
    (Event::TrialVerify, [800, 800, 350, 800]),
    (Event::TrialDone, [920; 4]),
];

/// Arms of both experiments.
pub(super) const ARMS: [&str; 2] = ["control", "coupon"];
/// Who subscribes within [`FAIR`] days of being put into an arm: twelve percent more.
pub(super) const LIFT: [u16; 2] = [300, 336];
/// Rows of the second arm that the broken experiment lost.
pub(super) const LOST: u16 = 120;

/// Product, category, and how often it is bought.
pub(super) const GOODS: [(&str, &str, u16); 6] = [
    ("洁面乳", "清洁", 60),
    ("爽肤水", "水乳", 100),
    ("面霜", "水乳", 220),
    ("精华", "精华", 180),
    ("防晒", "防护", 260),
    ("面膜", "清洁", 180),
];
/// Behind the first the second is bought next,
pub(super) const PAIR: [usize; 2] = [0, 1];
/// by so many of its buyers,
pub(super) const PAIRED: u16 = 600;
/// so many days later, each as likely.
pub(super) const PAIR_GAP: [u32; 2] = [30, 60];
/// All else is bought as BG/NBD says: at a rate per week that is Gamma(r) over α, until a chance that is Beta(a, b) ends it
/// (Fader, Hardie, Lee: Counting your customers the easy way).
pub(super) const AGAIN: [u32; 4] = [1, 8, 1, 3];

/// What an order is worth: Gamma draws of these shapes, the order's over the person's, times fen. Its mean is
/// `WORTH · SPREAD[0] / (SPREAD[1] − 1)`, 120 yuan (Fader, Hardie: The Gamma–Gamma model of monetary value).
pub(super) const WORTH: f64 = 6_000.0;
pub(super) const SPREAD: [u32; 2] = [6, 4];
