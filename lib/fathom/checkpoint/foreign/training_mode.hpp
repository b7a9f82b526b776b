/// Programs that were exported in training mode.
#pragma once

#include <torch/script.h>

namespace fathom::checkpoint {

/// Brings the program to evaluation mode in place: its scripted parts by eval(), and operations whose code
/// says by a constant that they train, as traces and functions called with `training=True` do. These are all
/// operations with such an argument: dropout of every kind, RReLU, recurrent layers, attention, and batch and
/// instance norm with running statistics. The calls of forward() are inlined. A note (core/notes.hpp) says
/// what was switched. Call it before the program runs for the first time.
void leave_training_mode(torch::jit::Module& program);

}  // namespace fathom::checkpoint
