"""A small trained network, and inputs for it, that the tests of compression share."""

import torch
from torch import nn

SCALE, ZERO = 1 / 32, 3
CLASSES = 3


class Net(nn.Module):
    """What most of our networks are: convolution, separable block, mean, linear."""

    def __init__(self, width=8):
        super().__init__()
        self.stem = nn.Conv2d(4, width, (3, 1), padding=(1, 0), bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.depthwise = nn.Conv2d(width, width, (3, 1), padding=(1, 0), groups=width)
        self.pointwise = nn.Conv2d(width, 2 * width, 1)
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(2 * width, CLASSES)

    def forward(self, x):
        x = torch.relu(self.norm(self.stem(x)))
        x = torch.relu(self.pointwise(torch.relu(self.depthwise(x))))
        return self.linear(torch.flatten(self.mean(x), 1))


def inputs(n=64, seed=1):
    """Return inputs on the int8 grid, and which of the first three channels is the strongest."""
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 4, 10, 1, generator=random)
    y = torch.randint(0, CLASSES, (n,), generator=random)
    x[torch.arange(n), y] *= 2.5
    return ((x / SCALE).round() + ZERO).clamp(-128, 127).sub(ZERO) * SCALE, y


def uneven(seed=0):
    """Return a network whose channels differ in range, as training often leaves them."""
    torch.manual_seed(seed)
    model = Net()
    with torch.no_grad():
        model.norm.weight.copy_(torch.logspace(-1, 1, 8))
        model.norm.bias.normal_()
    model.train()
    for _ in range(5):
        model(inputs()[0])
    return model.eval()
