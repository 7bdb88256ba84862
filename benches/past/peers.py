#!/usr/bin/env python3
"""The same questions to DuckDB in SQL, two threads: `peers.py DIR QUESTION` prints seconds and the answer.

Every question reads the files it needs, as `atoll analyze` does; none checks IDs, dates that can be read two ways or
what becomes of each row."""
import sys
import time

import duckdb

READ = """
CREATE TABLE orders AS SELECT phone, "time" AS ts, paid FROM read_csv('{dir}/orders.csv', header = true);
CREATE TABLE events AS SELECT phone, "time" AS ts, event, channel FROM read_csv('{dir}/events.csv', header = true);
"""
QUESTIONS = {
    "rfm": """
WITH buyers AS (SELECT phone, count(*) AS f, sum(paid) AS m, date_diff('day', max(ts), TIMESTAMP '2026-06-30') AS r
                FROM orders GROUP BY phone),
     cuts AS (SELECT quantile_disc(r, [0.2, 0.4, 0.6, 0.8]) AS r, quantile_disc(f, [0.2, 0.4, 0.6, 0.8]) AS f,
                     quantile_disc(m, [0.2, 0.4, 0.6, 0.8]) AS m FROM buyers),
     scored AS (SELECT 5 - len(list_filter(c.r, lambda x: b.r > x)) AS r, 1 + len(list_filter(c.f, lambda x: b.f > x)) AS f,
                       1 + len(list_filter(c.m, lambda x: b.m > x)) AS m, b.m AS money FROM buyers b, cuts c)
SELECT r, f, count(*), sum(money) FROM scored GROUP BY ALL ORDER BY ALL""",
    "stages": """
WITH did AS (SELECT phone, max(ts) FILTER (event = 'view') AS seen, max(ts) FILTER (event IN ('click', 'search', 'cart')) AS liked,
                    max(ts) FILTER (event = 'view' AND ts < '2026-06-01') AS seen0,
                    max(ts) FILTER (event IN ('click', 'search', 'cart') AND ts < '2026-06-01') AS liked0
             FROM events GROUP BY phone),
     bought AS (SELECT phone, count(*) AS n, count(*) FILTER (ts < '2026-06-01') AS n0 FROM orders GROUP BY phone),
     placed AS (SELECT CASE WHEN n > 1 THEN 4 WHEN n = 1 THEN 3 WHEN liked >= '2026-06-01' THEN 2 WHEN seen >= '2026-06-01' THEN 1 ELSE 0 END AS now,
                       CASE WHEN n0 > 1 THEN 4 WHEN n0 = 1 THEN 3 WHEN liked0 >= '2026-05-02' THEN 2 WHEN seen0 >= '2026-05-02' THEN 1 ELSE 0 END AS before
                FROM did FULL JOIN bought USING (phone))
SELECT before, now, count(*) FROM placed GROUP BY ALL ORDER BY ALL""",
    "funnel": """
WITH a AS (SELECT phone, ts, channel FROM events WHERE event = 'view'), b AS (SELECT phone, ts FROM events WHERE event = 'cart'),
     c AS (SELECT phone, ts FROM events WHERE event = 'checkout'), d AS (SELECT phone, ts FROM events WHERE event = 'pay'),
     ab AS (SELECT b.phone, b.ts, max(a.ts) AS start FROM b JOIN a ON a.phone = b.phone AND a.ts < b.ts AND b.ts <= a.ts + INTERVAL 1 DAY GROUP BY ALL),
     abc AS (SELECT c.phone, c.ts, max(ab.start) AS start FROM c JOIN ab ON ab.phone = c.phone AND ab.ts < c.ts AND c.ts <= ab.start + INTERVAL 1 DAY GROUP BY ALL),
     abcd AS (SELECT DISTINCT d.phone FROM d JOIN abc ON abc.phone = d.phone AND abc.ts < d.ts AND d.ts <= abc.start + INTERVAL 1 DAY)
SELECT (SELECT count(DISTINCT phone) FROM a), (SELECT count(DISTINCT phone) FROM ab), (SELECT count(DISTINCT phone) FROM abc), (SELECT count(*) FROM abcd)""",
}


def main(folder, question):
    since = time.perf_counter()
    db = duckdb.connect()
    db.execute("SET threads = 2")
    db.execute(READ.format(dir=folder))
    read = time.perf_counter() - since
    answer = db.execute(QUESTIONS[question]).fetchall()
    print(f"{question}: read {read:.2f} s, answered after {time.perf_counter() - since:.2f} s;", len(answer), answer[:4])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
