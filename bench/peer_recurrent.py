"""Recurrent networks in PyTorch: RNN, LSTM or GRU over (N, T, D), the state after the last step, a dense layer.

PyTorch has two biases where we have one: `bias_hh` is 0 and stays so, for with both learnt Adam would move their sum
twice as far; of GRU's its third block is learnt, which is our b_q.

By hand, there is no Module and no autograd: one product for the inputs of all steps (and one for all of dW), one for each
step that adds hU to them in place, and as few passes over the gates as PyTorch's operations allow. Its tanh takes four
times as long as its sigmoid, so tanh(z) = 2σ(2z) − 1 where there is much of it.

Tried, and slower: cells (`lstm_cell`) in a loop, `torch.jit.script` of such a loop (Debian's PyTorch fuses nothing on a
processor), `y[:, -1]` for the last state, whose gradient is as large as y.
"""
import torch

from peer_network import CrossEntropy, Network

aten = torch.ops.aten
sigmoid_backward, tanh_backward = aten.sigmoid_backward.grad_input, aten.tanh_backward.grad_input
MINUS_ONE = torch.tensor(-1.0)


def tanh(z, out):
    """tanh(z); z is spent."""
    if z.numel() < 8192:
        return torch.tanh(z, out=out)
    return torch.add(MINUS_ONE, z.add_(z).sigmoid_(), alpha=2, out=out)


class LastStep(torch.nn.Module):
    """Of the three kinds: layer, the last state, dense."""

    def __init__(self, layer, dense):
        super().__init__()
        self.layer, self.dense = layer, dense

    def forward(self, x):
        h = self.layer(x)[1]
        return self.dense((h[0] if isinstance(h, tuple) else h)[0])


