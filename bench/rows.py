"""The rows of the table: what is measured, and against what."""


def all_rows(cores):
    return networks() + (threads() if cores > 1 else []) + products() + elementwise()


def networks():
    rows = []
    for kind, net, n, title in [("train", "two_layer", 4, "two-layer 2-3-1, training"),
                                ("train", "mlp", 32, "784-128-128-10, training"),
                                ("train", "mlp", 128, "784-128-128-10, training"),
                                ("infer", "mlp", 128, "784-128-128-10, inference")]:
        for by_hand in (False, True):
            rows.append({"name": f"{kind}/{net}/{n}" + ("/by_hand" if by_hand else ""), "title": f"{title}, batch {n}",
                         "ours": {"name": f"networks:{kind}/{net}/{n}"}, "seconds": 0.4, "against": "PyTorch",
                         "torch": {"name": f"{net}_{n}", "kind": kind, "by_hand": by_hand}})
    return rows


def threads():
    return [{"name": f"fit/mlp/{n}", "title": f"784-128-128-10, gr::fit, 2 threads, batch {n}", "seconds": 0.3,
             "ours": {"name": f"networks:fit/mlp/{n}/2", "clock": "real_time", "cores": 2}, "against": "1 thread",
             "theirs": {"name": f"networks:fit/mlp/{n}/1", "clock": "real_time"}} for n in (128, 512)]


def products():
    shapes = [("NN", n, n, n) for n in (32, 64, 128, 256, 512)]
    for n in (32, 128):
        shapes += [("NN", n, 784, 128), ("NN", n, 128, 128), ("NN", n, 128, 10), ("TN", 784, n, 128), ("TN", 128, n, 128),
                   ("TN", 128, n, 10), ("NT", n, 128, 128), ("NT", n, 10, 128)]
    shapes = list(dict.fromkeys(shapes))
    form = {"NN": "AB", "TN": "AᵀB", "NT": "ABᵀ"}
    row = lambda f, m, k, n, peer, against: {
        "name": f"product/{f}/{m}x{k}x{n}{peer}", "title": f"{form[f]}, {m}×{k}×{n}", "seconds": 0.05, "against": against,
        "ours": {"name": f"kernels:product/{f}/{m}x{k}x{n}"}, "theirs": {"name": f"kernels:product/{f}/{m}x{k}x{n}{peer}"}}
    return ([row(*s, "/blas", "BLAS") for s in shapes] +
            [row(*s, "/reference", "reference") for s in shapes if s[0] == "NN" and s[1] == s[3] <= 256])


def elementwise():
    names = [f"{way}/{f}" for f in ("relu", "sigmoid", "tanh", "gelu", "softmax") for way in ("forward", "backward")]
    return [{"name": n, "title": n.replace("/", " ").replace("_", " "), "seconds": 0.05, "against": "reference",
             "ours": {"name": f"kernels:{n}"}, "theirs": {"name": f"kernels:{n}/reference"}}
            for n in names + ["column_sums", "adam"]]
