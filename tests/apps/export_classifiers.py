"""export_classifiers.py FOLDER: a small network in the forms in which classifiers are found, a picture, and what each must answer.

expected.json: per file {"predicted", "probability", "note", "map"}. The map is the drop of the predicted class's logit when a black
4 x 4 window covers the pixel (stride 4).
"""
import json
import os
import sys

import torch
from PIL import Image

CLASSES, SIDE, WINDOW = 3, 12, 4
folder = sys.argv[1]
torch.manual_seed(0)


class Network(torch.nn.Module):
    def __init__(self, outputs=CLASSES):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.head = torch.nn.Linear(8 * 9, outputs)
        with torch.no_grad():
            self.head.weight.mul_(12)  # so that the network is sure of something

    def forward(self, x):
        x = torch.nn.functional.adaptive_max_pool2d(torch.relu(self.conv(x)), 3)
        return self.head(x.flatten(1))


class Ends(torch.nn.Module):
    """The network with something behind it."""

    def __init__(self, network, end):
        super().__init__()
        self.network, self.end = network, end

    def forward(self, x):
        return self.end(self.network(x))


class OneImage(Network):
    def forward(self, x):
        x = torch.nn.functional.adaptive_max_pool2d(torch.relu(self.conv(x)), 3)
        return self.head(x.reshape(1, 72))


class ThreeImages(Network):
    def forward(self, x):
        x = torch.nn.functional.adaptive_max_pool2d(torch.relu(self.conv(x)), 3)
        return self.head(x.reshape(3, 72))


class Leaky(Network):
    """With a random slope in training mode."""

    def forward(self, x):
        x = torch.nn.functional.rrelu(self.conv(x), 0.1, 0.9, self.training)
        return self.head(torch.nn.functional.adaptive_max_pool2d(x, 3).flatten(1))


class AlwaysDrops(Network):
    """The default of the function is training mode."""

    def forward(self, x):
        x = torch.nn.functional.adaptive_max_pool2d(torch.relu(self.conv(x)), 3)
        return self.head(torch.nn.functional.dropout(x.flatten(1), 0.5))


class Noisy(Network):
    def forward(self, x):
        x = torch.nn.functional.adaptive_max_pool2d(torch.relu(self.conv(x)), 3)
        return self.head(torch.nn.functional.dropout(x, 0.5, self.training).flatten(1))


class LessMean(Network):
    """Of the whole batch."""

    def forward(self, x):
        return super().forward(2 * (x - x.mean()))


class LastRow(Network):
    def forward(self, x):
        return super().forward(x[-1:]).expand(x.shape[0], -1)


def like(network, other):
    other.load_state_dict(network.state_dict())
    return other


network, single = Network().eval(), Network(1).eval()
picture = torch.randint(0, 256, (3, SIDE, SIDE), dtype=torch.uint8)
Image.fromarray(picture.permute(1, 2, 0).numpy()).save(os.path.join(folder, "picture.png"))
image = picture.float().div(255)[None]


def covered():
    for y in range(0, SIDE, WINDOW):
        for x in range(0, SIDE, WINDOW):
            batch = image.clone()
            batch[:, :, y : y + WINDOW, x : x + WINDOW] = 0
            yield y, x, batch


@torch.no_grad()
def answer(logits, note):
    """Of a function to logits [1, classes], in double."""
    z = logits(image).double()
    k = int(z.argmax())
    drops = torch.zeros(SIDE, SIDE, dtype=torch.double)
    for y, x, batch in covered():
        drops[y : y + WINDOW, x : x + WINDOW] = z[0, k] - logits(batch).double()[0, k]
    return {
        "predicted": "class %d" % k,
        "probability": float(torch.softmax(z, 1)[0, k]),
        "note": note,
        "map": drops.flatten().tolist(),
    }


def trace(module, images=2):
    return torch.jit.trace(module, torch.rand(images, 3, SIDE, SIDE), check_trace=False)


def script(module):
    return torch.jit.script(module)


def in_double():
    wide = like(network, Network()).double().eval()
    return torch.jit.trace(wide, torch.rand(2, 3, SIDE, SIDE, dtype=torch.double))


