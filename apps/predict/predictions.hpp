/// A classifier over many pictures, in batches.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/image/fit.hpp"
#include "predict/picture_list.hpp"

namespace fathom::cli {

struct RankedClass {
  std::int64_t index = 0;
  std::string name;
  double probability = 0;
};

struct Prediction {
  const PictureTask* task = nullptr;
  std::vector<RankedClass> top;  ///< the most probable classes, falling; of equals the first
  torch::Tensor input;           ///< float [1, C, H, W] in [0, 1]: what the model saw
};

struct PredictOptions {
  image::FitOptions fit;
  std::int64_t batch = 64, top = 5;
  bool ahead = false;  ///< open the next batch while the network runs; changes speed, never the result
};

/// Opens the pictures and fits them to the model's input, on all threads, and runs the model, a batch at a
/// time, so that memory does not grow with their number. The next batch is opened meanwhile. `take` gets the
/// predictions in the order of the list. A picture that cannot be read is a note (core/notes.hpp) and is left
/// out; the number of them is returned.
std::int64_t predict(const checkpoint::Classifier& model, const std::vector<PictureTask>& pictures,
                     const PredictOptions& options, const std::function<void(const Prediction&)>& take,
                     const ProgressCallback& progress);

}  // namespace fathom::cli
