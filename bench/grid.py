"""The grid of recurrent networks: training steps of 28 → H over T steps of N rows, and the bound of the machine."""
import statistics

from roofline import against_the_machine, level
from rows import OURS
from text import as_text, microseconds, times

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
INPUTS, CLASSES = 28, 10
GOAL_RATIO, GOAL_SHARE = 1.3, 0.7  # a point is good enough if it reaches one of them


def sizes(row):
    """cell, H, T, N"""
    _, cell, *numbers = row["name"].split("/")
    return cell, *map(int, numbers)


def stands_for_others(row):
    """Whether it is measured by default."""
    _, units, steps, batch = sizes(row)
    return units in (32, 128, 512) and steps == 28 and batch in (1, 32)


def bound(row, machine):
    """The least time that peak and bandwidth allow, in ns, as the sum of three parts: the products of all time steps
    at once, xW, dW and dU, at the peak; 2T products with U, each of which reads U from the nearest memory that can hold
    it; Adam, which reads and writes θ, m and v and reads the gradient."""
    cell, H, T, N = sizes(row)
    roof = machine["roofs"]["1"]

    def moved(read, stored):  # time to read so many bytes, out of so many that are used repeatedly
        return read / level({"bytes": stored}, roof)[1]

    U = GATES[cell] * H * H
    theta = U + GATES[cell] * H * (INPUTS + 1) + H * (cell == "gru") + CLASSES * (H + 1)
    at_once = 2 * N * T * GATES[cell] * H * (2 * INPUTS + H) / roof["gflops"]
    in_turn = 2 * T * max(2 * N * U / roof["gflops"], moved(4 * U, 4 * U))
    return at_once + in_turn + moved(4 * 7 * theta, 4 * 4 * theta)


def point(row, machine):
    """The values in the tables: PyTorch's time by ours or None, the share of the bound, and whether that is enough."""
    ours = row["ways"][OURS]
    if "ns" not in ours:
        return None
    ratio = row["ways"].get("PyTorch", {}).get("ratio")
    share = bound(row, machine) / ours["ns"]
    return {"ratio": ratio, "share": share, "enough": share >= GOAL_SHARE or (ratio or 0) >= GOAL_RATIO}


def percent(share):
    return f"{100 * share:.0f} %"


def compared(way):
    return way.get("error") or (f"{microseconds(way['ns'])} ({times(way['ratio'])})" if "ratio" in way else "")


def lines(rows, machine):
    """One line per point, for a terminal."""
    yield ["Recurrent", f"{OURS}, µs", "GFLOP/s", "of peak", "of bound", "allocs", "PyTorch", "by hand", ""]
    for row in rows:
        ours, one = row["ways"][OURS], point(row, machine)
        if one is None:
            yield [row["title"], ours["error"], *[""] * 7]
            continue
        rate, _, share, _ = against_the_machine(row, machine)
        others = [row["ways"].get(label, {}) for label in ("PyTorch", "PyTorch by hand")]
        yield [row["title"], f"{microseconds(ours['ns'])} ±{100 * ours['spread']:.0f} %", f"{rate:.1f}", percent(share),
               percent(one["share"]), f"{row['allocations']:g}", *map(compared, others), "" if one["enough"] else "WEAK"]


def by_batch(cell, rows, machine):
    """One kind of cell, with a column for each N, for a page."""
    batches = sorted({sizes(r)[3] for r in rows})
    found = {sizes(r)[1:]: point(r, machine) for r in rows if sizes(r)[0] == cell}
    yield [cell.upper(), *(f"batch {n}" for n in batches)]
    for H, T in sorted({size[:2] for size in found}):
        line = [f"H {H}, T {T}"]
        for n in batches:
            one = found.get((H, T, n))
            ratio = times(one["ratio"]) if one and one["ratio"] else ""
            line.append(f"{ratio} {percent(one['share'])}{'' if one['enough'] else ' !'}".strip() if one else "")
        yield line


def table(rows, machine, markdown):
    if markdown:
        cells = dict.fromkeys(sizes(r)[0] for r in rows)
        parts = [as_text(list(by_batch(cell, rows, machine)), True) for cell in cells]
    else:
        parts = [as_text(list(lines(rows, machine)), False)]
    return "\n\n".join([*parts, summary(rows, machine)])


def summary(rows, machine):
    found = [p for p in (point(r, machine) for r in rows) if p]
    ratios = [p["ratio"] for p in found if p["ratio"]]
    enough = sum(p["enough"] for p in found)
    words = f"Of {len(found)} points {enough} reach {GOAL_RATIO} × PyTorch's speed or {percent(GOAL_SHARE)} of the bound."
    if ratios:
        words += f" Ratios {times(min(ratios))} to {times(max(ratios))}, the median {times(statistics.median(ratios))}."
    return words
