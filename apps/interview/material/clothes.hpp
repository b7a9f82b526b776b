/// Pictures of Fashion-MNIST, drawn at random, for most of the experiments on images.
///
///   const Examples training = small_clothes(setting, data::Split::train, 4000, training_pictures);
#pragma once

#include <span>

#include "fathom/experiment/experiment.hpp"
#include "interview/material/training.hpp"

namespace fathom::interview {

/// `count` pictures, float [count, 1, 28, 28] in [0, 1], and their labels 0 to 9; drawn without replacement
/// by the generator of `purpose`.
Examples clothes(const experiment::Setting& setting, data::Split split, std::int64_t count,
                 std::uint64_t purpose);

constexpr std::int64_t kSide = 28, kHalfSide = 14;  // of the pictures, in pixels

/// Fields of 2 x 2 pixels averaged: [N, 1, 28, 28] -> [N, 1, 14, 14], a quarter of the work.
Examples halved(const Examples& examples);

/// The same pictures as `clothes`, halved.
Examples small_clothes(const experiment::Setting& setting, data::Split split, std::int64_t count,
                       std::uint64_t purpose);

/// Every picture moved by up to `farthest` pixels each way; the gap is black.
Examples moved(const Examples& examples, std::int64_t farthest, torch::Generator random);

/// The pixels of every picture in another order, the same for all.
Examples shuffled_pixels(const Examples& examples, torch::Generator random);

/// The index of every label in `kinds`; -1 if it is not there.
torch::Tensor places_among(std::span<const std::int64_t> kinds, const torch::Tensor& labels);

}  // namespace fathom::interview
