/// Pictures of 12 x 12 pixels that a tiny network learns in a few steps: noise with a bright square whose
/// place is the class.
#pragma once

#include <memory>

#include "fathom/augment/standard.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/train/trainer.hpp"

namespace fathom::train {

inline data::ImageSet small_set(std::int64_t images = 160, std::uint64_t seed = 1) {
  const torch::Generator generator = make_generator(seed);
  data::ImageSet set;
  set.images = torch::randint(0, 120, {images, 1, 12, 12}, generator, torch::kByte);
  set.labels = torch::randint(0, 4, {images}, generator, torch::kLong);
  set.classes = {"north-west", "north-east", "south-west", "south-east"};
  set.name = "squares";
  for (std::int64_t i = 0; i < images; ++i) {
    const auto label = set.labels[i].item<std::int64_t>();
    const std::int64_t y = label / 2 * 6 + 1, x = label % 2 * 6 + 1;
    set.images[i][0].slice(0, y, y + 4).slice(1, x, x + 4).add_(120);
  }
  return set;
}

constexpr models::InputShape kSmallInput{1, 12, 12};

inline models::Architecture small_cnn(double dropout = 0.2) {
  return models::CnnOptions{.input = kSmallInput, .classes = 4, .stem = 4, .blocks = {8}, .dropout = dropout};
}
inline models::Architecture small_mlp() {
  return models::MlpOptions{.input = kSmallInput, .classes = 4, .hidden = {16}, .dropout = 0.2};
}
inline models::Architecture small_bilstm() {
  return models::BiLstmOptions{.input = kSmallInput, .classes = 4, .hidden = 6, .layers = 2, .dropout = 0.2};
}

inline std::shared_ptr<models::ImageModel> small_network(
    const models::Architecture& architecture = small_cnn(), std::uint64_t seed = 7) {
  const std::shared_ptr<models::ImageModel> network = models::build(architecture, make_generator(seed));
  network->set_normalisation({0.3F}, {0.25F});
  return network;
}

inline TrainOptions small_run() {
  return {.epochs = 3,
          .batch_size = 32,
          .optimizer = {.kind = optim::OptimizerKind::sgd, .learning_rate = 0.05, .weight_decay = 1e-3},
          .label_smoothing = 0.1,
          .augmentation = augment::standard_pipeline("", {12, 12}),
          .seed = 3};
}

inline Trainer& run_to_end(Trainer& trainer) {
  while (!trainer.finished()) trainer.run_epoch();
  return trainer;
}

/// All parameters and buffers, one after the other.
inline torch::Tensor all_weights(const models::ImageModel& network) {
  std::vector<torch::Tensor> all;
  for (const auto& item : network.named_parameters()) all.push_back(item.value().detach().flatten());
  for (const auto& item : network.named_buffers()) all.push_back(item.value().to(torch::kFloat).flatten());
  return torch::cat(all).clone();
}

}  // namespace fathom::train
