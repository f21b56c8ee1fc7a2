"""What the README's program costs to compile: seconds and memory of g++, median of three runs, against our limits."""
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

LIMIT_SECONDS, LIMIT_MB = 3.0, 450
ROOT = pathlib.Path(__file__).resolve().parent.parent


def program():
    """The first block of C++ in the README that has a main."""
    for block in re.findall(r"^```cpp\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S):
        if "int main" in block:
            return block
    sys.exit("bench/run compile: README.md has no ```cpp block with int main")


def compile_once(source, folder):
    """Seconds on the clock, seconds of the processor and MB of the largest process."""
    start = time.perf_counter()
    command = ["g++", "-std=c++20", "-O2", "-I", str(ROOT / "include"), source, "-o", os.path.join(folder, "program")]
    pid = os.posix_spawnp("g++", command, os.environ)
    _, status, used = os.wait4(pid, 0)
    if status != 0:
        sys.exit("bench/run compile: g++ failed")
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000


def main():
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "program.cpp")
        pathlib.Path(source).write_text(program())
        wall, cpu, memory = (statistics.median(v) for v in zip(*(compile_once(source, folder) for _ in range(3))))
    version = subprocess.run(["g++", "-dumpfullversion"], stdout=subprocess.PIPE, text=True).stdout.strip()
    print(f"The README's program, g++ {version} -std=c++20 -O2, median of 3:")
    met = [wall <= LIMIT_SECONDS, memory <= LIMIT_MB]
    verdict = lambda ok: "met" if ok else "MISSED"
    print(f"  {wall:5.2f} s   limit {LIMIT_SECONDS:g} s     {verdict(met[0])}   ({cpu:.2f} s of one core)")
    print(f"  {memory:5.0f} MB  limit {LIMIT_MB} MB  {verdict(met[1])}")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
