"""run_checkpoint.py MODEL.pt IMAGES.npy LOGITS.npy: what anyone would write to run a checkpoint in Python."""
import sys

import numpy
import torch

model = torch.jit.load(sys.argv[1])
images = torch.from_numpy(numpy.load(sys.argv[2]))
with torch.no_grad():
    numpy.save(sys.argv[3], model(images).numpy())
