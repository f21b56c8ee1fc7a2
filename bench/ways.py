"""The two kinds of things that are timed: one of our benchmarks, and PyTorch. Both have `burst(seconds)`, which returns
the mean nanoseconds of one step.

Work on one core is timed by the CPU time of its thread, which does not count while another process has the core; work
on two cores by wall-clock time.
"""
import json
import os
import re
import subprocess
import sys

from rows import OURS

# How far PyTorch's results may be from ours, relative to them: ten steps in float on both sides, with sums in another
# order. If rounding changes which pixel of a window is the maximum, or the sign of one at a ReLU, the gradient of a
# filter differs by that pixel, here by 2 %; this happens to a few of 10⁷. Through time, many gradients are as small as
# their rounding error, with either sign, and Adam's first steps depend on the sign: one of 10⁶ causes 2 · 10⁻³.
TOLERANCE = {"losses": 1e-5, "losses through pooling": 1e-5, "losses through time": 1e-4,
             "parameters": 1e-4, "parameters through pooling": 2e-2, "parameters through time": 5e-3,
             "y_hat": 1e-5, "result": 1e-4}  # of a kernel, as in jobs.hpp

# The PyTorch job for each kind of row. For gr::fit, its batches are shuffled and gathered before timing.
KINDS = {"train": "train", "infer": "infer", "fit": "train", "recurrent": "train"}

CORES = sorted(os.sched_getaffinity(0))

# What Google Benchmark reports about every machine; the rest of the context is a program's report about its library.
CONTEXT = {"date", "host_name", "executable", "num_cpus", "mhz_per_cpu", "cpu_scaling_enabled", "caches", "load_avg",
           "library_build_type"}


class Failed(Exception):
    """The text in the table in place of a time."""


def clock(cores):
    return "cpu_time" if cores == 1 else "real_time"


def pinned(cores, command):
    return ["taskset", "-c", ",".join(map(str, CORES[-cores:])), *command]


def run(program, cores, seconds, pattern=".", checked=False):
    """The report of one process of a benchmark program."""
    command = [program, f"--benchmark_filter={pattern}", f"--benchmark_min_time={seconds}", "--benchmark_format=json"]
    environment = os.environ | ({"BENCH_CHECKED": "1"} if checked else {})
    done = subprocess.run(pinned(cores, command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    if done.returncode != 0:
        raise Failed(f"exit status {done.returncode}")
    return json.loads(done.stdout)


class Benchmark:
    """One of our benchmarks or of a peer in C++; each burst is a separate process. The first one checks the result."""

    def __init__(self, folder, cores, program, name):
        self.program, self.name, self.cores = os.path.join(folder, program), name, cores
        self.counters = self.about = self.note = None

    def burst(self, seconds):
        report = run(self.program, self.cores, seconds, f"^{self.name}(/manual_time)?$", self.counters is not None)
        (result,) = report["benchmarks"]
        if result.get("error_occurred"):
            raise Failed(result["error_message"])
        steps = result["steps"]
        self.counters = {what: result.get(what, 0) / steps for what in ("flops", "bytes")}
        self.counters["allocations"] = result.get("allocations")
        self.about = {k: v for k, v in report["context"].items() if k not in CONTEXT}
        self.note = result.get("label")
        return result[clock(self.cores)] / steps


class Torch:
    """PyTorch in a process that keeps running: importing it takes a second. Both sides start from the same files."""

    def __init__(self, folder, threads):
        self.folder, self.threads, self.exchange, self.written = folder, threads, os.path.join(folder, "exchange"), None
        os.makedirs(self.exchange, exist_ok=True)
        subprocess.run([os.path.join(folder, "networks"), "exchange", self.exchange], check=True)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.py")
        environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
        log = os.path.join(folder, "pytorch.log")
        with open(log, "a") as errors:
            self.process = subprocess.Popen(pinned(threads, [sys.executable, script, str(threads)]), text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment)
        try:
            self.about = json.loads(self.process.stdout.readline())
        except json.JSONDecodeError:
            raise Failed(f"PyTorch is left out; {os.path.relpath(log)} says why") from None

    def ask(self, **question):
        try:
            print(json.dumps(question), file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise Failed("PyTorch failed") from None

    def ways(self, row):
        """{label: way} of a row: as PyTorch's users write it, and by hand."""
        if row["cores"] != self.threads:
            return {}
        kind, *what = row["name"].split("/")
        if kind not in KINDS:
            ways = self.ask(kernel=row["name"])["ways"]
            return {"PyTorch": FastestTorch(self, ways, kernel=row["name"])} if ways else {}
        file = self.file(row, "_".join(what if kind == "recurrent" else what[:2]))
        if not os.path.exists(file):
            return {}
        found = {"PyTorch": [], "PyTorch by hand": []}
        for way in self.about["ways"][what[0]]:
            if way.startswith(KINDS[kind] + "_"):
                found["PyTorch by hand" if way.endswith("by_hand") else "PyTorch"].append(way)
        return {label: FastestTorch(self, ways, network=what[0], file=file) for label, ways in found.items() if ways}

    def file(self, row, name):
        """The initial values for both sides. The file of a recurrent network is written when its row is measured, and
        replaces the one before: together the files of the grid are gigabytes."""
        program, benchmark = row["ways"][OURS]
        file = f"{self.exchange}/{name}.npz"
        if program == "recurrent" and file != self.written:
            if self.written:
                os.remove(self.written)
            subprocess.run([os.path.join(self.folder, program), "exchange", self.exchange, benchmark], check=True)
            self.written = file
        return file


class FastestTorch:
    """The fastest of PyTorch's ways to do a job. All of them must agree with our results before one is timed."""

    def __init__(self, torch, ways, **job):
        self.torch, self.ways, self.job, self.way, self.note = torch, ways, job, None, None
        self.about = {"peer": torch.about["line"]}

    def choose(self, seconds):
        for way in self.ways:
            for what, size in self.torch.ask(**self.job, way=way, seconds=0).items():
                if not size <= TOLERANCE[what]:
                    raise Failed(f"MISMATCH in {what} of {way}: {size:.1e}")
        speeds = {way: self.fastest_of_three(way, seconds) for way in self.ways} if self.ways[1:] else {}
        self.way = min(self.ways, key=speeds.get) if speeds else self.ways[0]
        self.note = re.sub("^(train|infer)_", "", self.way).replace("_", " ")

    def fastest_of_three(self, way, seconds):
        times = [self.timed(way, seconds)]
        while len(times) < 3 and times[0] < 5e8:  # one run is enough if a step takes a second
            times.append(self.timed(way, seconds))
        return min(times)

    def timed(self, way, seconds):
        return self.torch.ask(**self.job, way=way, seconds=seconds)[clock(self.torch.threads)]

    def burst(self, seconds):
        if self.way is None:
            self.choose(2 / 3 * seconds)
        return self.timed(self.way, seconds)
