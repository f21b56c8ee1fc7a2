"""bench/run compile: the cost of compiling programs with gradus, as ratios to xtensor's header alone, against budgets.

Each compile is interleaved with compiles of the header; a ratio is relative to the two around it, and the result is the
median of all runs. Seconds are user time of compiler and assembler; memory is that of the largest process. `--include`
measures the headers of another checkout in the same run.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLAGS = ["-std=c++20", "-O2"]
COLUMNS = ["header-only", "compiled unit", "and precompiled header"]
# Budgets of each column: ratio, and MiB if there is a limit. Since ratios vary, they may be larger by TOLERANCE.
TOLERANCE = 1.05
BUDGETS = {
    "first": [(4.2, 340), (2.8, None), (1.3, None)],
    "loop": [(3.6, None), (2.6, None), (1.2, None)],
    "csv_regression": [(6.5, None), (4.5, None), (3, None)],
    "mnist_mlp": [(6, None), (4, None), (2.5, None)],
    "lstm": [(6, 420), (4, None), (2.5, None)],
    "resnet": [(11, 520), (6, 400), (4.5, None)],
}


def compile_once(arguments):
    """User seconds, and MiB of the largest process."""
    command = ["g++", *FLAGS, *arguments]
    pid = os.posix_spawnp("g++", command, os.environ)
    _, status, used = os.wait4(pid, 0)  # of the driver and its children
    if status != 0:
        sys.exit("bench/run compile: failed: " + " ".join(command))
    return used.ru_utime, used.ru_maxrss / 1024


def ways(include, folder):
    """The columns that a checkout supports, each with the arguments of its compiles."""
    plain = ["-I", str(include)]
    unit = ["-D", "GRADUS_COMPILED", *plain]
    if not (include.parent / "src/gradus.cpp").exists():
        return {COLUMNS[0]: plain}
    folder.mkdir()
    # -w: g++ warns about #pragma once in a main file
    compile_once([*unit, "-w", "-x", "c++-header", str(include / "gradus.hpp"), "-o", str(folder / "gradus.hpp.gch")])
    precompiled = [*unit, "-include", str(folder / "gradus.hpp"), "-Winvalid-pch"]
    return dict(zip(COLUMNS, [plain, unit, precompiled]))


def measure(names, states, runs, folder):
    """{(program, state, column): ([ratios], [MiB])}, one run after the other."""
    (folder / "xtensor.cpp").write_text("#include <xtensor/xtensor.hpp>\nint main() {}\n")
    once = lambda name, arguments: compile_once([*arguments, "-c", str(folder / name), "-o", str(folder / "object.o")])
    jobs = [(name, state, column) for name in names for column in COLUMNS for state in states
            if column in states[state]]
    found = {job: ([], []) for job in jobs}
    before = once("xtensor.cpp", [])[0]
    for _ in range(runs):
        for name, state, column in jobs:
            seconds, memory = once(name + ".cpp", states[state][column])
            after = once("xtensor.cpp", [])[0]
            ratios, memories = found[name, state, column]
            ratios.append(2 * seconds / (before + after)), memories.append(memory)
            before = after
    return found


def cell(ratios, memories, budget=None):
    """The text of a cell, and whether it is within its budget."""
    ratio, memory = statistics.median(ratios), max(memories)
    text = f"{ratio:5.2f} ({memory:3.0f})"
    if budget is None:
        return text, True
    most, limit = budget
    met = ratio <= most * TOLERANCE and (limit is None or memory <= limit)
    return f"{text} ≤ {most:g}{f' ({limit})' if limit else ''} {'met' if met else 'MISSED'}", met


def main():
    parser = argparse.ArgumentParser(prog="bench/run compile", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="of: " + ", ".join(BUDGETS))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--include", type=pathlib.Path, help="the include/ of another checkout, for columns beside ours")
    parser.add_argument("--json", type=pathlib.Path, help="writes each ratio and memory")
    o = parser.parse_args()
    names = o.names or list(BUDGETS)
    if unknown := [name for name in names if name not in BUDGETS]:
        parser.error(f"no program {unknown[0]}, but {', '.join(BUDGETS)}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        subprocess.run([ROOT / "bench/compile/programs", folder], check=True, stdout=subprocess.DEVNULL)
        states = {"": ways(ROOT / "include", folder / "precompiled")}
        if o.include:
            states[str(o.include)] = ways(o.include.resolve(), folder / "precompiled_other")
        found = measure(names, states, o.runs, folder)

    version = subprocess.run(["g++", "-dumpfullversion"], stdout=subprocess.PIPE, text=True).stdout.strip()
    print(f"g++ {version} {' '.join(FLAGS)}, user seconds by those of <xtensor/xtensor.hpp>, median of {o.runs} "
          "(MiB of the largest process) ≤ budget\n")
    titles = [(column, state) for column in COLUMNS for state in states if not state or column in states[state]]
    rows = [["program", *(column if not state else "other" for column, state in titles)]]
    met = []
    for name in names:
        row = [name]
        for column, state in titles:
            budget = None if state else BUDGETS[name][COLUMNS.index(column)]
            values = found.get((name, state, column))
            text, ok = cell(*values, budget) if values else ("–", True)
            row.append(text), met.append(ok)
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("   ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())
    if o.include:
        print(f"\nother: {o.include}")
    if o.json:
        o.json.write_text(json.dumps([{"program": name, "include": state or "include", "column": column,
                                       "ratios": values[0], "MiB": values[1]}
                                      for (name, state, column), values in found.items()], indent=1))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
