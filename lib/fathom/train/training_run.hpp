/// The loop behind Trainer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fathom/models/image_model.hpp"
#include "fathom/optim/weights.hpp"
#include "fathom/train/metrics.hpp"
#include "fathom/train/trainer.hpp"
#include "fathom/train/training_state.hpp"

namespace fathom::train {

/// A run from its options to its last epoch, as Trainer offers it. Internal to Trainer.
class TrainingRun {
 public:
  TrainingRun(std::shared_ptr<models::ImageModel> trained, const data::ImageSet& set, const TrainOptions& run,
              std::string checksum);

  std::optional<EpochRecord> run_epoch(const Trainer::StepCallback& callback);
  std::string stopped_because() const;
  std::shared_ptr<models::ImageModel> best_network();

  TrainingState state() const;
  void restore(const TrainingState& state);

  std::int64_t epochs_done() const { return std::ssize(history); }
  std::int64_t steps_per_epoch() const { return parts_.training.size() / options.batch_size; }
  /// Over all epochs, and the number of the next step.
  std::int64_t steps_done() const { return epochs_done() * steps_per_epoch() + epoch_.step; }
  std::int64_t images_seen() const { return steps_done() * options.batch_size; }

  TrainOptions options;
  std::shared_ptr<models::ImageModel> network;
  std::string data_name, data_checksum, note;
  std::vector<EpochRecord> history;
  std::int64_t best_epoch = 0;
  double seconds = 0;

 private:
  struct TrainingBatch {
    torch::Tensor images;   // float [B, C, H, W] in [0, 1]
    torch::Tensor targets;  // int64 [B], or float [B, classes] where labels are mixed
  };

  /// What a diverged run is put back to.
  struct GoodState {
    optim::Weights weights;
    std::vector<torch::Tensor> moments;
    EpochProgress epoch;
  };

  bool run_steps(const Trainer::StepCallback& callback);
  void run_step();
  double learning_rate(std::int64_t number) const;
  TrainingBatch next_batch() const;
  std::vector<augment::MixDraw> mixing_draws(const torch::Tensor& indices, Extent size) const;
  EpochRecord close_epoch();
  Evaluation validated() const;
  void keep_best(double accuracy);
  void require_finite_weights() const;
  GoodState good_state() const;
  void put_back(const GoodState& good);
  optim::Weights weights() const { return copy_of_weights(parameters_, *network); }
  void put(const optim::Weights& kept) { put_weights(kept, parameters_, *network); }

  data::TrainingParts parts_;
  torch::Device device_;
  optim::FlatParameters parameters_;
  optim::Optimizer optimizer_;
  torch::Tensor order_;  // int64 [N]: the epoch's order of the images
  torch::Generator dropout_;
  EpochProgress epoch_;
  optim::Weights best_;
};

}  // namespace fathom::train
