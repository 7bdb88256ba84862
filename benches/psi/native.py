"""Blinded exchange natively, on one core: OpenMined's Python package and our library, in turns.

python benches/psi/native.py BENCH [ROWS] [ROUNDS], where BENCH is the program `cargo bench --bench exchange` builds and
openmined-psi is installed. CPU microseconds per row of the calling thread; medians."""

import statistics
import subprocess
import sys
import time

import private_set_intersection.python as psi

bench = sys.argv[1]
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
PHASES = ["set-up", "request", "response", "intersection"]


def theirs():
    """Microseconds of each phase."""
    ids = lambda first: [f"138{first + i:08}" for i in range(rows)]
    mine, yours = ids(0), ids(rows // 2)
    server, client = psi.server.CreateWithNewKey(True), psi.client.CreateWithNewKey(True)
    made, spent = {}, []
    phases = [
        lambda: made.update(setup=server.CreateSetupMessage(1e-9, rows, yours, psi.DataStructure.GCS)),
        lambda: made.update(request=client.CreateRequest(mine)),
        lambda: made.update(response=server.ProcessRequest(made["request"])),
        lambda: made.update(found=client.GetIntersection(made["setup"], made["response"])),
    ]
    for phase in phases:
        before = time.process_time()
        phase()
        spent.append((time.process_time() - before) * 1e6 / rows)
    assert len(made["found"]) == rows - rows // 2
    return dict(zip(PHASES, spent))


def ours():
    """Microseconds of each line the program prints."""
    text = subprocess.run([bench, str(rows)], check=True, capture_output=True, text=True).stdout
    lines = (line.rsplit(" µs", 1)[0].rsplit(None, 1) for line in text.splitlines())
    return {name.strip(): float(value) for name, value in lines}


measured = [(theirs(), ours()) for _ in range(rounds)]
middle = lambda of: statistics.median(of)
print(f"{rows} x {rows} natively, one core, {rounds} rounds, CPU µs per row\n")
for of, name in enumerate(["OpenMined", "ours"]):
    lines = {line: middle([both[of][line] for both in measured]) for line in measured[0][of]}
    print(name, "  ".join(f"{line} {value:.1f}" for line, value in lines.items()))
ratios = [sum(them.values()) / us["in all"] for them, us in measured]
print(f"OpenMined {middle([sum(them.values()) for them, _ in measured]):.0f}, ours {middle([us['in all'] for _, us in measured]):.0f}: "
      f"{middle(ratios):.2f} x")
