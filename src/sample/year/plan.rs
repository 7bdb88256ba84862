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
/// Into a basket that the first is bought for goes the second,
pub(super) const TOGETHER: [usize; 2] = [2, 3];
/// so often.
pub(super) const WITH: u16 = 300;
/// Any other basket but those of [`PAIR`] holds, so often, one of the rest as well, each as often as it is bought alone.
pub(super) const BESIDE: u16 = 60;
/// All else is bought as BG/NBD says: at a rate per week that is Gamma(r) over α, until a chance that is Beta(a, b) ends it
/// (Fader, Hardie, Lee: Counting your customers the easy way).
pub(super) const AGAIN: [u32; 4] = [1, 8, 1, 3];

/// What an order is worth: Gamma draws of these shapes, the order's over the person's, times fen. Its mean is
/// `WORTH · SPREAD[0] / (SPREAD[1] − 1)`, 120 yuan (Fader, Hardie: The Gamma–Gamma model of monetary value).
pub(super) const WORTH: f64 = 6_000.0;
pub(super) const SPREAD: [u32; 2] = [6, 4];

/// What products are, in the order of [`GOODS`]: series, brand, price band.
pub(super) const ABOUT: [[&str; 3]; 6] = [
    ["净澈", "岚泉", "100 元以下"],
    ["净澈", "岚泉", "100–200 元"],
    ["焕颜", "岚泉", "200 元以上"],
    ["焕颜", "岚泉", "200 元以上"],
    ["日护", "沐初", "100 元以下"],
    ["日护", "沐初", "100–200 元"],
];

/// Channels of the coupon, how often each is somebody's, who clicks what arrived, and who redeems what they clicked: of what
/// arrived 7 % and 12 %.
pub(super) const BY: [(&str, u16, [u16; 2]); 2] = [("短信", 600, [200, 350]), ("微信", 400, [300, 400])];
/// Messages that never arrive.
pub(super) const ASTRAY: u16 = 40;
/// The waves and their days: 4, 18 and 24 June.
pub(super) const WAVES: [(&str, u32); 3] =
    [("预热", END - 27 * DAY), ("正日", END - 13 * DAY), ("返场", END - 7 * DAY)];
/// Who is sent a message, in each wave anew.
pub(super) const CONTACTED: u16 = 600;

/// A medium.
pub(super) struct Media {
    pub channel: &'static str,
    /// Impressions of a day, a fifth more or less.
    pub shown: u32,
    /// Clicks before and in the last quarter.
    pub clicks: [u16; 2],
    /// Fen for a thousand impressions.
    pub price: u32,
}

/// The first second of 2026-04-01, the last quarter.
pub(super) const LATE: u32 = END - 91 * DAY;
/// One of them finds twice as many clicks in the last quarter, for the same money.
pub(super) const MEDIA: [Media; 5] = [
    Media { channel: "抖音", shown: 60_000, clicks: [12, 24], price: 1_400 },
    Media { channel: "小红书", shown: 35_000, clicks: [18, 18], price: 2_400 },
    Media { channel: "朋友圈", shown: 45_000, clicks: [9, 9], price: 1_400 },
    Media { channel: "搜索", shown: 8_000, clicks: [60, 60], price: 9_600 },
    Media { channel: "开屏", shown: 90_000, clicks: [6, 6], price: 900 },
];
/// Contents, who converts after a click, and fen per conversion. The second earns most for its money, and not the third,
/// which converts most.
pub(super) const CONTENTS: [(&str, u16, u32); 4] =
    [("明星代言", 20, 12_000), ("达人测评", 36, 13_000), ("限时券", 48, 8_000), ("新品故事", 24, 12_000)];

/// Buyers who write.
pub(super) const WRITES: u16 = 400;
/// Texts that complain of deliveries, the app, packaging, effect, price: as a rule, and where or when it is worse. Deliveries
/// are late in the last thirty days, codes fail in the mini-programme.
pub(super) const BLAMED: [[u16; 2]; 5] = [[80, 300], [40, 250], [70, 70], [60, 60], [50, 50]];
/// Texts that praise a topic, if they do not complain of it.
pub(super) const PRAISED: u16 = 200;
/// Texts whose stars have nothing to do with what they say.
pub(super) const ASKEW: u16 = 100;
/// What some call a product.
pub(super) const NICKNAME: &str = "小绿瓶";
/// Texts that do.
pub(super) const NICKNAMED: u16 = 120;

/// What a platform counts by stage.
pub(super) struct Counted {
    pub category: &'static str,
    /// In each of [`STAGES`] at first.
    pub people: [u32; 5],
    /// Of A1 who is in A2 a month later.
    pub up: u16,
    /// New people of a month, a tenth more or less.
    pub new: u32,
}

/// Everyone, and those of two categories: who is in both is one of everyone.
pub(super) const PLATFORM: [Counted; 3] = [
    Counted { category: "全部", people: [0, 260_000, 96_000, 41_000, 12_500], up: 90, new: 70_000 },
    Counted { category: "清洁", people: [0, 150_000, 52_000, 21_000, 6_000], up: 60, new: 38_000 },
    Counted { category: "水乳", people: [0, 140_000, 58_000, 26_000, 8_200], up: 120, new: 46_000 },
];
/// Days of its months: January to June.
pub(super) const MONTHS: [u32; 6] = [31, 28, 31, 30, 31, 30];
/// Other moves of a month: from, to, how many.
pub(super) const MOVES: [(usize, usize, u16); 9] = [
    (1, 3, 15),
    (1, 0, 210),
    (2, 3, 80),
    (2, 1, 140),
    (2, 0, 60),
    (3, 4, 70),
    (3, 2, 60),
    (3, 0, 30),
    (4, 3, 90),
];
/// More than can ever come from outside.
pub(super) const GONE: u32 = 1 << 30;
/// The count that is too high: whose, of which stage, and by how many.
pub(super) const OVER: (usize, usize, u32) = (2, 2, 1_000);