class Recurrent(Network):
    """Parameters in our order: W (D, GH), U (H, GH), b (GH), for GRU b_q (H), and the dense layer's V (H, 10), b_v."""

    compared = "parameters after gates"

    def __init__(self, arrays):
        super().__init__(arrays)
        self.W, self.U, self.b, *b_q, self.V, self.b_v = self.theta
        self.b_q = b_q[0] if b_q else None
        self.T, self.D, self.H = *self.x[0].shape[1:], self.U.shape[0]
        self.learnt = lambda: self.theta

    def parameters(self):
        return [p.detach().numpy() for p in self.learnt()]

    # --- as PyTorch's users write it ---------------------------------------------------------------------------------

    def module(self, batch_first=True):
        if not batch_first:
            self.x = [x.transpose(0, 1).contiguous() for x in self.x]
        layer = self.layer(self.D, self.H, batch_first=batch_first)
        net = LastStep(layer, torch.nn.Linear(self.H, self.V.shape[1]))
        two_h, W, U, b, b_hh = 2 * self.H, layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0
        with torch.no_grad():
            for own, p in zip((W, U, b, net.dense.weight, net.dense.bias), (self.W, self.U, self.b, self.V, self.b_v)):
                own.copy_(p.t() if p.dim() == 2 else p)
            b_hh.zero_()
            if self.b_q is not None:
                b_hh[two_h:] = self.b_q
        b_hh.requires_grad = self.b_q is not None
        learnt = [W.t(), U.t(), b, *([] if self.b_q is None else [b_hh[two_h:]]), net.dense.weight.t(), net.dense.bias]
        self.learnt = lambda: learnt
        return net

    def train_module(self, batch_first=True):
        net = self.module(batch_first)
        loss = torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], eps=self.epsilon, foreach=True)
        b_hh = net.layer.bias_hh_l0

        def step():
            x, y = self.batch()
            J = loss(net(x), y)
            optimizer.zero_grad(set_to_none=True)
            J.backward()
            if b_hh.requires_grad:
                b_hh.grad[: 2 * self.H].zero_()
            optimizer.step()
            return J

        return step

    def train_time_first(self):
        return self.train_module(batch_first=False)

    train_traced = None  # gains nothing

    def infer_module(self, batch_first=True):
        net = self.module(batch_first).eval()
        return torch.inference_mode()(lambda: net(self.batch()[0]))

    def infer_time_first(self):
        return self.infer_module(batch_first=False)

    # --- by hand: time first, (T, N, ·) ------------------------------------------------------------------------------

    def prepare(self):
        """θ in the order of `blocks`, W with b as its last row, for x that end in a column of ones; buffers, and views of
        them, one for each step. Z holds all gates, of which x contributes to `from_x` and h to `from_h`."""
        H, T, n, order = self.H, self.T, self.n, self.blocks
        self.x = [torch.cat([x, torch.ones(n, T, 1)], 2).transpose(0, 1).reshape(T * n, -1) for x in self.x]
        W, U = torch.cat([self.W, self.b[None]]), self.U
        bias = [] if self.b_q is None else [self.b_q]
        self.theta = [rearranged(W, H, order["x"]), rearranged(U, H, order["h"]), *bias, self.V, self.b_v]

        def learnt():
            W, U, *rest = self.theta
            W, U = back(W, H, order["x"]), back(U, H, order["h"])
            return [W[:-1], U, W[-1], *rest]

        self.learnt = learnt
        width = order["width"] * H
        self.from_x, self.from_h = slice(0, len(order["x"]) * H), slice(width - len(order["h"]) * H, width)
        self.Z, self.h = torch.empty(T, n, width), torch.zeros(T + 1, n, H)
        self.logits, self.cross_entropy = torch.empty(n, 10), CrossEntropy(n)
        self.flat_Z, self.flat_h = self.Z.view(T * n, width), self.h[:T].view(T * n, H)
        self.cells = [self.cell(t) for t in range(T)]

    def gates(self, Z):
        """Views of the gates' blocks."""
        return Z.split(self.H, 1)

    def forward(self, x):
        W, U, *b_q, V, b_v = self.theta
        torch.mm(x, W, out=self.flat_Z[:, self.from_x])
        if b_q:
            self.flat_Z[:, 3 * self.H :].copy_(b_q[0])
        for cell in self.cells:
            cell.z.addmm_(cell.h, U)
            self.cell_forward(cell)
        return torch.addmm(b_v, self.h[-1], V, out=self.logits)

    def train_by_hand(self):
        self.prepare()
        gradients, optimizer = self.flat()
        dW, dU, *db_q, dV, db_v = gradients
        W, U, *_, V, b_v = self.theta
        U_t, V_t = U.t(), V.t()
        if self.T * self.n >= 150:  # from here on it pays to lay U out anew for so many products with Uᵀ
            U_t = torch.empty(U_t.shape)
        dZ, dh = torch.empty_like(self.Z), torch.empty(self.n, self.H)
        flat_dZ = dZ.view(self.flat_Z.shape)
        self.buffers = [torch.zeros_like(dh) for _ in range(3)]
        for cell, d in zip(self.cells, dZ):
            cell.dZ, cell.d, cell.dz, cell.dru = d, self.gates(d), d[:, self.from_h], d[:, self.H : 3 * self.H]

        @torch.inference_mode()
        def step():
            x, y = self.batch()
            J, dlogits = self.cross_entropy(self.forward(x), y)
            torch.mm(self.h[-1].t(), dlogits, out=dV), torch.sum(dlogits, 0, out=db_v)
            torch.mm(dlogits, V_t, out=dh)
            if U_t.is_contiguous():
                U_t.copy_(U.t())
            self.start_backward()
            for cell in reversed(self.cells):
                self.cell_backward(cell, dh)
                self.dh_before(cell, dh, U_t)
            torch.mm(x.t(), flat_dZ[:, self.from_x], out=dW)
            torch.mm(self.flat_h.t(), flat_dZ[:, self.from_h], out=dU)
            if db_q:
                torch.sum(flat_dZ[:, 3 * self.H :], 0, out=db_q[0])
            self.descend(optimizer)
            return J

        return step

    def descend(self, optimizer):
        optimizer.step()

    def start_backward(self):
        pass

    def dh_before(self, cell, dh, U_t):
        torch.mm(cell.dz, U_t, out=dh)

    def infer_by_hand(self):
        self.prepare()
        return torch.inference_mode()(lambda: self.forward(self.batch()[0]))


def rearranged(A, H, order):
    return torch.cat([A[:, k * H : (k + 1) * H] for k in order], 1)


def back(A, H, order):
    return rearranged(A, H, [order.index(k) for k in range(len(order))])


class Cell:
    """Views of one step's buffers."""


class Rnn(Recurrent):
    layer = torch.nn.RNN
    blocks = {"x": [0], "h": [0], "width": 1}

    def cell(self, t):
        c = Cell()
        c.z, c.h, c.next = self.Z[t], self.h[t], self.h[t + 1]
        return c

    def cell_forward(self, c):
        tanh(c.z, c.next)

    def cell_backward(self, c, dh):
        tanh_backward(dh, c.next, grad_input=c.dZ)


