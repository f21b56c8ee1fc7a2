"""Kernels in PyTorch, with the names of ours. `find` returns the ways to compute one, {its name: a function that makes
a step}, and the expected result: the formula in double. The data are drawn here, with the same sizes as ours."""
import functools

import torch
import torch.nn.functional as F

from peer_network import FlatAdam

aten = torch.ops.aten
FORMULAS = {"relu": lambda z: (z + z.abs()) / 2,
            "sigmoid": lambda z: 1 / (1 + torch.exp(-z)),
            "tanh": lambda z: (torch.exp(z) - torch.exp(-z)) / (torch.exp(z) + torch.exp(-z)),
            "gelu": lambda z: z * (1 + torch.erf(z / 2**0.5)) / 2,
            "softmax": lambda z: torch.exp(z) / torch.exp(z).sum(1, keepdim=True)}


@functools.lru_cache(1)
def find(name):
    kind, *what = name.split("/")
    makers = {"forward": forward, "backward": backward, "column_sums": column_sums, "adam": adam,
              "convolution": convolution, "pooling": pooling}
    torch.manual_seed(1)
    return makers[kind](*what) if kind in makers else ({}, None)


def drawn_for(f):
    return torch.randn(128, 10 if f == "softmax" else 128)


def in_double(f, z, dy):
    """y and dz."""
    z = z.double().requires_grad_()
    y = FORMULAS[f](z)
    y.backward(dy.double())
    return y.detach(), z.grad


def forward(f):
    z = drawn_for(f)
    y = torch.empty_like(z)
    step = {"relu": lambda: torch.clamp_min(z, 0, out=y),
            "sigmoid": lambda: torch.sigmoid(z, out=y),
            "tanh": lambda: torch.tanh(z, out=y),
            "gelu": lambda: aten.gelu.out(z, out=y),
            "softmax": lambda: aten._softmax.out(z, 1, False, out=y)}[f]
    return {"": step}, in_double(f, z, z)[0]


def backward(f):
    z, dy = drawn_for(f), drawn_for(f)
    y, expected = in_double(f, z, dy)
    y, dz = y.float(), torch.empty_like(z)
    step = {"relu": lambda: aten.threshold_backward.grad_input(dy, y, 0, grad_input=dz),
            "sigmoid": lambda: aten.sigmoid_backward.grad_input(dy, y, grad_input=dz),
            "tanh": lambda: aten.tanh_backward.grad_input(dy, y, grad_input=dz),
            "gelu": lambda: aten.gelu_backward.grad_input(dy, z, grad_input=dz),
            "softmax": lambda: aten._softmax_backward_data.out(dy, y, 1, torch.float32, grad_input=dz)}[f]
    return {"": step}, expected


def column_sums():
    a, sums = torch.randn(128, 128), torch.empty(128)
    return {"": lambda: torch.sum(a, 0, out=sums)}, a.double().sum(0)


def adam():
    """With m = v = 0 the first step is α g / (|g| + ε)."""
    theta, g = torch.randn(118282), torch.randn(118282)
    expected = theta.double() - 1e-3 * g.double() / (g.double().abs() + 1e-8)
    optimizer = FlatAdam(theta, g, 1e-8)

    def step():
        optimizer.step()
        return theta

    return {"": step}, expected


def convolution(part, sizes, n):
    """Images with channels last, and in oneDNN's own blocks."""
    height, width, channels, filters = map(int, sizes.split("x"))
    x, W, b = torch.randn(int(n), channels, height + 2, width + 2), torch.randn(filters, channels, 3, 3), torch.randn(filters)
    dz = torch.randn(int(n), filters, height, width)

    def gradient(x, W, dz):
        mask = [part == "dx", part == "dW", False]
        return aten.convolution_backward(dz, x, W, [filters], [1, 1], [0, 0], [1, 1], False, [0, 0], 1, mask)[part == "dW"]

    def step(x, W, dz, b):
        return (lambda: F.conv2d(x, W, b)) if part == "forward" else (lambda: gradient(x, W, dz))

    expected = step(x.double(), W.double(), dz.double(), b.double())()
    last = [t.contiguous(memory_format=torch.channels_last) for t in (x, W, dz)]
    return {"channels last": step(*last, b), "in blocks": step(x.to_mkldnn(), W, dz.to_mkldnn(), b)}, expected


def pooling(way, sizes, n):
    height, width, channels = map(int, sizes.split("x"))
    x = torch.randn(int(n), channels, height, width).contiguous(memory_format=torch.channels_last)
    dy = torch.randn(int(n), channels, height // 2, width // 2).contiguous(memory_format=torch.channels_last)
    pool = F.max_pool2d if way.startswith("max") else F.avg_pool2d
    if way.endswith("forward"):
        return {"": lambda: pool(x, 2)}, pool(x.double(), 2)
    exact = x.double().requires_grad_()
    pool(exact, 2).backward(dy.double())
    window = [2, 2], [2, 2], [0, 0]
    if way.startswith("max"):
        _, at = F.max_pool2d(x, 2, return_indices=True)
        return {"": lambda: aten.max_pool2d_with_indices_backward(dy, x, *window, [1, 1], False, at)}, exact.grad
    return {"": lambda: aten.avg_pool2d_backward(dy, x, *window, False, True, None)}, exact.grad
