"""Images per second of the whole DCGAN step in python3-torch, in the form of the literature: transposed
convolutions, torch.optim.Adam, batches by index. Widths and latent size are fathom's defaults; there are no
classes. HIDDEN: units of the discriminator's dense layer, 0 for the DCGAN of the paper, which has none.

    dcgan_torch.py STEPS THREADS BATCH HIDDEN
"""
import gzip
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

STEPS, THREADS, BATCH, HIDDEN = (int(argument) for argument in sys.argv[1:5])
LATENT, WIDTHS = 64, (64, 128)
torch.set_num_threads(THREADS)
torch.manual_seed(0)


def pictures():
    with gzip.open("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16)
    return torch.from_numpy(pixels.reshape(-1, 1, 28, 28)[:6400].copy())


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(LATENT, WIDTHS[1] * 49, bias=False)
        self.norm1 = nn.BatchNorm2d(WIDTHS[1])
        self.up1 = nn.ConvTranspose2d(WIDTHS[1], WIDTHS[0], 4, 2, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(WIDTHS[0])
        self.up2 = nn.ConvTranspose2d(WIDTHS[0], 1, 4, 2, 1)

    def forward(self, z):
        x = F.relu(self.norm1(self.dense(z).view(-1, WIDTHS[1], 7, 7)))
        return torch.tanh(self.up2(F.relu(self.norm2(self.up1(x)))))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, WIDTHS[0], 4, 2, 1)
        self.conv2 = nn.Conv2d(WIDTHS[0], WIDTHS[1], 4, 2, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(WIDTHS[1])
        self.hidden = nn.Linear(WIDTHS[1] * 49, HIDDEN) if HIDDEN else None
        self.head = nn.Linear(HIDDEN or WIDTHS[1] * 49, 1)

    def forward(self, x):
        x = F.leaky_relu(self.conv1(x), 0.2)
        x = F.leaky_relu(self.norm2(self.conv2(x)), 0.2).flatten(1)
        if self.hidden:
            x = F.leaky_relu(self.hidden(x), 0.2)
        return self.head(x).squeeze(1)


images, g, d = pictures(), Generator(), Discriminator()
adam_g = torch.optim.Adam(g.parameters(), 2e-4, (0.5, 0.999))
adam_d = torch.optim.Adam(d.parameters(), 2e-4, (0.5, 0.999))


def step(indices):
    real = images[indices].float() / 127.5 - 1
    fake = g(torch.randn(BATCH, LATENT))
    adam_d.zero_grad()
    (F.softplus(-d(real)).mean() + F.softplus(d(fake.detach())).mean()).backward()
    adam_d.step()
    adam_g.zero_grad()
    F.softplus(-d(fake)).mean().backward()
    adam_g.step()


def rate():
    start = time.perf_counter()
    for indices in torch.randint(len(images), (STEPS, BATCH)):
        step(indices)
    return STEPS * BATCH / (time.perf_counter() - start)


print("%.1f" % max(rate() for _ in range(3)))
