"""export_resnet.py FILE.pt: torchvision's ResNet-18 with weights drawn from a seed, as TorchScript."""
import sys

import torch
import torchvision

torch.manual_seed(0)
network = torchvision.models.resnet18(weights=None).eval()
with torch.no_grad():
    torch.jit.trace(network, torch.rand(1, 3, 224, 224)).save(sys.argv[1])
