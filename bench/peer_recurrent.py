"""Recurrent networks in PyTorch: RNN, LSTM or GRU over (N, T, D), the state after the last step, a dense layer.

PyTorch has two biases where we have one: `bias_hh` is 0 and stays 0, since if both were trained, Adam would move their
sum twice as far; only the third block of GRU's is trained, which is our b_q.

Tried, and no faster: cells (`lstm_cell`) in a loop, tracing, `y[:, -1]` for the last state, whose gradient is as large as y.
"""
import torch

from peer_network import Network


class LastStep(torch.nn.Module):
    """For all three kinds: layer, the last state, dense."""

    def __init__(self, layer, dense):
        super().__init__()
        self.layer, self.dense = layer, dense

    def forward(self, x):
        h = self.layer(x)[1]
        return self.dense((h[0] if isinstance(h, tuple) else h)[0])


class Recurrent(Network):
    """Parameters in our order: W (D, GH), U (H, GH), b (GH), for GRU b_q (H), and the dense layer's V (H, 10), b_v."""

    through = " through time"

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

    train_traced = None  # not faster

    def infer_module(self, batch_first=True):
        net = self.module(batch_first).eval()
        return torch.inference_mode()(lambda: net(self.batch()[0]))

    def infer_time_first(self):
        return self.infer_module(batch_first=False)
