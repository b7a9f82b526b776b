/// Programs that run only on batches of one size, as traces do that have it in their code.
#pragma once

#include <torch/script.h>
#include <cstdint>
#include <functional>

#include "fathom/models/logits_function.hpp"

namespace fathom::checkpoint {

/// The size of the batches that the program runs on, found among the numbers in its code: the smallest from 3
/// to 256 for which `runs_on` holds; 0 if there is none. At most 32 sizes are tried.
std::int64_t fixed_batch(const torch::jit::Module& program,
                         const std::function<bool(std::int64_t images)>& runs_on);

/// A program for batches of `batch` images as a function of any number of images, at least one: the last
/// image is repeated where images are missing. Throws FormatError if its output has another number of rows.
models::LogitsFunction filled_up(models::LogitsFunction program, std::int64_t batch);

}  // namespace fathom::checkpoint
