"""Shared by the networks in PyTorch: batches, the step as PyTorch's users write it, Adam on plain tensors."""
import torch
import torch.nn.functional as F


class FlatAdam:
    """Adam over one vector of all parameters and one of all gradients: eight calls per step."""

    def __init__(self, theta, grad, epsilon):
        self.theta, self.grad, self.epsilon, self.t = theta, grad, epsilon, 0
        self.m, self.v, self.root = (torch.zeros_like(theta) for _ in range(3))

    def step(self):
        self.t += 1
        c1, c2 = 1 - 0.9**self.t, (1 - 0.999**self.t) ** 0.5
        self.m.mul_(0.9).add_(self.grad, alpha=0.1)
        self.v.mul_(0.999).addcmul_(self.grad, self.grad, value=0.001)
        torch.sqrt(self.v, out=self.root).add_(self.epsilon * c2)
        self.rate = -1e-3 * c2 / c1
        self.theta.addcdiv_(self.m, self.root, value=self.rate)


class FlatDescent:
    def __init__(self, theta, grad):
        self.theta, self.grad = theta, grad

    def step(self):
        self.theta.add_(self.grad, alpha=-0.01)


class CrossEntropy:
    """For n rows of logits: the loss and its gradient, without autograd."""

    def __init__(self, n):
        self.n, self.minus_one = n, torch.full((n, 1), -1.0)

    def __call__(self, z, y):
        log_p = F.log_softmax(z, 1)
        J = F.nll_loss(log_p, y)
        return J, log_p.exp_().scatter_add_(1, y.unsqueeze(1), self.minus_one).mul_(1 / self.n)


class Network:
    """A network of the exchange file, with its initial parameters. Its ways to train and to infer are the methods
    train_... and infer_...: each returns a function that makes one step."""

    epsilon = 1e-8  # Adam's
    through = ""  # selects the tolerance of the comparison: see ways.py

    def __init__(self, arrays):
        self.theta = self.from_ours([torch.from_numpy(arrays[n].copy()) for n in arrays if n.startswith("before/")])
        count = sum(n.startswith("x/") for n in arrays)
        self.x = [torch.from_numpy(arrays[f"x/{b}"]) for b in range(count)]
        self.y = [torch.from_numpy(arrays[f"y/{b}"]) for b in range(count)]
        self.classifies = self.y[0].dtype == torch.int32
        if self.classifies:
            self.y = [y.long() for y in self.y]
        self.n, self.at = self.x[0].shape[0], -1

    def from_ours(self, theta):
        """Parameters in PyTorch's layout, and back."""
        return theta

    to_ours = from_ours

    def parameters(self):
        return [p.detach().numpy() for p in self.to_ours(self.theta)]

    def batch(self):
        self.at = (self.at + 1) % len(self.x)
        return self.x[self.at], self.y[self.at]

    def module(self):
        """A Module with copies of these parameters, which it owns."""
        net = self.new_module()
        with torch.no_grad():
            for own, p in zip(net.parameters(), self.theta):
                own.copy_(p.t() if p.dim() == 2 else p)
        self.theta = [own.t() if own.dim() == 2 else own for own in net.parameters()]
        return net

    def flat(self):
        """Parameters and gradients as views of one vector each."""
        theta = torch.cat([p.reshape(-1) for p in self.theta])
        grad = torch.zeros_like(theta)
        self.theta = self.views(theta)
        return self.views(grad), FlatAdam(theta, grad, self.epsilon) if self.classifies else FlatDescent(theta, grad)

    def views(self, vector):
        """A vector of all parameters, as a view of each of them."""
        parts = vector.split([p.numel() for p in self.theta])
        return [part.view(p.shape) for part, p in zip(parts, self.theta)]

    # --- training, as PyTorch's users write it ----------------------------------------------------------------------

    def train_module(self, trace=False):
        net = self.module()
        if self.classifies:
            loss, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), eps=self.epsilon, foreach=True)
        else:
            loss, optimizer = torch.nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.01, foreach=True)
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

    # --- inference --------------------------------------------------------------------------------------------------

    def infer_module(self):
        net = self.module().eval()
        return torch.inference_mode()(lambda: net(self.batch()[0]))

    def infer_optimized(self):
        with torch.no_grad():
            net = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(self.module().eval(), self.x[0])))
        return torch.inference_mode()(lambda: net(self.batch()[0]))
