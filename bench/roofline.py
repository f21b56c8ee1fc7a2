"""The bounds of the machine (Williams, Waterman and Patterson, 2009)."""
from rows import OURS


def level(row, roof):
    """The nearest memory that can hold what a step reads and writes: its name and GB/s."""
    name = min((l for l in roof["levels"] if roof["levels"][l]["size"] >= row["bytes"]),
               key=lambda l: roof["levels"][l]["size"])
    return name, roof["levels"][name]["gbytes"]


def against_the_machine(row, machine):
    """Our rate, its unit, its share of the machine's best at this intensity, and the memory that limits it, if any."""
    roof, ns = machine["roofs"][str(row["cores"])], row["ways"][OURS]["ns"]
    memory, gbytes = level(row, roof) if row["bytes"] else ("", 0)
    if row["bytes"] and row["flops"] * gbytes < row["bytes"] * roof["gflops"]:
        return row["bytes"] / ns, "GB/s", row["bytes"] / ns / gbytes, memory
    return row["flops"] / ns, "GFLOP/s", row["flops"] / ns / roof["gflops"], ""