def rounded(kind):
    """What weights of fewer bits give in float32."""
    return like(network, Network()).to(kind).float().eval()


class Cosines(torch.nn.Module):
    """Of features and weights that are not negative."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.weight = torch.nn.Parameter(torch.rand(CLASSES, 72, generator=torch.Generator().manual_seed(1)))

    def forward(self, x):
        x = torch.nn.functional.adaptive_max_pool2d(torch.relu(self.network.conv(x)), 3).flatten(1)
        norm = torch.nn.functional.normalize
        return torch.nn.functional.linear(norm(x), norm(self.weight))


half_log = lambda z: 0.5 * torch.log_softmax(z, 1)
below_zero = lambda z: -torch.relu(z) - 0.001
clamped = lambda z: z.clamp(0, 1)
scaled = lambda z: (z - z.amin(1, True)) / (z.amax(1, True) - z.amin(1, True))
two = lambda z: torch.cat([torch.zeros_like(z), z], 1)
log_softmax = lambda x: torch.log_softmax(network(x).double(), 1)
with torch.no_grad():
    forms = {
        "plain": (trace(network), network, ""),
        "softmax": (trace(Ends(network, torch.nn.Softmax(1))), log_softmax, "(softmax)"),
        "log_softmax": (trace(Ends(network, torch.nn.LogSoftmax(1))), log_softmax, "(log-softmax)"),
        "sigmoids": (trace(Ends(network, torch.nn.Sigmoid())), network, "one probability per class"),
        "percentages": (trace(Ends(network, lambda z: 100 * torch.softmax(z, 1))), log_softmax, "softmax times 100"),
        "log_sigmoids": (trace(Ends(network, torch.nn.LogSigmoid())), network, "(log-sigmoid)"),
        "logit": (trace(single), lambda x: two(single(x)), "one output"),
        "sigmoid": (trace(Ends(single, torch.nn.Sigmoid())), lambda x: two(single(x)), "one output, a probability"),
        "flat": (trace(Ends(single, torch.nn.Flatten(0))), lambda x: two(single(x)), "one output"),
        "tuple": (trace(Ends(network, lambda z: (z[:, :, None, None], z + 1))), network, "gives 2 outputs"),
        "half": (script(like(network, Network()).half().eval()), rounded(torch.half), "type half"),
        "bfloat16": (script(like(network, Network()).bfloat16().eval()), rounded(torch.bfloat16), "type bfloat16"),
        "double": (in_double(), network, "type double"),
        "one_image": (trace(like(network, OneImage()).eval(), 1), network, "one by one"),
        "less_mean": (trace(like(network, LessMean()).eval()), like(network, LessMean()), "one by one"),
        "last_row": (trace(like(network, LastRow()).eval()), like(network, LastRow()), "one by one"),
        "half_log": (trace(Ends(network, half_log)), lambda x: half_log(network(x)), "are at most 0"),
        "below_0": (trace(Ends(network, below_zero)), lambda x: below_zero(network(x)), "are at most 0"),
        "clamped": (trace(Ends(network, clamped)), lambda x: clamped(network(x)), "clamped or scaled to this range"),
        "scaled": (trace(Ends(network, scaled)), lambda x: scaled(network(x)), "clamped or scaled to this range"),
        "cosines": (trace(Cosines(network)), Cosines(network), "(if they are cosine similarities"),
        "three_images": (trace(like(network, ThreeImages()).eval(), 3), network, "only on 3 pictures at a time"),
        "rrelu": (trace(like(network, Leaky()).train()), like(network, Leaky()).eval(), "its RReLU is switched"),
        "always_drops": (script(like(network, AlwaysDrops())), network, "its dropout is switched"),
        "training_mode": (trace(like(network, Noisy()).train()), network, "dropout is switched to evaluation mode"),
    }
expected = {}
for name, (program, logits, note) in forms.items():
    program.save(os.path.join(folder, name + ".pt"))
    expected[name] = answer(logits, note)
with open(os.path.join(folder, "expected.json"), "w") as file:
    json.dump(expected, file)
