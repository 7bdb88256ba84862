#!/usr/bin/env python3
"""`atoll analyze` beside DuckDB on five million events and a million orders, in one run and in turns:
`run.py ATOLL [ROUNDS]`. Prints medians of wall seconds, CPU seconds and peak memory: all questions at once, the files read
once, then single ones from the files on."""
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent


def measure(command):
    since = time.perf_counter()
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(run.pid, 0)
    assert status == 0, command
    return time.perf_counter() - since, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main(atoll, rounds):
    data = Path(os.environ.get("PAST_DATA", Path(tempfile.gettempdir()) / "atoll-past"))
    if not (data / "room.toml").exists():
        subprocess.run([sys.executable, HERE / "make.py", data], check=True)
    every = ["rfm", "clv", "stages", "funnel", "experiment", "pivot", "cohorts", "paths", "rules"]
    for questions in [every, ["rfm"], ["stages"], ["funnel"]]:
        out = ["--shards", "2", "--quiet", "--out", str(data / "out")]
        both = {
            "atoll": [atoll, "analyze", str(data / "room.toml"), *questions, *out],
            "DuckDB": [sys.executable, str(HERE / "peers.py"), str(data), *questions],
        }
        found = {name: [] for name in both}
        for _ in range(rounds):
            for name, command in both.items():
                found[name].append(measure(command))
        for name, runs in found.items():
            wall, cpu, memory = (statistics.median(column) for column in zip(*runs))
            print(f"{questions[0] if len(questions) == 1 else 'all nine':8} {name:8} {wall:6.2f} s wall {cpu:6.2f} s CPU {memory:6.0f} MiB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3)