class Lstm(Recurrent):
    """All of a step's gates are one sigmoid, in the order i f o s with g = 2s − 1: that is why what makes s is doubled, and
    the rate at which it learns. C holds −c, and r = σ(−2c), so that c' = f c + i g and h = o tanh c take two passes and one."""

    layer = torch.nn.LSTM
    blocks = {"x": [0, 1, 3, 2], "h": [0, 1, 3, 2], "width": 4}

    def prepare(self):
        self.C = torch.zeros(self.T + 1, self.n, self.H)
        self.R = torch.empty(self.T, self.n, self.H)
        self.dA, self.zero = torch.empty(self.n, 4 * self.H), torch.zeros(self.n, self.H)
        self.dA_gates = self.gates(self.dA)
        super().prepare()
        self.doubled = slice(3 * self.H, None)
        undoubled = self.learnt
        for p in self.theta[:2]:
            p[:, self.doubled] *= 2

        def learnt():
            W, U, b, *dense = undoubled()
            g = slice(2 * self.H, 3 * self.H)
            for p in (W, U, b):
                p[..., g] /= 2
            return [W, U, b, *dense]

        self.learnt = learnt

    def descend(self, optimizer):
        """Twice as far for what is doubled: its m / √v is the same."""
        optimizer.step()
        for p, m, root in zip(self.theta[:2], *map(self.views, (optimizer.m, optimizer.root))):
            p[:, self.doubled].addcdiv_(m[:, self.doubled], root[:, self.doubled], value=optimizer.rate)

    def cell(self, t):
        c = Cell()
        c.z, c.h, c.next = self.Z[t], self.h[t], self.h[t + 1]
        c.i, c.f, c.o, c.s = self.gates(self.Z[t])
        c.c, c.next_c, c.r = self.C[t], self.C[t + 1], self.R[t]
        return c

    def cell_forward(self, c):
        c.z.sigmoid_()
        torch.addcmul(c.i, c.f, c.c, out=c.next_c).addcmul_(c.i, c.s, value=-2)  # −c' = f (−c) + i − 2 i s
        torch.add(c.next_c, c.next_c, out=c.r).sigmoid_()
        torch.addcmul(c.o, c.o, c.r, value=-2, out=c.next)  # h = o − 2 o r

    def start_backward(self):
        self.dc = self.buffers[0].zero_()

    def cell_backward(self, c, dh):
        dc, t = self.dc, self.buffers[1]
        di, df, do, ds = self.dA_gates
        torch.addcmul(dh, dh, c.r, value=-2, out=do)
        sigmoid_backward(torch.mul(dh, c.o, out=t), c.r, grad_input=t)
        dc.add_(t, alpha=-4)
        torch.addcmul(dc, dc, c.s, value=-2, out=di)
        torch.mul(dc, c.c, out=df)
        torch.addcmul(self.zero, dc, c.i, value=-2, out=ds)
        sigmoid_backward(self.dA, c.z, grad_input=c.dZ)
        dc.mul_(c.f)


class Gru(Recurrent):
    """Gates in the order n r z q, so that what x contributes to and what h contributes to are each in one piece."""

    layer = torch.nn.GRU
    blocks = {"x": [2, 0, 1], "h": [0, 1, 2], "width": 4}

    def cell(self, t):
        c = Cell()
        c.z, c.h, c.next = self.Z[t][:, self.H :], self.h[t], self.h[t + 1]
        c.n, c.r, c.u, c.q = self.gates(self.Z[t])
        c.ru, c.h_n = self.Z[t][:, self.H : 3 * self.H], self.h_n[t]
        return c

    def prepare(self):
        self.h_n = torch.empty(self.T, self.n, self.H)
        super().prepare()

    def cell_forward(self, c):
        c.ru.sigmoid_()
        tanh(c.n.addcmul_(c.r, c.q), c.n)
        torch.addcmul(c.n, c.u, torch.sub(c.h, c.n, out=c.h_n), out=c.next)  # h' = n + u (h − n)

    def cell_backward(self, c, dh):
        t, (dn, dr, du, dq) = self.buffers[0], c.d
        tanh_backward(torch.addcmul(dh, dh, c.u, value=-1, out=t), c.n, grad_input=dn)
        torch.mul(dn, c.q, out=dr), torch.mul(dh, c.h_n, out=du), torch.mul(dn, c.r, out=dq)
        sigmoid_backward(c.dru, c.ru, grad_input=c.dru)

    def dh_before(self, c, dh, U_t):
        dh.mul_(c.u).addmm_(c.dz, U_t)
