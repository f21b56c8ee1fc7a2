"""The plots: speed against size, and the rows in the roofline of the machine. bench/plot.cpp draws them."""
import os
import re
import subprocess

from rows import OURS


def draw(report, program, folder):
    os.makedirs(folder, exist_ok=True)
    for name, make in {"roofline": roofline, "products": products}.items():
        lines = make(report)
        if lines:
            path = os.path.join(folder, name + ".svg")
            subprocess.run([program, path], input="\n".join(lines) + "\n", text=True, check=True)


def figure(title, x, y, log):
    return "\t".join(["figure", title, x, y, log])


def series(kind, name, points):
    """points: (x, y), ..."""
    return "\t".join([kind, name, *(f"{value:g}" for point in points for value in point)])


def products(report):
    """GFLOP/s of n × n products by n, ours and the peers'."""
    curves = {}
    for row in report["rows"]:
        size = re.fullmatch(r"product/NN/(\d+)x\1x\1", row["name"])
        for label, way in row["ways"].items():
            if size and "ns" in way:
                curves.setdefault(label, []).append((int(size[1]), row["flops"] / way["ns"]))
    peak = report["machine"]["roofs"]["1"]["gflops"]
    if not curves:
        return []
    ends = [curves[OURS][0][0], curves[OURS][-1][0]]
    return [figure("AB of n × n matrices, one core", "n", "GFLOP/s", "x"),
            *(series("line", label, points) for label, points in curves.items()),
            series("line", "peak", [(n, peak) for n in ends])]


def roofline(report):
    """GFLOP/s by arithmetic intensity: the bound of each memory, up to the peak, and our rows below it."""
    groups = {}
    for row in report["rows"]:
        ours = row["ways"][OURS]
        if row["flops"] > 1000 and row["bytes"] and row["cores"] == 1 and "ns" in ours and row["group"] != "Ladder":
            groups.setdefault(row["group"], []).append((row["flops"] / row["bytes"], row["flops"] / ours["ns"]))
    if not groups:
        return []
    roof = report["machine"]["roofs"]["1"]
    peak, rates = roof["gflops"], {name: one["gbytes"] for name, one in roof["levels"].items()}
    near, far = 0.05, max(100, *(x for points in groups.values() for x, _ in points))
    return [figure("What bounds what, one core", "FLOP per byte that is read or written", "GFLOP/s", "xy"),
            *(series("line", f"{name} {rate:.0f} GB/s", [(near, near * rate), (peak / rate, peak)])
              for name, rate in rates.items()),
            series("line", f"peak {peak:.0f} GFLOP/s", [(peak / max(rates.values()), peak), (far, peak)]),
            *(series("scatter", group, points) for group, points in groups.items())]
