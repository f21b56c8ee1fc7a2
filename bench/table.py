"""What has been measured, as tables: on a terminal, in Markdown, and in the pages of docs."""
import re

from rows import COLUMNS, OURS


def level(row, roof):
    """The nearest memory that has room for what a step reads and writes: its name and GB/s."""
    name = min((l for l in roof["levels"] if roof["levels"][l]["size"] >= row["bytes"]),
               key=lambda l: roof["levels"][l]["size"])
    return name, roof["levels"][name]["gbytes"]


def against_the_machine(row, machine):
    """The rate of ours, its unit, its share of what the machine can do at this intensity, and what bounds that."""
    roof, ns = machine["roofs"][str(row["cores"])], row["ways"][OURS]["ns"]
    memory, gbytes = level(row, roof) if row["bytes"] else ("", 0)
    if row["bytes"] and row["flops"] * gbytes < row["bytes"] * roof["gflops"]:
        return row["bytes"] / ns, "GB/s", row["bytes"] / ns / gbytes, memory
    return row["flops"] / ns, "GFLOP/s", row["flops"] / ns / roof["gflops"], ""


def microseconds(ns):
    return f"{ns / 1000:.{3 if ns < 1000 else 2 if ns < 10000 else 1}f}"


def times(ratio):
    return f"{ratio:.{2 if ratio < 10 else 0}f}×"


def cells(row, others, machine):
    ours = row["ways"][OURS]
    if "error" in ours:
        line = [row["title"], ours["error"], "", "", ""]
    else:
        line = [row["title"], f"{microseconds(ours['ns'])} ±{100 * ours['spread']:.0f} %", "", "",
                "" if row["allocations"] is None else f"{row['allocations']:g}"]
        if row["flops"] > 1000 or row["bytes"]:  # less is all overhead
            rate, unit, share, memory = against_the_machine(row, machine)
            line[2:4] = f"{rate:.1f} {unit}", f"{100 * share:.0f} %" + (f" of {memory}" if memory else "")
    for other in others:
        way = row["ways"].get(other, {})
        ratio = f" ({times(way['ratio'])})" if "ratio" in way else ""
        line.append(way.get("error") or (microseconds(way["ns"]) + ratio if way else ""))
    return line


def rungs(rows, machine):
    """The ladder: each rung against the one below it."""
    lines, below = [["rung", "ms", "GFLOP/s", "of peak", "than the rung below", "than the first"]], None
    for row in rows:
        ns = row["ways"][OURS]["ns"]
        first = lines[1:] and rows[0]["ways"][OURS]["ns"] / ns
        rate, _, share, _ = against_the_machine(row, machine)
        lines.append([row["title"], f"{ns / 1e6:.1f} ±{100 * row['ways'][OURS]['spread']:.0f} %", f"{rate:.1f}",
                      f"{100 * share:.1f} %", times(below / ns) if below else "", times(first) if first else ""])
        below = ns
    return lines


def column(label):
    """Where a way stands among the columns."""
    return next((i for i, name in enumerate(COLUMNS) if label.startswith(name)), len(COLUMNS)), label


def tables(report):
    """(group, lines of cells); the first line is the head."""
    for group in dict.fromkeys(r["group"] for r in report["rows"]):
        rows = [r for r in report["rows"] if r["group"] == group]
        if group == "Ladder":
            yield group, rungs([r for r in rows if "ns" in r["ways"][OURS]], report["machine"])
            continue
        others = sorted({way for r in rows for way in r["ways"] if way != OURS}, key=column)
        yield group, [[group, f"{OURS}, µs", "rate", "of peak", "allocs", *others],
                      *(cells(r, others, report["machine"]) for r in rows)]


def as_text(lines, markdown):
    """Words to the left, numbers to the right."""
    numbers = range(1, len(lines[0]))
    if markdown:
        lines = [lines[0], ["--:" if i in numbers else "---" for i in range(len(lines[0]))], *lines[1:]]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    width = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(c.rjust(w) if i in numbers else c.ljust(w)
                               for i, (c, w) in enumerate(zip(line, width))).rstrip() for line in lines)


def losses(report):
    """Where another way is faster than ours, beyond the spread."""
    found = []
    for row in report["rows"]:
        for label, way in row["ways"].items():
            if "ratio" in way and way["ratio"] + way["ratio_spread"] < 1:
                ours = microseconds(row["ways"][OURS]["ns"])
                found.append((way["ratio"], f"- {row['title']}: {label} {microseconds(way['ns'])} µs, ours {ours} "
                                            f"({times(way['ratio'])})"))
    return "Where we lose:\n\n" + ("\n".join(line for _, line in sorted(found)) or "- nowhere in this run")


def about(report):
    """The machine, its roofs and the peers with their settings."""
    machine = report["machine"]
    lines = [f"{machine['processor']}, {machine['cores']} cores, load {machine['load'][0]:.1f}. At best in this run:"]
    for threads, roof in machine["roofs"].items():
        rates = ", ".join(f"{name} {one['gbytes']:.0f}" for name, one in roof["levels"].items())
        lines.append(f"- {threads} thread{'s' if threads != '1' else ''}: {roof['gflops']:.0f} GFLOP/s; {rates} GB/s.")
    lines += ["", "Beside gradus:", *(f"- {name}: {what}" for name, what in report["about"].items())]
    notes = {}  # which of their ways, or implementations, was the fastest
    for row in report["rows"]:
        for label, way in row["ways"].items():
            if way.get("note"):
                notes.setdefault(label, {})[way["note"]] = None
    lines += [f"- {label}, its fastest: {', '.join(found)}." for label, found in notes.items()]
    return "\n".join(lines)


def page(report, markdown):
    parts = [as_text(lines, markdown) for _, lines in tables(report)]
    return "\n\n".join([*parts, losses(report), about(report),
                        "± is half the distance between the quartiles; (×) the median of neighbours' ratios."])


def write_into(path, report):
    """Between <!-- bench: GROUP --> and <!-- end -->; what this report has nothing of stays."""
    parts = {group: as_text(lines, True) for group, lines in tables(report)}
    parts |= {"losses": losses(report), "about": about(report)}
    with open(path) as file:
        text = file.read()
    mark = r"(<!-- bench: (.*?) -->\n).*?(<!-- end -->)"
    replaced = re.sub(mark, lambda m: m[1] + parts[m[2]] + "\n" + m[3] if m[2] in parts else m[0], text, flags=re.S)
    with open(path, "w") as file:
        file.write(replaced)
