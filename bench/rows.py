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
    square = [("NN", n, n, n) for n in (32, 64, 128, 256, 512)]
    shapes = list(square)
    for n in (32, 128):  # of the network 784-128-128-10: forward, dW, dx
        shapes += [("NN", n, 784, 128), ("NN", n, 128, 128), ("NN", n, 128, 10), ("TN", 784, n, 128),
                   ("TN", 128, n, 128), ("TN", 128, n, 10), ("NT", n, 128, 128), ("NT", n, 10, 128)]
    return ([product(*shape, "blas", "BLAS") for shape in dict.fromkeys(shapes)] +
            [product(*shape, "reference", "reference") for shape in square[:4]])


def product(form, m, k, n, peer, against):
    name = f"product/{form}/{m}x{k}x{n}"
    title = {"NN": "AB", "TN": "AᵀB", "NT": "ABᵀ"}[form]
    return {"name": f"{name}/{peer}", "title": f"{title}, {m}×{k}×{n}", "seconds": 0.05, "against": against,
            "ours": {"name": f"kernels:{name}"}, "theirs": {"name": f"kernels:{name}/{peer}"}}


def elementwise():
    activations = ("relu", "sigmoid", "tanh", "gelu", "softmax")
    names = [f"{way}/{f}" for f in activations for way in ("forward", "backward")] + ["column_sums", "adam"]
    return [{"name": name, "title": name.replace("/", " ").replace("_", " "), "seconds": 0.05, "against": "reference",
             "ours": {"name": f"kernels:{name}"}, "theirs": {"name": f"kernels:{name}/reference"}} for name in names]
