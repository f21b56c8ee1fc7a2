"""Compares two reports of bench/run --json."""
from roofline import against_the_machine
from rows import OURS
from text import as_text, microseconds

LEAST = 0.05  # how much a machine can differ from run to run, whatever the spread in one of them


def change(old, new, machines):
    """New time by old, at the same clock if the processor is the limit of both: the clock changes from run to run."""
    ratio = new["ways"][OURS]["ns"] / old["ways"][OURS]["ns"]
    if new["flops"] > 1000 and against_the_machine(new, machines[1])[1] == "GFLOP/s":
        before, after = (m["roofs"][str(new["cores"])]["gflops"] for m in machines)
        ratio *= after / before
    return ratio


def changes(old, new):
    machines = old["machine"], new["machine"]
    before, after = ({r["name"]: r for r in report["rows"] if "ns" in r["ways"][OURS]} for report in (old, new))
    lines, faster, slower = [["changed", "old, µs", "new, µs", "new / old", ""]], 0, 0
    for name in [n for n in after if n in before]:
        pair = before[name], after[name]
        ratio = change(*pair, machines)
        noise = max(LEAST, 3 * sum(row["ways"][OURS]["spread"] ** 2 for row in pair) ** 0.5)
        verdict = "SLOWER" if ratio > 1 + noise else "faster" if ratio < 1 / (1 + noise) else ""
        faster, slower = faster + (verdict == "faster"), slower + (verdict == "SLOWER")
        lines.append([after[name]["title"], *(microseconds(row["ways"][OURS]["ns"]) for row in pair), f"{ratio:.2f}",
                      verdict])
    peaks = " and ".join(f"{m['roofs']['1']['gflops']:.0f}" for m in machines)
    loads = " and ".join(f"{m['load'][0]:.1f}" for m in machines)
    words = [f"{faster} faster, {slower} slower, {len(lines) - 1 - faster - slower} the same within the noise. "
             f"{len(set(before) - set(after))} rows stand in the old report alone, {len(set(after) - set(before))} in the new.",
             f"Load {loads}. One core at best: {peaks} GFLOP/s; rows that it bounds are compared at equal peak."]
    return as_text(lines, False) + "\n\n" + "\n".join(words)
