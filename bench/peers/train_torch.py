"""What a user would write in Python: the same network, batch and optimizer in python3-torch, timed over 100 batches.

    train_torch.py loader    a Dataset of samples and a DataLoader, as the tutorials do
    train_torch.py tensors   whole tensors, indexed per batch, in channels-last

Prints images per second (the best of three rounds after one to warm up).
"""
import gzip
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

FOLDER = "/usr/share/datasets/fashion-mnist/"
BATCH, BATCHES = 128, 100


def read(name, header):
    with gzip.open(FOLDER + name) as file:
        return torch.frombuffer(bytearray(file.read()[header:]), dtype=torch.uint8)


class Conv(nn.Module):
    def __init__(self, inputs, outputs, pooled):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.pooled = pooled

    def forward(self, x):
        x = self.conv(x)
        if self.pooled:
            x = F.max_pool2d(x, 2)
        return F.relu(self.norm(x))


class Net(nn.Module):
    """fathom's default CNN for 28x28 pictures: stem 16, blocks 32 and 64."""

    def __init__(self):
        super().__init__()
        layers, width = [Conv(1, 16, False)], 16
        for block in (32, 64):
            layers += [Conv(width, block, True), Conv(block, block, False)]
            width = block
        self.layers, self.head = nn.Sequential(*layers), nn.Linear(width * 7 * 7, 10)

    def forward(self, x):
        return self.head(self.layers((x - 0.286) / 0.353).flatten(1))


class Samples(torch.utils.data.Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index].float() / 255, self.labels[index]


def whole_tensor_batches(images, labels):
    order = torch.randperm(len(images))
    for start in range(0, len(images), BATCH):
        index = order[start : start + BATCH]
        yield images[index].float() / 255, labels[index]


def main():
    mode = sys.argv[1]
    torch.set_num_threads(int(sys.argv[2]))
    images = read("train-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28)[: BATCH * BATCHES]
    labels = read("train-labels-idx1-ubyte.gz", 8).long()[: BATCH * BATCHES]
    net = Net()
    if mode == "tensors":
        net = net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    loader = torch.utils.data.DataLoader(Samples(images, labels), batch_size=BATCH, shuffle=True)
    best = 0.0
    for round_number in range(4):
        start = time.perf_counter()
        for x, y in loader if mode == "loader" else whole_tensor_batches(images, labels):
            loss = F.cross_entropy(net(x), y, label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if round_number > 0:
            best = max(best, len(images) / (time.perf_counter() - start))
    print(f"{best:.0f}")


main()
