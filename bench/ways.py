"""The two kinds of things that are timed: a benchmark of ours, and PyTorch. Both answer `burst(seconds)` with the mean
nanoseconds of one step.

One-core work is timed by the clock of its thread, which stands while another process has the core; work on two cores
by the clock on the wall.
"""
import json
import os
import subprocess
import sys

# How far PyTorch's results may be from ours, relative to them: ten steps in float on both sides, sums in another order.
TOLERANCE = {"losses": 1e-5, "parameters": 1e-4, "y_hat": 1e-5}

CORES = sorted(os.sched_getaffinity(0))


class Failed(Exception):
    """What the table says in place of a time."""


def pinned(cores, command):
    return ["taskset", "-c", ",".join(map(str, CORES[-cores:])), *command]


class Ours:
    """One of our benchmarks; each burst is a process of its own."""

    def __init__(self, folder, name, clock="cpu_time", cores=1):
        program, _, self.name = name.partition(":")
        self.program, self.clock, self.cores, self.counters = os.path.join(folder, program), clock, cores, None

    def burst(self, seconds):
        command = [self.program, f"--benchmark_filter=^{self.name}(/manual_time)?$", f"--benchmark_min_time={seconds}",
                   "--benchmark_format=json"]
        done = subprocess.run(pinned(self.cores, command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failed(f"exit status {done.returncode}")
        (result,) = json.loads(done.stdout)["benchmarks"]
        if result.get("error_occurred"):
            raise Failed(result["error_message"])
        steps = result["steps"]
        self.counters = {"flops": result["flops"] / steps, "bytes": result.get("bytes", 0) / steps,
                         "allocations": result.get("allocations")}
        return result[self.clock] / steps


class Torch:
    """PyTorch in a process that stays: importing it takes a second. Both sides begin from the files of one exchange."""

    def __init__(self, folder):
        self.exchange = os.path.join(folder, "exchange")
        os.makedirs(self.exchange, exist_ok=True)
        subprocess.run([os.path.join(folder, "networks"), "exchange", self.exchange], check=True)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.py")
        self.process = subprocess.Popen(pinned(1, [sys.executable, script]), text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        self.about = json.loads(line) if line else {"line": "PyTorch was not found (python3-torch): ours alone."}

    def __bool__(self):
        return "ways" in self.about

    def ask(self, name, way, seconds):
        """With 0 seconds: how far its results are from ours."""
        question = {"name": name, "file": f"{self.exchange}/{name}.npz", "way": way, "seconds": seconds}
        try:
            print(json.dumps(question), file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise Failed("PyTorch failed") from None


class FastestTorch:
    """The fastest of PyTorch's ways to do a job. All of them must agree with our results before any is timed."""

    def __init__(self, torch, name, kind, by_hand):
        self.torch, self.name = torch, name
        ways = [w for w in torch.about["ways"] if w.startswith(kind) and w.endswith("by_hand") == by_hand]
        self.differences = {way: torch.ask(name, way, 0) for way in ways}
        for way, difference in self.differences.items():
            for what, size in difference.items():
                if not size <= TOLERANCE[what]:
                    raise Failed(f"MISMATCH in {what} of {way}: {size:.1e}")
        self.speeds = {way: min(self.timed(way, 0.2) for _ in range(3)) for way in ways}
        self.way = min(ways, key=self.speeds.get)
        self.label = self.way.removeprefix(kind + "_").replace("_", " ")

    def timed(self, way, seconds):
        return self.torch.ask(self.name, way, seconds)["cpu_time"]

    def burst(self, seconds):
        return self.timed(self.way, seconds)
