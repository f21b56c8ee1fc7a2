"""The same networks in PyTorch, as fast as we could make them: a process that answers bench/table.py line by line.

Ways to write a training step or an inference are methods of `Network`. The first ones are PyTorch as its users write
it; those `by_hand` are what is left when torch is but an array library: no Module, no autograd, buffers of our own.
"""
import json
import sys
import time

import numpy
import torch
import torch.nn.functional as F

torch.set_num_threads(1)


class FlatAdam:
    """Adam over one vector of all parameters and one of all gradients: eight calls a step, however many tensors."""

    def __init__(self, theta, grad):
        self.theta, self.grad, self.t = theta, grad, 0
        self.m, self.v, self.root = (torch.zeros_like(theta) for _ in range(3))

    def step(self):
        self.t += 1
        c1, c2 = 1 - 0.9**self.t, (1 - 0.999**self.t) ** 0.5
        self.m.mul_(0.9).add_(self.grad, alpha=0.1)
        self.v.mul_(0.999).addcmul_(self.grad, self.grad, value=0.001)
        torch.sqrt(self.v, out=self.root).add_(1e-8 * c2)
        self.theta.addcdiv_(self.m, self.root, value=-1e-3 * c2 / c1)


class FlatDescent:
    def __init__(self, theta, grad):
        self.theta, self.grad = theta, grad

    def step(self):
        self.theta.add_(self.grad, alpha=-0.01)


class Network:
    """A network of the exchange file, put back to its first parameters."""

    def __init__(self, name, arrays):
        self.mlp = name.startswith("mlp")
        names = [n for n in arrays if n.startswith("before/")]
        self.theta = [torch.from_numpy(arrays[n].copy()) for n in names]
        count = sum(n.startswith("x/") for n in arrays)
        self.x = [torch.from_numpy(arrays[f"x/{b}"]) for b in range(count)]
        self.y = [torch.from_numpy(arrays[f"y/{b}"]) for b in range(count)]
        if self.mlp:
            self.y = [y.long() for y in self.y]
        self.at = -1

    def batch(self):
        self.at = (self.at + 1) % len(self.x)
        return self.x[self.at], self.y[self.at]

    def parameters(self):
        return [p.detach().numpy() for p in self.theta]

    def module(self):
        layers = []
        for W, b in zip(self.theta[::2], self.theta[1::2]):
            layer = torch.nn.Linear(*W.shape)
            with torch.no_grad():
                layer.weight.copy_(W.t())
                layer.bias.copy_(b)
            layers += [layer, torch.nn.ReLU() if self.mlp else torch.nn.Sigmoid()]
        net = torch.nn.Sequential(*layers[:-1])
        linear = net[::2]
        self.parameters = lambda: [p.detach().numpy() for l in linear for p in (l.weight.t(), l.bias)]
        return net

    # --- training ---------------------------------------------------------------------------------------------------

    def train_module(self, trace=False):
        net, loss = self.module(), torch.nn.CrossEntropyLoss() if self.mlp else torch.nn.MSELoss()
        if self.mlp:
            optimizer = torch.optim.Adam(net.parameters(), foreach=True)
        else:
            optimizer = torch.optim.SGD(net.parameters(), lr=0.01, foreach=True)
        if trace:
            net = torch.jit.trace(net, self.x[0])

        def step():
            x, y = self.batch()
            J = loss(net(x), y)
            optimizer.zero_grad(set_to_none=True)
            J.backward()
            optimizer.step()
            return J

        return step

    def train_traced(self):
        return self.train_module(trace=True)

    def flat(self):
        """Parameters and gradients as views of one vector each."""
        theta = torch.cat([p.reshape(-1) for p in self.theta])
        grad = torch.zeros_like(theta)
        at, gradients = 0, []
        for i, p in enumerate(self.theta):
            self.theta[i] = theta[at : at + p.numel()].view(p.shape)
            gradients.append(grad[at : at + p.numel()].view(p.shape))
            at += p.numel()
        return gradients, (FlatAdam if self.mlp else FlatDescent)(theta, grad)

    def train_functional_by_hand(self):
        """Autograd, but no Module and no torch.optim."""
        gradients, optimizer = self.flat()
        theta = [p.requires_grad_() for p in self.theta]
        f, loss = (torch.relu, F.cross_entropy) if self.mlp else (torch.sigmoid, F.mse_loss)
        pairs = list(zip(theta[::2], theta[1::2]))

        def step():
            x, y = self.batch()
            for W, b in pairs[:-1]:
                x = f(torch.addmm(b, x, W))
            J = loss(torch.addmm(pairs[-1][1], x, pairs[-1][0]), y)
            g = torch.autograd.grad(J, theta)
            with torch.inference_mode():
                torch._foreach_zero_(gradients)
                torch._foreach_add_(gradients, g)
                optimizer.step()
            return J

        return step

    def train_by_hand(self):
        """No autograd either: forward and backward written out."""
        gradients, optimizer = self.flat()
        n = self.x[0].shape[0]
        pairs = list(zip(self.theta[::2], self.theta[1::2]))
        layers = [(W, b, dW, db, torch.empty(n, W.shape[1]), torch.empty(n, W.shape[0]))
                  for (W, b), dW, db in zip(pairs, gradients[::2], gradients[1::2])]
        f = torch.relu_ if self.mlp else torch.sigmoid_
        minus_one = torch.full((n, 1), -1.0)

        @torch.inference_mode()
        def step():
            x, y = self.batch()
            h, inputs = x, []
            for W, b, _, _, out, _ in layers:
                inputs.append(h)
                h = torch.addmm(b, h, W, out=out)
                if W is not layers[-1][0]:
                    f(h)
            if self.mlp:
                log_p = F.log_softmax(h, 1)
                J = F.nll_loss(log_p, y)
                dz = log_p.exp_().scatter_add_(1, y.unsqueeze(1), minus_one).mul_(1 / n)
            else:
                dz = h - y
                J = torch.dot(dz.view(-1), dz.view(-1)) / dz.numel()
                dz.mul_(2 / dz.numel())
            for i in range(len(layers) - 1, -1, -1):
                W, _, dW, db, _, dx = layers[i]
                torch.mm(inputs[i].t(), dz, out=dW)
                torch.sum(dz, 0, out=db)
                if i > 0:
                    torch.mm(dz, W.t(), out=dx)
                    if self.mlp:
                        dz = torch.ops.aten.threshold_backward(dx, inputs[i], 0)
                    else:
                        dz = torch.ops.aten.sigmoid_backward(dx, inputs[i])
            optimizer.step()
            return J

        return step

    # --- inference --------------------------------------------------------------------------------------------------

    def infer_module(self):
        net = self.module().eval()
        return torch.inference_mode()(lambda: net(self.batch()[0]))

    def infer_optimized(self):
        with torch.no_grad():
            net = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(self.module().eval(), self.x[0])))
        return torch.inference_mode()(lambda: net(self.batch()[0]))

    def infer_by_hand(self):
        n = self.x[0].shape[0]
        layers = [(W, b, torch.empty(n, W.shape[1])) for W, b in zip(self.theta[::2], self.theta[1::2])]
        f = torch.relu_ if self.mlp else torch.sigmoid_

        @torch.inference_mode()
        def step():
            h = self.batch()[0]
            for W, b, out in layers[:-1]:
                h = f(torch.addmm(b, h, W, out=out))
            W, b, out = layers[-1]
            return torch.addmm(b, h, W, out=out)

        return step


