"""The same networks and kernels in PyTorch, as fast as we could make them: a process that serves measure.py."""
import json
import sys
import time

import numpy
import torch

import peer_kernels
from peer_cnn import Cnn
from peer_recurrent_by_hand import Gru, Lstm, Rnn
from peer_rows import Rows

torch.set_num_threads(int(sys.argv[1]))
NETWORKS = {"two_layer": Rows, "mlp": Rows, "cnn": Cnn, "rnn": Rnn, "lstm": Lstm, "gru": Gru}


def difference(a, b):
    """‖a − b‖ / ‖b‖"""
    a, b = (numpy.asarray(p, numpy.float64) for p in (a, b))
    return float(numpy.linalg.norm(a - b) / numpy.linalg.norm(b))


def compare(arrays, network, what, step):
    """How far the results of this way are from those in the file, relatively. Training: the losses of all steps, and
    the change of each parameter, W or b, from before to after."""
    if what == "infer":
        return {"y_hat": difference(step().numpy(), arrays["y_hat"])}
    before, after = ([arrays[n] for n in arrays if n.startswith(when)] for when in ("before/", "after/"))
    losses = [float(step()) for _ in arrays["losses"]]
    moved = [(p - q, r - q) for p, q, r in zip(network.parameters(), before, after)]
    return {"losses" + network.through: difference(losses, arrays["losses"]),
            "parameters" + network.through: max(difference(*m) for m in moved)}


def burst(step, seconds):
    """Mean time of a step over about `seconds`, as wall-clock and CPU time, in ns. A step that takes longer is run
    once."""
    wall, before = time.perf_counter(), 0
    while before < 5 and time.perf_counter() - wall < seconds:
        step()
        before += 1
    at_once = 10 if before == 5 else 1
    wall, cpu, steps = time.perf_counter(), time.process_time(), 0
    while steps == 0 or time.perf_counter() - wall < seconds:
        for _ in range(at_once):
            step()
        steps += at_once
    return {"real_time": (time.perf_counter() - wall) * 1e9 / steps,
            "cpu_time": (time.process_time() - cpu) * 1e9 / steps}


KEPT = {}  # by way, for the next burst of one row, if its steps take long


def network(ask):
    """Each burst starts with the initial parameters, except if the steps are so slow that training does not get far."""
    if KEPT and ask["file"] not in KEPT:
        KEPT.clear()
    steps = KEPT.setdefault(ask["file"], {})
    if ask["seconds"] > 0 and ask["way"] in steps:
        return burst(steps[ask["way"]], ask["seconds"])
    arrays = dict(numpy.load(ask["file"]))
    one = NETWORKS[ask["network"]](arrays)
    step = getattr(one, ask["way"])()
    if ask["seconds"] > 0:
        return burst(step, ask["seconds"])
    start = time.perf_counter()
    differences = compare(arrays, one, ask["way"][:5], step)
    if time.perf_counter() - start > 0.3:
        steps[ask["way"]] = step
    return differences


def kernel(ask):
    ways, expected = peer_kernels.find(ask["kernel"])
    if "way" not in ask:
        return {"ways": list(ways)}
    with torch.inference_mode():
        step = ways[ask["way"]]
        return {"result": difference(step().to_dense(), expected)} if ask["seconds"] == 0 else burst(step, ask["seconds"])


def main():
    capability = torch.__config__.show().split("CPU capability usage: ")[-1].split("\n")[0]
    settings = "as many threads as ours, channels last, foreach Adam, zero_grad(set_to_none=True), inference_mode"
    ways = {name: [w for w in dir(network) if w.startswith(("train_", "infer_")) and getattr(network, w)]
            for name, network in NETWORKS.items()}
    print(json.dumps({"line": f"PyTorch {torch.__version__}, {capability}, {settings}; the fastest of its ways.",
                      "ways": ways}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        print(json.dumps(kernel(ask) if "kernel" in ask else network(ask)), flush=True)


if __name__ == "__main__":
    main()
