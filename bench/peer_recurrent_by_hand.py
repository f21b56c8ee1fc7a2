"""Recurrent networks by hand: no Module and no autograd; one product for the inputs of all time steps and one for each step
that adds hU to them in place, as few passes over the gates as PyTorch's operations allow, and one product for dW and dU.
PyTorch's tanh takes four times as long as its sigmoid, so tanh(z) = 2σ(2z) − 1 is used for large tensors.

Tried, and no faster: products of transposed matrices, whose dz would have to be copied for dW; W in the product of each
step; `lerp` for GRU. (Debian's PyTorch cannot fuse operations on a CPU, and does not have oneDNN's recurrent layers.)
"""
import torch

from peer_network import CrossEntropy
from peer_recurrent import Recurrent

aten = torch.ops.aten
sigmoid_backward, tanh_backward = aten.sigmoid_backward.grad_input, aten.tanh_backward.grad_input
MINUS_ONE = torch.tensor(-1.0)


def tanh(z, out):
    """tanh(z); overwrites z."""
    if z.numel() < 8192:
        return torch.tanh(z, out=out)
    return torch.add(MINUS_ONE, z.add_(z).sigmoid_(), alpha=2, out=out)


def rearranged(A, H, order):
    return torch.cat([A[:, k * H : (k + 1) * H] for k in order], 1)


def back(A, H, order):
    return rearranged(A, H, [order.index(k) for k in range(len(order))])


class ByHand(Recurrent):
    """Time first, (T, N, ·). Z holds all gates, in `width` blocks: the first are our blocks `of_x`, to which x
    contributes, and the last are `of_h`, to which h contributes."""

    def prepare(self):
        """Buffers, and views of them for each step. The rows of XH are h, x and 1, so the rows of θ are U, W and b."""
        H, T, n, K = self.H, self.T, self.n, self.H + self.D + 1
        self.x = [torch.cat([x, torch.ones(n, T, 1)], 2).transpose(0, 1).contiguous() for x in self.x]
        U, W = rearranged(self.U, H, self.of_h), rearranged(torch.cat([self.W, self.b[None]]), H, self.of_x)
        self.whole = self.of_x == self.of_h
        weights = [torch.cat([U, W])] if self.whole else [U, W]
        self.theta = [*weights, *([] if self.b_q is None else [self.b_q]), self.V, self.b_v]
        width = self.width * H
        self.from_x, self.from_h = slice(0, len(self.of_x) * H), slice(width - len(self.of_h) * H, width)
        self.Z, XH = torch.empty(T, n, width), torch.zeros(T + 1, n, K)
        self.h, self.x_room = XH[:, :, :H], XH[:T, :, H:]
        self.flat_Z, self.flat_XH = self.Z.view(T * n, width), XH[:T].view(T * n, K)
        self.logits, self.cross_entropy = torch.empty(n, 10), CrossEntropy(n)
        self.cells = [self.cell(t) for t in range(T)]
        self.learnt = self.ours

    def weights(self):
        """U and W, its last row b."""
        return self.theta[0].split([self.H, self.D + 1]) if self.whole else self.theta[:2]

    def ours(self):
        (U, W), (*rest,) = self.weights(), self.theta[1 if self.whole else 2 :]
        U, W = back(U, self.H, self.of_h), back(W, self.H, self.of_x)
        return [W[:-1], U, W[-1], *rest]

    def gates(self, Z):
        """Views of the blocks."""
        return Z.split(self.H, 1)

    def forward(self, x):
        (U, W), (V, b_v) = self.weights(), self.theta[-2:]
        self.x_room.copy_(x)
        torch.mm(self.flat_XH[:, self.H :], W, out=self.flat_Z[:, self.from_x])
        if self.b_q is not None:
            self.flat_Z[:, 3 * self.H :].copy_(self.theta[2])
        for cell in self.cells:
            cell.z.addmm_(cell.h, U)
            self.cell_forward(cell)
        return torch.addmm(b_v, self.h[-1], V, out=self.logits)

    def train_by_hand(self):
        self.prepare()
        gradients, optimizer = self.flat()
        *_, dV, db_v = gradients
        U, V_t = self.weights()[0], self.theta[-2].t()
        dZ, dh = torch.empty_like(self.Z), torch.empty(self.n, self.H)
        flat_dZ = dZ.view(self.flat_Z.shape)
        halves = [(self.flat_XH[:, : self.H], flat_dZ[:, self.from_h]), (self.flat_XH[:, self.H :], flat_dZ[:, self.from_x])]
        products = [(self.flat_XH, flat_dZ)] if self.whole else halves
        self.buffers = [torch.zeros_like(dh) for _ in range(3)]
        for cell, d in zip(self.cells, dZ):
            cell.dZ, cell.d, cell.dz, cell.dru = d, self.gates(d), d[:, self.from_h], d[:, self.H : 3 * self.H]
        # From this size on, a transposed copy of U pays off for so many products with Uᵀ.
        U_t = torch.empty(U.shape[::-1]) if self.T * self.n >= 150 else U.t()

        @torch.inference_mode()
        def step():
            x, y = self.batch()
            J, dlogits = self.cross_entropy(self.forward(x), y)
            torch.mm(self.h[-1].t(), dlogits, out=dV), torch.sum(dlogits, 0, out=db_v)
            torch.mm(dlogits, V_t, out=dh)
            if self.T * self.n >= 150:
                U_t.copy_(U.t())
            self.start_backward()
            for cell in reversed(self.cells):
                self.cell_backward(cell, dh)
                self.dh_before(cell, dh, U_t)
            for (a, dz), grad in zip(products, gradients):
                torch.mm(a.t(), dz, out=grad)
            if self.b_q is not None:
                torch.sum(flat_dZ[:, 3 * self.H :], 0, out=gradients[2])
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


