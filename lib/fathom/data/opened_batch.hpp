/// Pictures from files as one batch, opened on all threads.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fathom::data {

struct OpenedBatch {
  torch::Tensor inputs;               ///< float [N, C, H, W]; zeros for a picture that could not be opened
  std::vector<std::string> failures;  ///< one per picture: the error's text, or "" for one that was opened
};

/// Calls `open` with 0 to count - 1, on the threads of core/runtime.hpp and in no particular order, and puts
/// the pictures (float [1, C, H, W] of the given shape {C, H, W}) into one batch. Tensor operations in `open`
/// run on one thread. Notes (core/notes.hpp) are passed on at the end, in the order of the pictures.
/// FileError and FormatError become failures; other exceptions are passed on.
OpenedBatch opened_batch(std::int64_t count, const std::vector<std::int64_t>& shape,
                         const std::function<torch::Tensor(std::int64_t)>& open);

}  // namespace fathom::data
