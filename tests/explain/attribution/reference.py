"""reference.py MODEL.pt IMAGES.npy TARGETS FOLDER: attributions in plain torch, to compare fathom's with.

The network is rebuilt from the checkpoint's parameters by their names and run as it was trained, batch norm and
all, in double precision: reference_test.cpp says why. TARGETS is a class per image, joined by commas. Writes FOLDER/METHOD.npy, float64 [N, H, W].
"""
import sys

import numpy
import torch
import torch.nn.functional as F


class Network:
    """A cnn (conv1, norm1, conv2, ...; every even convolution is pooled) or an mlp (dense1, norm1, ...)."""

    def __init__(self, state):
        self.state = state
        self.kind = "conv" if "conv1.weight" in state else "dense"
        self.depth = sum(name.startswith(self.kind) and name.endswith(".weight") for name in state)

    def normalise(self, x, number):
        part = lambda name: self.state[f"norm{number}.{name}"]
        return F.batch_norm(x, part("running_mean"), part("running_var"), part("weight"), part("bias"))

    def stages(self, images):
        """Logits, and the activations of the last hidden stage."""
        x = (images - self.state["mean"]) / self.state["std"]
        if self.kind == "dense":
            x = x.flatten(1)
        for number in range(1, self.depth + 1):
            weight = self.state[f"{self.kind}{number}.weight"]
            bias = self.state.get(f"{self.kind}{number}.bias")
            if self.kind == "dense":
                x = F.linear(x, weight, bias)
            else:
                x = F.conv2d(x, weight, bias, padding=1)
                if number % 2 == 0:
                    x = F.max_pool2d(x, 2)
            x = F.relu(self.normalise(x, number))
        if self.kind == "dense" or self.state["head.weight"].shape[1] > x.shape[1]:
            features = x.flatten(1)
        else:
            features = x.amax((2, 3))
        return F.linear(features, self.state["head.weight"], self.state["head.bias"]), x

    def score(self, images, target):
        return self.stages(images)[0][:, target]


def gradient(network, images, target):
    x = images.clone().requires_grad_(True)
    return torch.autograd.grad(network.score(x, target).sum(), x)[0]


def saliency(network, image, target):
    return gradient(network, image, target)[0].abs().amax(0)


def input_x_gradient(network, image, target):
    return (image * gradient(network, image, target))[0].sum(0)


def integrated_gradients(network, image, target, points=50):
    places, weights = numpy.polynomial.legendre.leggauss(points)  # on [-1, 1]
    baseline = network.state["mean"]
    step = (image - baseline).float().double()  # pictures and their differences are float32
    total = torch.zeros_like(step)
    for place, weight in zip((places + 1) / 2, weights / 2):
        picture = (baseline + place * step).float().double()
        total += weight * gradient(network, picture, target)
    return (total * step)[0].sum(0)


def grad_cam(network, image, target):
    if network.kind == "dense":
        return None
    x = image.clone().requires_grad_(True)
    logits, stage = network.stages(x)
    slope = torch.autograd.grad(logits[0, target], stage)[0]
    cam = (slope.mean((2, 3), keepdim=True) * stage).sum(1, keepdim=True)
    return F.interpolate(F.relu(cam), size=image.shape[2:], mode="bilinear", align_corners=False)[0, 0].detach()


def occlusion(network, image, target, window=7, stride=3):
    height, width = image.shape[2:]
    drop, count = torch.zeros(height, width).double(), torch.zeros(height, width).double()
    with torch.no_grad():
        whole = network.score(image, target)[0]
        for top in range(0, height - window + stride, stride):
            for left in range(0, width - window + stride, stride):
                covered = image.clone()
                covered[:, :, top : top + window, left : left + window] = network.state["mean"]
                loss = whole - network.score(covered, target)[0]
                drop[top : top + window, left : left + window] += loss
                count[top : top + window, left : left + window] += 1
    return drop / count


def main():
    model, images, targets, folder = sys.argv[1:]
    state = torch.jit.load(model).state_dict()
    network = Network({name: value.double() for name, value in state.items()})
    images = torch.from_numpy(numpy.load(images)).double()
    for method in (saliency, input_x_gradient, integrated_gradients, grad_cam, occlusion):
        maps = [method(network, images[i : i + 1], int(t)) for i, t in enumerate(targets.split(","))]
        if maps[0] is not None:
            numpy.save(f"{folder}/{method.__name__}.npy", torch.stack(maps).numpy())


main()
