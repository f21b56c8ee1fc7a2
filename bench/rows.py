"""The rows of the table. There is no list of them: a benchmark NAME of one of our programs is a row, and NAME/way in
the same program and NAME in a program of PEERS are other ways to compute the same.
"""
import os
import pathlib
import re
import subprocess
import sys

OURS = "gradus"
PEERS = {"onednn": "oneDNN", "eigen": "Eigen", "dlib": "dlib"}  # programs, and their names in the table
WAYS = {"blas": "OpenBLAS", "reference": "textbook"}  # the last part of our names; all others are ways of our own
COLUMNS = ["PyTorch", "oneDNN", "OpenBLAS", "Eigen", "dlib", "1 thread", "ours", "textbook"]
NO_ROWS = ("machine", "plot")
GROUPS = {"train": "Networks", "infer": "Networks", "": "Two threads", "ladder": "Ladder", "product": "Products",
          "convolution": "Convolution", "pooling": "Pooling", "state_product": "Recurrent steps", "gates": "Recurrent steps",
          "recurrent": "Recurrent"}  # by the first word of a name; others by their program
NETWORKS = {"two_layer": "2-3-1", "mlp": "784-128-128-10", "cnn": "documents' CNN", "rnn": "RNN 28→128, T = 28",
            "lstm": "LSTM 28→128, T = 28", "gru": "GRU 28→128, T = 28"}
KINDS = {"train": "training step", "infer": "inference", "fit": "gr::fit"}
FORMS = {"NN": "AB", "TN": "AᵀB", "NT": "ABᵀ"}


def all_rows(folder, cores):
    """In the order of GROUPS: name, title, group, the cores it runs on, and {label: (program, benchmark)}, ours first."""
    rows = {}
    for program in sorted(programs(folder), key=lambda p: (p in PEERS, p)):
        for name in names(os.path.join(folder, program)):
            base, _, way = name.rpartition("/")
            two = re.match("(fit|infer)/.*/2$", name) is not None
            if program in PEERS and name in rows:
                rows[name]["ways"][PEERS[program]] = (program, name)
            elif program in PEERS and base in rows:
                rows[base]["ways"][f"{PEERS[program]} {way}"] = (program, name)
            elif base in rows and program == rows[base]["ways"][OURS][0] and not two:
                rows[base]["ways"][WAYS.get(way, "ours, " + way.replace("_", " "))] = (program, name)
            elif program not in PEERS:
                rows[name] = {"name": name, "title": title(name), "group": group(name, program), "cores": 2 if two else 1,
                              "ways": {OURS: (program, name)}}
    for row in [r for r in rows.values() if r["cores"] == 2]:
        one = row["name"].removesuffix("/2")
        row["ways"]["1 thread"] = (rows.get(one) or rows.pop(one + "/1"))["ways"][OURS]
    groups = list(dict.fromkeys([*GROUPS.values(), *sorted(r["group"] for r in rows.values())]))
    return sorted((r for r in rows.values() if r["cores"] <= cores), key=lambda r: groups.index(r["group"]))


def group(name, program):
    first = name.split("/")[0]
    if first in KINDS and name.endswith("/2"):
        return "Two threads"
    return GROUPS.get(first, "Element by element" if program == "kernels" else program)


def programs(folder):
    """The programs in the folder whose source is next to this file."""
    for source in pathlib.Path(__file__).parent.glob("*.cpp"):
        if source.stem not in NO_ROWS and os.path.exists(os.path.join(folder, source.stem)):
            yield source.stem


def names(program):
    done = subprocess.run([program, "--benchmark_list_tests"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if done.returncode != 0:
        print(f"{program} does not start and is left out", file=sys.stderr)
    return [line.removesuffix("/manual_time") for line in done.stdout.splitlines()]


def title(name):
    first, *rest = name.split("/")
    if first in KINDS:
        return f"{NETWORKS.get(rest[0], rest[0])}, {KINDS[first]}, batch {rest[1]}"
    if first == "recurrent":
        cell, units, steps, batch = rest
        return f"{cell.upper()}, H {units}, T {steps}, batch {batch}"
    if first in ("product", "state_product"):
        forms = FORMS if first == "product" else {"NN": "hU", "NT": "dz Uᵀ"}
        first, rest = forms[rest[0]], rest[1:]
    if first in ("convolution", "pooling"):
        rest[-1] = "batch " + rest[-1]
    words = rest if first in GROUPS else [first, *rest]
    return re.sub(r"(?<=\d)x(?=\d)", "×", ", ".join(words)).replace("_", " ")
