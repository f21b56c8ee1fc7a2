"""Prints the measurements as tables: on a terminal, in Markdown, and in the pages of docs."""
import re

import grid
from roofline import against_the_machine
from rows import COLUMNS, OURS
from text import as_text, microseconds, times


def cells(row, others, machine):
    ours = row["ways"][OURS]
    if "error" in ours:
        line = [row["title"], ours["error"], "", "", ""]
    else:
        line = [row["title"], f"{microseconds(ours['ns'])} ±{100 * ours['spread']:.0f} %", "", "",
                "" if row["allocations"] is None else f"{row['allocations']:g}"]
        if row["flops"] > 1000 or row["bytes"]:  # anything smaller is only overhead
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
    """The position of a way among the columns."""
    return next((i for i, name in enumerate(COLUMNS) if label.startswith(name)), len(COLUMNS)), label


def tables(report, markdown):
    """(group, its table)"""
    for group in dict.fromkeys(r["group"] for r in report["rows"]):
        rows, machine = [r for r in report["rows"] if r["group"] == group], report["machine"]
        if group == "Recurrent":
            yield group, grid.table(rows, machine, markdown)
        elif group == "Ladder":
            yield group, as_text(rungs([r for r in rows if "ns" in r["ways"][OURS]], machine), markdown)
        else:
            others = sorted({way for r in rows for way in r["ways"] if way != OURS}, key=column)
            head = [group, f"{OURS}, µs", "rate", "of peak", "allocs", *others]
            yield group, as_text([head, *(cells(r, others, machine) for r in rows)], markdown)


def losses(report):
    """Where another way is faster than ours by more than the spread."""
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
    lines += ["", "Next to gradus:", *(f"- {name}: {what}" for name, what in report["about"].items())]
    notes = {}  # which of their ways or implementations was the fastest
    for row in report["rows"]:
        for label, way in row["ways"].items():
            if way.get("note"):
                notes.setdefault(label, {})[way["note"]] = None
    lines += [f"- {label}, its fastest: {', '.join(found)}." for label, found in notes.items()]
    return "\n".join(lines)


def page(report, markdown):
    parts = [text for _, text in tables(report, markdown)]
    return "\n\n".join([*parts, losses(report), about(report),
                        "± is half the distance between the quartiles; (×) the median of neighbours' ratios."])


def write_into(path, report):
    """Between <!-- bench: GROUP --> and <!-- end -->; groups that this report does not have stay."""
    parts = dict(tables(report, True))
    parts |= {"losses": losses(report), "about": about(report)}
    with open(path) as file:
        text = file.read()
    mark = r"(<!-- bench: (.*?) -->\n).*?(<!-- end -->)"
    replaced = re.sub(mark, lambda m: m[1] + parts[m[2]] + "\n" + m[3] if m[2] in parts else m[0], text, flags=re.S)
    with open(path, "w") as file:
        file.write(replaced)
