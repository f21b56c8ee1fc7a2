"""The documents' CNN in PyTorch. Users write it with channels last. By hand, images have oneDNN's own layout, in blocks
of 16 channels (`to_mkldnn`), and ReLU is after the pooling: max and ReLU can be exchanged, which leaves a quarter of
the work.

Tried, and slower: channels last by hand; pooling as the maximum of four slices (for inference equally fast at batch
32); convolutions that oneDNN has packed and fused with ReLU; Winograd's algorithm in five of torch's operations, since
oneDNN's own cannot be used from PyTorch. Half precision inside of float's products is not the same work.
"""
import torch
import torch.nn.functional as F

from peer_network import CrossEntropy, Network

aten = torch.ops.aten


def pool(z):
    """Max pooling whose result stores where the maxima were. (oneDNN's does so only for autograd.)"""
    with torch.enable_grad():
        return F.max_pool2d(z.requires_grad_(), 2).detach()


def pool_backward(dy, y, z):
    return aten.mkldnn_max_pool2d_backward(dy, y, z, [2, 2], [2, 2], [0, 0], [1, 1], False)


def convolution_backward(dz, x, W, with_dx):
    """dx, dW, db."""
    return aten.convolution_backward(dz, x, W, [W.shape[0]], [1, 1], [0, 0], [1, 1], False, [0, 0], 1, [with_dx, True, True])


class Cnn(Network):
    epsilon = 1e-7
    through = " through pooling"

    def __init__(self, arrays):
        super().__init__(arrays)
        self.x = [x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last) for x in self.x]

    def from_ours(self, theta):
        """HWIO to OIHW; the rows of the dense layer after flatten from HWC to CHW."""
        W1, b1, W2, b2, W3, b3, W4, b4 = theta
        W3 = W3.view(5, 5, 64, 64).permute(2, 0, 1, 3).reshape(1600, 64)
        return [W1.permute(3, 2, 0, 1).contiguous(), b1, W2.permute(3, 2, 0, 1).contiguous(), b2, W3, b3, W4, b4]

    def to_ours(self, theta):
        W1, b1, W2, b2, W3, b3, W4, b4 = theta
        W3 = W3.reshape(64, 5, 5, 64).permute(1, 2, 0, 3).reshape(1600, 64)
        return [W1.permute(2, 3, 1, 0), b1, W2.permute(2, 3, 1, 0), b2, W3, b3, W4, b4]

    def new_module(self):
        nn = torch.nn
        net = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1600, 64), nn.ReLU(), nn.Linear(64, 10))
        return net.to(memory_format=torch.channels_last)

    def in_blocks(self):
        """The batches in oneDNN's layout."""
        self.x = [x.contiguous().to_mkldnn() for x in self.x]

    def train_functional_by_hand(self):
        """Autograd, channels last, but no Module and no torch.optim."""
        gradients, optimizer = self.flat()
        W1, b1, W2, b2, W3, b3, W4, b4 = theta = [p.requires_grad_() for p in self.theta]

        def step():
            x, y = self.batch()
            h = F.relu_(F.max_pool2d(F.conv2d(x, W1, b1), 2))
            h = F.relu_(F.max_pool2d(F.conv2d(h, W2, b2), 2))
            h = F.relu_(torch.addmm(b3, h.reshape(self.n, 1600), W3))
            J = F.cross_entropy(torch.addmm(b4, h, W4), y)
            g = torch.autograd.grad(J, theta)
            with torch.inference_mode():
                torch._foreach_zero_(gradients)
                torch._foreach_add_(gradients, g)
                optimizer.step()
            return J

        return step

    def train_by_hand(self):
        """No autograd either: forward and backward written by hand."""
        self.in_blocks()
        (dW1, db1, dW2, db2, dW3, db3, dW4, db4), optimizer = self.flat()
        W1, b1, W2, b2, W3, b3, W4, b4 = self.theta
        h3, z4, dh3, dh2 = (torch.empty(self.n, size) for size in (64, 10, 64, 1600))
        cross_entropy = CrossEntropy(self.n)

        @torch.no_grad()
        def step():
            x, y = self.batch()
            z1 = F.conv2d(x, W1, b1)
            h1 = torch.relu_(pool(z1))
            z2 = F.conv2d(h1, W2, b2)
            h2 = pool(z2)
            flat = h2.to_dense().view(self.n, 1600).relu_()
            torch.addmm(b3, flat, W3, out=h3).relu_()
            J, dz4 = cross_entropy(torch.addmm(b4, h3, W4, out=z4), y)

            torch.mm(h3.t(), dz4, out=dW4), torch.sum(dz4, 0, out=db4)
            dz3 = aten.threshold_backward(torch.mm(dz4, W4.t(), out=dh3), h3, 0)
            torch.mm(flat.t(), dz3, out=dW3), torch.sum(dz3, 0, out=db3)
            dp2 = aten.threshold_backward(torch.mm(dz3, W3.t(), out=dh2), flat, 0)
            dz2 = pool_backward(dp2.view(self.n, 64, 5, 5).to_mkldnn(), h2, z2)
            dh1, g_W2, g_b2 = convolution_backward(dz2, h1, W2, True)
            dz1 = pool_backward(aten.threshold_backward(dh1, h1, 0), h1, z1)
            _, g_W1, g_b1 = convolution_backward(dz1, x, W1, False)
            dW1.copy_(g_W1), db1.copy_(g_b1), dW2.copy_(g_W2), db2.copy_(g_b2)
            optimizer.step()
            return J

        return step

    def infer_by_hand(self):
        self.in_blocks()
        W1, b1, W2, b2, W3, b3, W4, b4 = self.theta
        W1, W2 = (torch._C._nn.mkldnn_reorder_conv2d_weight(W.to_mkldnn(), [0, 0], [1, 1], [1, 1], 1) for W in (W1, W2))
        b1, b2, h3, z4 = b1.to_mkldnn(), b2.to_mkldnn(), torch.empty(self.n, 64), torch.empty(self.n, 10)

        @torch.inference_mode()
        def step():
            h = torch.relu_(F.max_pool2d(F.conv2d(self.batch()[0], W1, b1), 2))
            h = F.max_pool2d(F.conv2d(h, W2, b2), 2).to_dense().view(self.n, 1600).relu_()
            return torch.addmm(b4, torch.addmm(b3, h, W3, out=h3).relu_(), W4, out=z4)

        return step
