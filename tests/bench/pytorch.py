"""The peer: LeNet-5 of the tutorial in PyTorch, one case for some seconds; prints units of work per second.

    OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tests/bench/pytorch.py train 1.0
"""
import sys
import time

import torch
from torch import nn

case, seconds = sys.argv[1], float(sys.argv[2])
torch.manual_seed(1)
torch.set_num_threads(1)


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, bias=False)
        self.conv2 = nn.Conv2d(6, 16, 5, bias=False)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
        self.pool = nn.MaxPool2d(2)

    def features(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return torch.relu(self.fc1(x.flatten(1)))

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(self.features(x))))


network = LeNet5()
images, labels = torch.rand(32, 1, 32, 32), torch.randint(0, 10, (32,))
optimizer, loss = torch.optim.SGD(network.parameters(), lr=1e-6), nn.CrossEntropyLoss()


def train():
    optimizer.zero_grad()
    loss(network(images), labels).backward()
    optimizer.step()
    return 1


def infer():
    with torch.no_grad():
        network(images)
    return 1


def invert():
    """One image, 100 iterations of the tutorial's attack."""
    target = torch.full((1, 120), 0.5)
    x = torch.rand(1, 1, 32, 32) * 0.05
    for _ in range(100):
        x.requires_grad_(True)
        value = nn.functional.mse_loss(network.features(x), target) / (target**2).mean()
        rows, columns = x[:, :, 1:] - x[:, :, :-1], x[:, :, :, 1:] - x[:, :, :, :-1]
        value = value + 0.1 * ((rows**2).sum() + (columns**2).sum()) / 32 + 5 * (x**2).mean()
        (slope,) = torch.autograd.grad(value, x)
        x = (x.detach() - 0.01 * slope.sign()).clamp(0, 1)
    return 1


work = {"train": train, "infer": infer, "invert": invert}[case]
until = time.perf_counter() + 0.5
while time.perf_counter() < until:
    work()
done, start = 0, time.perf_counter()
while time.perf_counter() - start < seconds:
    done += work()
print(done / (time.perf_counter() - start))
