"""The networks of rows in PyTorch: two-layer 2-3-1 and 784-128-128-10. The ways `by_hand` use torch only as an array
library: no Module, and in the last one no autograd, but buffers of our own."""
import torch
import torch.nn.functional as F

from peer_network import CrossEntropy, Network


class Rows(Network):
    def new_module(self):
        layers = []
        for W in self.theta[::2]:
            layers += [torch.nn.Linear(*W.shape), torch.nn.ReLU() if self.classifies else torch.nn.Sigmoid()]
        return torch.nn.Sequential(*layers[:-1])

    def train_functional_by_hand(self):
        """Autograd, but no Module and no torch.optim."""
        gradients, optimizer = self.flat()
        theta = [p.requires_grad_() for p in self.theta]
        f, loss = (torch.relu, F.cross_entropy) if self.classifies else (torch.sigmoid, F.mse_loss)
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
        """No autograd either: forward and backward written by hand."""
        gradients, optimizer = self.flat()
        pairs = list(zip(self.theta[::2], self.theta[1::2]))
        layers = [(W, b, dW, db, torch.empty(self.n, W.shape[1]), torch.empty(self.n, W.shape[0]))
                  for (W, b), dW, db in zip(pairs, gradients[::2], gradients[1::2])]
        f, cross_entropy = torch.relu_ if self.classifies else torch.sigmoid_, CrossEntropy(self.n)

        @torch.inference_mode()
        def step():
            x, y = self.batch()
            h, inputs = x, []
            for W, b, _, _, out, _ in layers:
                inputs.append(h)
                h = torch.addmm(b, h, W, out=out)
                if W is not layers[-1][0]:
                    f(h)
            if self.classifies:
                J, dz = cross_entropy(h, y)
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
                    if self.classifies:
                        dz = torch.ops.aten.threshold_backward(dx, inputs[i], 0)
                    else:
                        dz = torch.ops.aten.sigmoid_backward(dx, inputs[i])
            optimizer.step()
            return J

        return step

    def infer_by_hand(self):
        layers = [(W, b, torch.empty(self.n, W.shape[1])) for W, b in zip(self.theta[::2], self.theta[1::2])]
        f = torch.relu_ if self.classifies else torch.sigmoid_

        @torch.inference_mode()
        def step():
            h = self.batch()[0]
            for W, b, out in layers[:-1]:
                h = f(torch.addmm(b, h, W, out=out))
            W, b, out = layers[-1]
            return torch.addmm(b, h, W, out=out)

        return step
