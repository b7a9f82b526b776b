#include "interview/material/planted_signs.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "fathom/explain/attribution/occlusion.hpp"

namespace fathom::interview {
namespace {

// Nine white pixels each, so that none is brighter than another.
constexpr std::array<const char*, 2 * kSigns> kSignShapes = {
    "..#.. ..#.. ##### ..#.. ..#..", "#...# .#.#. ..#.. .#.#. #...#", "..#.. .#.#. #.#.# .#.#. ..#..",
    "##### ..#.. ..#.. ..#.. ..#..", "#.... #.... #.... #.... #####", "....# ....# ....# ....# #####",
    "#...# #...# .#.#. .#.#. ..#..", "..#.. ..#.. ..#.. ..#.. #####"};

/// Four tiles at random that do not overlap.
Places places(torch::Generator& random) {
  Places all;
  for (std::size_t k = 0; k < all.size();) {
    const torch::Tensor corner = torch::randint(kSide - kTile + 1, {2}, random, torch::kLong);
    const Patch patch{corner[0].item<std::int64_t>(), corner[1].item<std::int64_t>(), kTile, kTile};
    const bool free = std::none_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k), [&](auto& p) {
      return std::abs(p.y - patch.y) < kTile && std::abs(p.x - patch.x) < kTile;
    });
    if (free) all[k++] = patch;
  }
  return all;
}

bool contains(const Patch& patch, std::int64_t y, std::int64_t x) {
  return y >= patch.y && y < patch.y + patch.height && x >= patch.x && x < patch.x + patch.width;
}

}  // namespace

torch::Tensor shuffled_shapes(torch::Generator random) {
  torch::Tensor all = torch::zeros({2 * kSigns, kTile, kTile});
  for (std::int64_t i = 0; i < 2 * kSigns; ++i)
    for (std::int64_t y = 0; y < kTile - 2; ++y)
      for (std::int64_t x = 0; x < kTile - 2; ++x)
        if (kSignShapes[static_cast<std::size_t>(i)][y * (kTile - 1) + x] == '#')
          all.index_put_({i, y + 1, x + 1}, 1);
  return all.index_select(0, torch::randperm(2 * kSigns, std::move(random), torch::kLong));
}

Planted planted(const data::ImageSet& set, std::int64_t count, std::int64_t labels,
                const torch::Tensor& shapes, torch::Generator random) {
  Planted all{drawn_examples(set, count, random), {}};
  all.examples.labels = torch::randint(labels, {count}, random, torch::kLong);
  for (std::int64_t i = 0; i < count; ++i) {
    const Places at = places(random);
    torch::Tensor shown = torch::randperm(kSigns, random, torch::kLong) + kSigns;
    const std::int64_t label = all.examples.labels[i].item<std::int64_t>();
    if (label < kSigns) shown.index_put_({0}, label);
    for (std::int64_t k = 0; k < kTiles; ++k) {
      const Patch& p = at[static_cast<std::size_t>(k)];
      all.examples.inputs[i][0]
          .narrow(0, p.y, kTile)
          .narrow(1, p.x, kTile)
          .copy_(shapes[shown[k].item<std::int64_t>()]);
    }
    all.places.push_back(at);
  }
  return all;
}

torch::Tensor occlusion_map(const models::LogitsFunction& logits, const Examples& examples, std::int64_t i,
                            std::int64_t stride) {
  const std::int64_t label = examples.labels[i].item<std::int64_t>();
  return explain::occlusion(
             [&](const torch::Tensor& x) { return torch::log_softmax(logits(x), 1).select(1, label); },
             examples.inputs.narrow(0, i, 1),
             {.window = {4, 4},
              .stride = {stride, stride},
              .baseline = examples.inputs.mean().view({1}),
              .batch = {}})
      .drop;
}

Hits hits(const std::function<models::LogitsFunction()>& network_for, const Planted& planted,
          std::int64_t count, std::int64_t stride) {
  Hits found;
  for (std::int64_t i = 0; i < count; ++i) {
    const torch::Tensor drop = occlusion_map(network_for(), planted.examples, i, stride);
    const std::int64_t peak = drop.argmax().item<std::int64_t>(), y = peak / kSide, x = peak % kSide;
    const Places& at = planted.places[static_cast<std::size_t>(i)];
    found.sign += contains(at[0], y, x);
    found.decoy += static_cast<double>(std::count_if(at.begin() + 1, at.end(),
                                                     [&](const Patch& p) { return contains(p, y, x); })) /
                   (kTiles - 1);
  }
  return {found.sign / static_cast<double>(count), found.decoy / static_cast<double>(count)};
}

}  // namespace fathom::interview
