#!/usr/bin/env python3
"""The same questions to DuckDB in SQL, two threads: `peers.py DIR QUESTION…` prints seconds and the first rows of the answer.

The files are read once, as `atoll analyze` does. What SQL cannot say is left out, in DuckDB's favour: the fit behind `clv` and
what follows from it, resampled means and cumulative curves of `experiment`, chi-squares and interaction of `pivot`, lag and
trend of `stages`. Nothing checks IDs, dates that can be read two ways or what becomes of each row."""
import sys
import time

import duckdb

READ = """
CREATE TABLE orders AS SELECT phone, "time" AS ts, product, paid FROM read_csv('{dir}/orders.csv', header = true);
CREATE TABLE events AS SELECT phone, "time" AS ts, event, channel FROM read_csv('{dir}/events.csv', header = true);
CREATE TABLE assign AS SELECT phone, "time" AS ts, "group" AS arm FROM read_csv('{dir}/assign.csv', header = true);
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
    "clv": """
WITH seen AS (SELECT phone, count(DISTINCT ts::DATE) - 1 AS x, date_diff('day', min(ts), max(ts)) AS tx,
                     date_diff('day', min(ts), TIMESTAMP '2026-06-30') AS age, avg(paid) AS m FROM orders GROUP BY phone)
SELECT x, count(*), avg(tx), avg(age), avg(m) FROM seen GROUP BY x ORDER BY x""",
    "experiment": """
WITH did AS (SELECT a.phone, a.arm, coalesce(sum(o.paid), 0) AS paid FROM assign a
             LEFT JOIN orders o ON o.phone = a.phone AND o.ts >= a.ts AND o.ts < a.ts + INTERVAL 60 DAY GROUP BY ALL)
SELECT arm, count(*), count(*) FILTER (paid > 0), sum(paid), var_samp(paid) FROM did GROUP BY arm ORDER BY arm""",
    "pivot": """
SELECT channel, date_trunc('month', ts) AS month, count(*), count(DISTINCT phone) FROM events GROUP BY CUBE (channel, month) ORDER BY ALL""",
    "cohorts": """
WITH born AS (SELECT phone, date_trunc('month', min(ts)) AS cohort FROM orders GROUP BY phone)
SELECT 'back', cohort, date_diff('month', cohort, ts) AS age, count(DISTINCT phone), sum(paid) FROM orders JOIN born USING (phone) GROUP BY ALL
UNION ALL SELECT 'day', ts::DATE, 0, count(DISTINCT phone), 0 FROM orders GROUP BY ALL
UNION ALL SELECT 'week', date_trunc('week', ts), 0, count(DISTINCT phone), 0 FROM orders GROUP BY ALL
UNION ALL SELECT 'month', date_trunc('month', ts), 0, count(DISTINCT phone), 0 FROM orders GROUP BY ALL
UNION ALL SELECT 'lost', cohort, 0, count(*), 0 FROM (SELECT phone, max(ts) AS last FROM orders GROUP BY phone) JOIN born USING (phone)
          WHERE last < '2026-04-01' GROUP BY ALL""",
    "paths": """
WITH steps AS (SELECT phone, product, ts, row_number() OVER w AS n, lead(product) OVER w AS second, lead(product, 2) OVER w AS third,
                      date_diff('day', ts, lead(ts) OVER w) AS gap FROM orders WINDOW w AS (PARTITION BY phone ORDER BY ts)),
     met AS (SELECT DISTINCT o.phone, e.channel FROM orders o JOIN events e
             ON e.phone = o.phone AND e.ts < o.ts AND e.ts >= o.ts - INTERVAL 30 DAY)
SELECT * FROM (SELECT 'path' AS what, concat_ws('>', product, second, third) AS path, count(*) AS people FROM steps WHERE n = 1 GROUP BY ALL ORDER BY ALL DESC LIMIT 20)
UNION ALL SELECT * FROM (SELECT 'next', concat_ws('>', product, second), count(DISTINCT phone) FROM steps WHERE second IS NOT NULL GROUP BY ALL ORDER BY 3 DESC LIMIT 20)
UNION ALL SELECT 'gap', quantile_disc(gap, 0.5)::VARCHAR, count(gap) FROM steps
UNION ALL SELECT 'met', channel, count(*) FROM met GROUP BY ALL""",
    "rules": """
WITH did AS (SELECT phone, max(ts) FILTER (event = 'cart') AS cart, max(ts) FILTER (event = 'view') AS view,
                    count(*) FILTER (event = 'view' AND ts >= '2026-05-31') AS views, max(ts) AS last FROM events GROUP BY phone),
     bought AS (SELECT phone, max(ts) AS bought, count(*) AS n, min(ts) AS first FROM orders GROUP BY phone),
     gaps AS (SELECT phone, median(gap) AS gap FROM (SELECT phone, date_diff('day', ts, lead(ts) OVER (PARTITION BY phone ORDER BY ts)) AS gap FROM orders)
              WHERE gap IS NOT NULL GROUP BY phone)
SELECT count(*) FILTER (cart IS NOT NULL AND bought IS NULL), count(*) FILTER (views >= 3 AND bought IS NULL),
       count(*) FILTER (n = 1 AND first < '2026-04-01'), count(*) FILTER (last < '2026-04-01' AND n > 1),
       count(*) FILTER (bought + to_days(gap::INTEGER) <= TIMESTAMP '2026-06-30')
FROM did FULL JOIN bought USING (phone) LEFT JOIN gaps USING (phone)""",
}


def main(folder, questions):
    since = time.perf_counter()
    db = duckdb.connect()
    db.execute("SET threads = 2")
    db.execute(READ.format(dir=folder))
    print(f"read {time.perf_counter() - since:.2f} s")
    for question in questions:
        asked = time.perf_counter()
        answer = db.execute(QUESTIONS[question]).fetchall()
        print(f"{question}: {time.perf_counter() - asked:.2f} s;", len(answer), answer[:4])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