class Cell:
    """Views of one step's buffers."""


class Rnn(ByHand):
    layer = torch.nn.RNN
    of_x, of_h, width = [0], [0], 1

    def cell(self, t):
        c = Cell()
        c.z, c.h, c.next = self.Z[t], self.h[t], self.h[t + 1]
        return c

    def cell_forward(self, c):
        tanh(c.z, c.next)

    def cell_backward(self, c, dh):
        tanh_backward(dh, c.next, grad_input=c.dZ)


class Lstm(ByHand):
    """All gates of a step are one sigmoid, in the order i f o s with g = 2s − 1: therefore the weights of s and their
    learning rate are doubled. C holds −c, and r = σ(−2c), so c' = f c + i g takes two passes and h = o tanh c one."""

    layer = torch.nn.LSTM
    of_x, of_h, width = [0, 1, 3, 2], [0, 1, 3, 2], 4

    def prepare(self):
        self.C = torch.zeros(self.T + 1, self.n, self.H)
        self.R = torch.empty(self.T, self.n, self.H)
        self.dA, self.zero = torch.empty(self.n, 4 * self.H), torch.zeros(self.n, self.H)
        self.dA_gates = self.gates(self.dA)
        super().prepare()
        self.doubled = slice(3 * self.H, None)
        self.theta[0][:, self.doubled] *= 2

    def ours(self):
        W, U, b, *dense = super().ours()
        for p in (W, U, b):
            p[..., 2 * self.H : 3 * self.H] /= 2
        return [W, U, b, *dense]

    def descend(self, optimizer):
        """A step twice as large for the doubled weights: their m / √v is the same."""
        optimizer.step()
        p, m, root = (v[:, self.doubled] for v in (self.theta[0], self.views(optimizer.m)[0], self.views(optimizer.root)[0]))
        p.addcdiv_(m, root, value=optimizer.rate)

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


class Gru(ByHand):
    """Gates in the order n r z q, so that the contributions of x and those of h are each contiguous."""

    layer = torch.nn.GRU
    of_x, of_h, width = [2, 0, 1], [0, 1, 2], 4

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
