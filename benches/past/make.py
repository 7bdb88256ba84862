#!/usr/bin/env python3
"""Five million events of half a million people, a million orders, an experiment: `make.py DIR`. NumPy; the same bytes every time.

Rows stand in the order of time, as a log is written, so that rows of one person lie far apart."""
import sys
from pathlib import Path

import numpy as np

PEOPLE, EVENTS, ORDERS, ASSIGNED, DAYS = 500_000, 5_000_000, 1_000_000, 200_000, 365
KINDS = np.array(["view", "click", "search", "cart", "checkout", "pay"])
CHANNELS = np.array(["app", "web", "mini", "store"])
ARMS = np.array(["control", "coupon"])


def stamps(rng, rows):
    seconds = np.sort(rng.integers(0, DAYS * 86_400, rows))
    return np.datetime_as_string(np.datetime64("2025-07-01T00:00:00") + seconds.astype("timedelta64[s]")), seconds


def people(rng, rows):
    # Some are seen often, most are not.
    return 13_000_000_000 + (PEOPLE * rng.random(rows) ** 1.6).astype(np.int64) * 7_919 % 6_900_000_000


def write(path, header, columns):
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        out.write(header + "\n")
        for row in zip(*columns):
            out.write(",".join(row) + "\n")


def main(to):
    to.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    when, _ = stamps(rng, EVENTS)
    kind = KINDS[rng.choice(len(KINDS), EVENTS, p=[0.5, 0.2, 0.1, 0.1, 0.06, 0.04])]
    channel = CHANNELS[rng.choice(4, EVENTS, p=[0.4, 0.3, 0.2, 0.1])]
    time = np.char.replace(when, "T", " ")
    write(to / "events.csv", "phone,time,event,channel", (people(rng, EVENTS).astype(str), time, kind, channel))
    when, _ = stamps(rng, ORDERS)
    number = np.char.zfill(np.arange(ORDERS).astype(str), 9)
    paid = np.char.mod("%.2f", np.exp(rng.normal(4.5, 0.8, ORDERS)))
    product = np.char.mod("p%03d", rng.integers(0, 200, ORDERS))
    columns = (people(rng, ORDERS).astype(str), np.char.replace(when, "T", " "), number, product, paid)
    write(to / "orders.csv", "phone,time,order,product,paid", columns)
    who = 13_000_000_000 + rng.permutation(PEOPLE)[:ASSIGNED] * 7_919 % 6_900_000_000
    arm = ARMS[rng.integers(0, 2, ASSIGNED)]
    assigned = np.full(ASSIGNED, "2026-04-01 00:00:00")
    write(to / "assign.csv", "phone,time,group", (who.astype(str), assigned, arm))
    (to / "room.toml").write_text(RECIPE, encoding="utf-8")


RECIPE = """[time]
as_of = "2026-06-30"

[[events]]
file = "events.csv"
id = "phone"
kind = "phone"
time = "time"
event = "event"
channel = "channel"

[[orders]]
file = "orders.csv"
id = "phone"
kind = "phone"
time = "time"
order = "order"
product = "product"
amount = "paid"

[[assign]]
file = "assign.csv"
id = "phone"
kind = "phone"
time = "time"
arm = "group"

[stages]
preset = "4a"

[funnel]
by = "channel"
window = 1440
steps = [{ event = ["view"] }, { event = ["cart"] }, { event = ["checkout"] }, { event = ["pay"] }]

[experiment]
days = 60

[pivot]
table = "events"
by = ["channel", "month"]

[paths]
touch = "channel"
"""

if __name__ == "__main__":
    main(Path(sys.argv[1]))