def difference(a, b):
    """‖a − b‖ / ‖b‖ over lists of arrays."""
    a, b = (numpy.concatenate([numpy.asarray(p, numpy.float64).reshape(-1) for p in q]) for q in (a, b))
    return float(numpy.linalg.norm(a - b) / numpy.linalg.norm(b))


def compare(arrays, network, what, step):
    """How far this way's results are from those in the file, relative to them. Training: the losses of all steps, and
    the way from the first to the last parameters."""
    if what == "infer":
        return {"y_hat": difference([step().numpy()], [arrays["y_hat"]])}
    before, after = ([arrays[n] for n in arrays if n.startswith(when)] for when in ("before/", "after/"))
    losses = [float(step()) for _ in arrays["losses"]]
    moved = [p - q for p, q in zip(network.parameters(), before)]
    return {"losses": difference([losses], [arrays["losses"]]),
            "parameters": difference(moved, [p - q for p, q in zip(after, before)])}


def burst(step, seconds):
    """Mean time of a step over about so many seconds, on the clock and on the core, in ns."""
    for _ in range(5):
        step()
    wall, cpu, steps = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - wall < seconds:
        for _ in range(10):
            step()
        steps += 10
    return {"real_time": (time.perf_counter() - wall) * 1e9 / steps,
            "cpu_time": (time.process_time() - cpu) * 1e9 / steps}


def main():
    capability = torch.__config__.show().split("CPU capability usage: ")[-1].split("\n")[0]
    settings = "one thread, foreach Adam, zero_grad(set_to_none=True), inference_mode"
    print(json.dumps({"line": f"PyTorch {torch.__version__}, {capability}, {settings}; the fastest of its ways.",
                      "ways": [w for w in vars(Network) if w.startswith(("train_", "infer_"))]}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        arrays = dict(numpy.load(ask["file"]))
        network = Network(ask["name"], arrays)
        step = getattr(network, ask["way"])()
        if ask["seconds"] == 0:
            answer = compare(arrays, network, ask["way"][:5], step)
        else:
            answer = burst(step, ask["seconds"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
