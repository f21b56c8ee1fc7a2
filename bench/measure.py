"""Runs the benchmarks and their peers in turn. Started by bench/run, which builds and configures.

All ways to compute a row run in short bursts, A B C A B C ..., pinned to one core; a ratio is the median of the ratios
of neighbouring bursts, so that other load on the machine affects all ways equally.
"""
import argparse
import json
import os
import platform
import re
import statistics
import sys
import time

import compare
import grid
import plots
import table
from rows import OURS, all_rows
from ways import CORES, Benchmark, Failed, Torch, clock, run


def spread(samples):
    """Half the distance between the quartiles, relative to the median."""
    low, middle, high = statistics.quantiles(samples, n=4)
    return (high - low) / 2 / middle


def measure(row, options, torches, about):
    """One row: medians, spreads and ratios of all ways. An error of one does not affect the others."""
    seconds = {"Networks": 0.3, "Two threads": 0.3, "Recurrent": 0.03}.get(row["group"], 0.05)
    rounds, seconds = (2, seconds / 4) if options.quick else (max(2, options.rounds), seconds)
    if row["group"] == "Recurrent":
        rounds = min(rounds, 3)  # there are 288 of these rows
    ways = {label: Benchmark(options.folder, row["cores"], *where) for label, where in row["ways"].items()}
    for torch in list(torches):
        try:
            ways |= torch.ways(row)
        except Failed as failure:  # the process has ended
            torches.remove(torch)
            about["PyTorch"] = f"{failure} at {row['name']}"
    samples, errors = {label: [] for label in ways}, {}
    start = time.monotonic()
    for done in range(rounds):
        if done >= 3 and time.monotonic() - start > 30:
            break  # a step takes seconds: three rounds are enough
        for label in [w for w in ways if w not in errors]:
            try:
                samples[label].append(ways[label].burst(seconds))
            except Failed as failure:
                errors[label] = str(failure)
    out = {k: row[k] for k in ("name", "title", "group", "cores")} | {"ways": {}}
    out |= ways[OURS].counters or {"flops": 0, "bytes": 0, "allocations": None}
    for label, way in ways.items():
        if label in errors:
            out["ways"][label] = {"error": errors[label]}
            continue
        out["ways"][label] = {"ns": statistics.median(samples[label]), "spread": spread(samples[label]),
                              "samples_ns": samples[label], "note": way.note}
        about |= {label.split(" ")[0] if k == "peer" else k: v for k, v in way.about.items()}
        if label != OURS and OURS not in errors:
            ratios = [theirs / ours for ours, theirs in zip(samples[OURS], samples[label])]
            out["ways"][label] |= {"ratio": statistics.median(ratios), "ratio_spread": spread(ratios)}
    return out


def roofs(options, best):
    """The best speed of this machine in this run, by number of threads: GFLOP/s, and GB/s of each cache and of memory,
    with their sizes."""
    for _ in range(1 if options.quick else 4):
        for result in run(os.path.join(options.folder, "machine"), min(2, len(CORES)), 0.05)["benchmarks"]:
            ns, threads = result[clock(result["threads"])], str(result["threads"])
            roof = best.setdefault(threads, {"gflops": 0, "levels": {}})
            roof["gflops"] = max(roof["gflops"], result["flops"] / ns)
            if result["bytes"]:
                level = roof["levels"].setdefault(result["name"].split("/")[1], {"size": result["size"], "gbytes": 0})
                level["gbytes"] = max(level["gbytes"], result["bytes"] / ns)


def machine():
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return {"processor": model.group(1) if model else platform.machine(), "cores": len(CORES), "load": os.getloadavg(),
            "system": platform.platform(), "roofs": {}}


def progress(what):
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)
    elif what:
        print(what, file=sys.stderr, flush=True)


def built(options, program, otherwise):
    if os.path.exists(os.path.join(options.folder, program)):
        return True
    print(f"bench/run: `{program}` was not built: {otherwise}", file=sys.stderr)
    return False


def measure_all(rows, options):
    cores = sorted({r["cores"] for r in rows}) if built(options, "networks", "no PyTorch, which begins with its files") else []
    try:
        torches = [Torch(options.folder, n) for n in cores]
    except Failed as failure:
        torches = []
        print(failure, file=sys.stderr)
    report = {"machine": machine(), "rows": [], "about": {},
              "environment": {k: v for k, v in os.environ.items() if re.match("OMP|OPENBLAS|MALLOC|ATEN", k)}}
    progress("what this machine can do")
    roofs(options, report["machine"]["roofs"])
    for i, row in enumerate(rows):
        progress(f"{i + 1}/{len(rows)} {row['name']}")
        report["rows"].append(measure(row, options, torches, report["about"]))
    progress("what this machine can do")
    roofs(options, report["machine"]["roofs"])  # the clock of a core changes: takes the best of before and after
    progress("")
    return report


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run",
                                     epilog="bench/run compile: what programs cost to compile")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only rows whose name contains one of these")
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--list", action="store_true", help="the names of the rows")
    parser.add_argument("--json", metavar="FILE", help="write everything that was measured")
    parser.add_argument("--read", metavar="FILE", help="measure nothing: the tables of what --json has written")
    parser.add_argument("--compare", metavar="OLD", help="what has changed since --json wrote OLD")
    parser.add_argument("--markdown", action="store_true", help="tables as bench/results/ has them")
    parser.add_argument("--into", metavar="PAGE", action="append", default=[],
                        help="write them into a page, between its marks <!-- bench: GROUP --> and <!-- end -->")
    parser.add_argument("--plots", metavar="FOLDER", help="draw roofline.svg and products.svg")
    parser.add_argument("--rounds", type=int, default=9, help="bursts of each way (9)")
    parser.add_argument("--whole", action="store_true", help="without names: also the whole grid of recurrent networks")
    parser.add_argument("--quick", action="store_true", help="short bursts, two rounds: does it run?")
    return parser.parse_args()


def wanted(rows, options):
    if not options.names and not options.read and not options.whole:
        return [r for r in rows if r["group"] != "Recurrent" or grid.stands_for_others(r)]
    return [r for r in rows if not options.names or any(n in r["name"] for n in options.names)]


def main():
    options = arguments()
    if options.read:
        with open(options.read) as file:
            report = json.load(file)
        report["rows"] = wanted(report["rows"], options)
    else:
        everything = all_rows(options.folder, len(CORES))
        rows = wanted(everything, options)
        if options.list or not rows:
            print("\n".join(r["name"] for r in (options.names and rows) or everything))
            return 0 if rows else f"bench/run: no row is called {' or '.join(options.names)}; those that there are: above"
        if not built(options, "machine", "no roofs, and without them no table"):
            return 1
        report = measure_all(rows, options)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(report, file, indent=1)
    print(table.page(report, options.markdown))
    for page in options.into:
        table.write_into(page, report)
    if options.plots:
        plots.draw(report, os.path.join(options.folder, "plot"), options.plots)
    if options.compare:
        with open(options.compare) as file:
            print("\n" + compare.changes(json.load(file), report))
    return 1 if any("error" in way for row in report["rows"] for way in row["ways"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
