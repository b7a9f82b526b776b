/// The figures of `train_gan` and `sample_gan`. All pictures are uint8 [3, H, W].
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/gan/record.hpp"
#include "fathom/gan/scores/ring.hpp"

namespace fathom::cli {

/// Columns of a sheet on which a GAN of so many classes shows them in turn: one per class where that fits, 8
/// otherwise.
std::int64_t sheet_columns(std::int64_t classes);

/// Pictures uint8 [N, C, H, W] in rows of `columns` at a readable size, under a heading.
torch::Tensor sample_sheet(const torch::Tensor& pictures, std::int64_t columns, const std::string& heading);

/// Samples of the same latent values during training: a row for each of up to eight records, including the
/// first and the last, with the early ones closer together. `snapshots` uint8 [records, n, C, H, W].
torch::Tensor learning_strip(const torch::Tensor& snapshots, const std::vector<gan::GanRecord>& history,
                             const std::string& heading);

/// Points float [N, 2] over the ring, whose 3-sigma circles are drawn.
torch::Tensor ring_scatter(const torch::Tensor& points, const gan::RingOptions& ring,
                           std::int64_t side = 320);

/// The same as learning_strip, of scatters: `snapshots` float [records, n, 2].
torch::Tensor ring_strip(const torch::Tensor& snapshots, const std::vector<gan::GanRecord>& history,
                         const gan::RingOptions& ring, const std::string& heading);

/// Losses, output of the discriminator, and the score where there is one, one below the other, as SVG.
/// `as_probability`: D(x) and D(G(z)) are probabilities, else logits.
std::string gan_chart(const std::vector<gan::GanRecord>& history, const std::string& title,
                      bool as_probability, const std::string& score_name);

}  // namespace fathom::cli
