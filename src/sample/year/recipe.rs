//! What recipes say of the files of a year.

/// What `room.toml` says of the files.
pub const RECIPE: &str = r#"
[time]
as_of = "2026-06-30"

[[events]]
file = "events.csv"
id = "phone"
kind = "phone"
time = "time"
event = "event"
channel = "channel"

[[events]]
file = "reviews.csv"
id = "phone"
kind = "phone"
time = "time"
name = "wrote"
channel = "channel"
text = "text"
numbers = { stars = 0 }

[[orders]]
file = "orders.csv"
id = "phone"
kind = "phone"
time = "time"
amount = "paid"
order = "order"
product = "product"
category = "category"
status = "status"
refunds = ["refunded"]
cancelled = ["cancelled"]

[[assign]]
file = "assign.csv"
id = "phone"
kind = "phone"
time = "time"
arm = "arm"

[[response]]
file = "response.csv"
id = "phone"
kind = "phone"
channel = "channel"
columns = ["wave"]
steps = { sent = "sent", delivered = "delivered", clicked = "clicked", redeemed = "redeemed" }

[[sku]]
file = "products.csv"
product = "product"
columns = ["series", "brand", "price_band"]

[[campaign]]
file = "campaign.csv"
time = "day"
channel = "channel"
content = "content"
impressions = "impressions"
clicks = "clicks"
cost = "cost"
conversions = "conversions"
revenue = "revenue"

[[standing]]
file = "standing.csv"
time = "day"
stage = "stage"
people = "people"
category = "category"

[[standing]]
file = "standing-flow.csv"
since = "since"
time = "day"
from = "from"
to = "to"
people = "people"
category = "category"

[rfm]
abandoned = ["cart"]

[stages]
preset = "4a"

[funnel]
by = "channel"
window = 1440
steps = [{ event = ["trial-open"] }, { event = ["trial-form"] }, { event = ["trial-verify"] }, { event = ["trial-done"] }]

[experiment]
days = 14
metrics = [{ name = "subscribed", event = "subscribe" }, { name = "money", kind = "mean" }]

[pivot]
by = ["series", "quarter"]
sum = "amount"
bought = true
within = 60

[paths]
touch = "channel"

[rules.response]
contact = ["sent"]
answer = ["clicked"]
aim = ["redeemed"]
within = 7
cap = 2
days = 14
tries = 3

[[rules.rules]]
name = "coupon-claimed-not-used"
all = [{ event = ["clicked"], then = { event = ["redeemed"], within = 3, never = true } }]

[[rules.rules]]
name = "cart-left"
all = [{ event = ["cart"], then = { within = 3, never = true } }]

[[rules.rules]]
name = "many-visits-not-bought"
all = [{ event = ["view"], least = 5, days = 30 }, { days = 30, most = 0 }]

[[rules.rules]]
name = "due-for-repurchase"
all = [{ due = 100 }]

[feedback]
by = "channel"
stars = "stars"

[campaigns]
by = ["channel", "quarter"]
compare = 91
goal = { roas = 3.0 }
"#;

/// `broken.toml`: the experiment that lost rows.
pub const BROKEN: &str = r#"[time]
as_of = "2026-06-30"

[[orders]]
file = "orders.csv"
id = "phone"
kind = "phone"
time = "time"
amount = "paid"
order = "order"
status = "status"
refunds = ["refunded"]
cancelled = ["cancelled"]

[[assign]]
file = "broken.csv"
id = "phone"
kind = "phone"
time = "time"
arm = "arm"
"#;
