"""Runs the benchmarks and their peers in turn, and prints one table. Started by bench/run, which builds and configures.

Each row is a pair of ways to do the same thing. Both run in short bursts, A B A B ..., pinned to one core; a ratio is
the median of the ratios of neighbours, so that whatever else the machine does meets both alike.
"""
import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys

from rows import all_rows
from ways import CORES, Failed, FastestTorch, Ours, Torch

HEAD = ["", "gradus, µs", "against", "its µs", "faster", "rate", "of peak", "allocations"]


def spread(samples):
    """Half the distance between the quartiles, relative to the median."""
    low, middle, high = statistics.quantiles(samples, n=4)
    return (high - low) / 2 / middle


def measure(row, options, torch):
    """One row: medians, spreads and the ratio."""
    rounds, seconds = (2, row["seconds"] / 4) if options.quick else (max(2, options.rounds), row["seconds"])
    cores = row["ours"].get("cores", 1)
    out = {"name": row["name"], "title": row["title"], "against": row["against"], "cores": cores}
    ours, theirs, a, b = Ours(options.folder, **row["ours"]), None, [], []
    try:
        if "theirs" in row:
            theirs = Ours(options.folder, **row["theirs"])
        elif "torch" in row and torch:
            theirs = FastestTorch(torch, **row["torch"])
            out["against"] += ", " + theirs.label
            out |= {"differences": theirs.differences, "ways_ns": theirs.speeds}
        for _ in range(rounds):
            a.append(ours.burst(seconds))
            if theirs:
                b.append(theirs.burst(seconds))
    except Failed as failure:
        return out | {"error": str(failure)}
    out |= {"ns": statistics.median(a), "spread": spread(a), "samples_ns": a} | ours.counters
    if theirs:
        ratios = [y / x for x, y in zip(a, b)]
        out |= {"peer_ns": statistics.median(b), "peer_spread": spread(b), "peer_samples_ns": b,
                "ratio": statistics.median(ratios), "ratio_spread": spread(ratios)}
    return out


def roofs(options):
    """The best that this machine did in this run: GFLOP/s, and GB/s of streams such as Adam's."""

    def best(name, what):
        rates = []
        for _ in range(2 if options.quick else 7):
            roof = Ours(options.folder, "machine:" + name)
            ns = roof.burst(0.1)
            rates.append(roof.counters[what] / ns)
        return max(rates)

    return {"gflops": best("multiply_add", "flops"),
            "gbytes": best("streams", "bytes")}


def cells(row, roof):
    """The cells of a row as text."""
    if "error" in row:
        return [row["title"], row["error"], row["against"]] + [""] * 5

    def time(ns, by):
        return f"{ns / 1000:.{3 if ns < 1000 else 2 if ns < 10000 else 1}f} ±{100 * by:.0f} %"

    rate = of_peak = theirs = faster = ""
    if row["flops"] > 1e4:  # less is all overhead
        gflops = row["flops"] / row["ns"]
        rate, of_peak = f"{gflops:.1f} GFLOP/s", f"{100 * gflops / roof['gflops'] / row['cores']:.0f} %"
    elif row["bytes"]:
        gbytes = row["bytes"] / row["ns"]
        rate = f"{gbytes:.1f} GB/s"
        if row["name"] == "adam":  # the others' data sits in a nearer cache
            of_peak = f"{100 * gbytes / roof['gbytes']:.0f} %"
    if "ratio" in row:
        theirs = time(row["peer_ns"], row["peer_spread"])
        faster = f"{row['ratio']:.{2 if row['ratio'] < 10 else 0}f}×"
    allocations = "" if row["allocations"] is None else f"{row['allocations']:g}"
    return [row["title"], time(row["ns"], row["spread"]), row["against"], theirs, faster, rate, of_peak, allocations]


def show(report, markdown):
    machine, roof = report["machine"], report["machine"]["roofs"]
    lines = [HEAD] + [cells(row, roof) for row in report["rows"]]
    if markdown:
        lines.insert(1, ["---" if i in (0, 2) else "--:" for i in range(len(HEAD))])
        for line in lines:
            print("| " + " | ".join(line) + " |")
    else:
        width = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
        for line in lines:
            cell = [c.ljust(w) if i in (0, 2) else c.rjust(w) for i, (c, w) in enumerate(zip(line, width))]
            print("  ".join(cell).rstrip())
    print(f"\n{machine['processor']}, {machine['cores']} cores, load {machine['load'][0]:.1f}. "
          f"One core at best: {roof['gflops']:.0f} GFLOP/s; streams as Adam's {roof['gbytes']:.0f} GB/s.")
    print(report["torch"]["line"])
    print("Ratios are medians of neighbours' ratios; ± is half the distance between the quartiles.")


def machine(options):
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return {"processor": model.group(1) if model else platform.machine(), "cores": len(CORES), "load": os.getloadavg(),
            "system": platform.platform(), "roofs": roofs(options)}


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run",
                                     epilog="bench/run compile: what the README's program costs to compile")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only rows whose name contains one of these")
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--list", action="store_true", help="the names of the rows")
    parser.add_argument("--json", metavar="FILE", help="everything that was measured")
    parser.add_argument("--markdown", action="store_true", help="the table as docs/benchmarks.md has it")
    parser.add_argument("--rounds", type=int, default=9, help="pairs of bursts for each row (9)")
    parser.add_argument("--quick", action="store_true", help="short bursts, two rounds: does it run?")
    return parser.parse_args()


def main():
    options = arguments()
    everything = all_rows(len(CORES))
    rows = [r for r in everything if not options.names or any(n in r["name"] for n in options.names)]
    if options.list or not rows:
        print("\n".join(r["name"] for r in rows or everything))
        return 0 if rows else f"bench/run: no row is called {' or '.join(options.names)}; those that there are: above"

    torch = Torch(options.folder) if any("torch" in r for r in rows) else None
    if not torch:  # nobody to compare with: each of ours once
        rows = [r for r in rows if not r.get("torch", {}).get("by_hand")]
    report = {"machine": machine(options), "rows": [],
              "environment": {k: v for k, v in os.environ.items() if re.match("OMP|OPENBLAS|MALLOC|ATEN", k)},
              "torch": torch.about if torch is not None else {"line": "PyTorch was not asked."}}
    for i, row in enumerate(rows):
        if sys.stderr.isatty():
            print(f"\r\033[K{i + 1}/{len(rows)} {row['name']}", end="", file=sys.stderr, flush=True)
        report["rows"].append(measure(row, options, torch))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    before = report["machine"]["roofs"]  # a core's clock changes: best is what it did before or after
    report["machine"]["roofs"] = {what: max(rate, before[what]) for what, rate in roofs(options).items()}
    show(report, options.markdown)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(report, file, indent=1)
    return 1 if any("error" in r for r in report["rows"]) else 0


if __name__ == "__main__":
    sys.exit(main())
