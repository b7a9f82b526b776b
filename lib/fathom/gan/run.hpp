/// The loop behind GanTrainer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fathom/gan/discriminator.hpp"
#include "fathom/gan/generator.hpp"
#include "fathom/gan/state.hpp"
#include "fathom/gan/trainer.hpp"
#include "fathom/optim/optimizer.hpp"

namespace fathom::gan {

/// A network with what trains it.
template <typename Network>
struct Trained {
  Trained(std::shared_ptr<Network> module, double rate, const GanOptions& o)
      : network(std::move(module)),
        parameters(*network),
        optimizer(
            parameters,
            {.kind = optim::OptimizerKind::adam, .learning_rate = rate, .beta1 = o.beta1, .beta2 = o.beta2}) {
  }
  Trained(const Trained&) = delete;
  Trained& operator=(const Trained&) = delete;

  optim::Weights weights() const { return copy_of_weights(parameters, *network); }

  std::shared_ptr<Network> network;
  optim::FlatParameters parameters;
  optim::Optimizer optimizer;
};

/// Internal to GanTrainer.
class GanRun {
 public:
  GanRun(const GanArchitecture& architecture, RealSamples samples, const GanOptions& run,
         torch::Device where);

  std::optional<GanRecord> run(const GanTrainer::StepCallback& callback);
  std::shared_ptr<Generator> average() const { return copy_of(*average_); }
  void set_score(double score);
  std::shared_ptr<Generator> best() const;

  GanState state() const;
  void restore(const GanState& state);

  GanArchitecture architecture;
  GanOptions options;
  RealSamples real;
  std::string note;
  std::vector<GanRecord> history;
  torch::Tensor snapshots;
  std::int64_t steps = 0, best_step = 0;
  double seconds = 0;

 private:
  struct Batch {
    torch::Tensor samples, labels;
  };

  bool is_record_due() const;
  bool run_steps(const GanTrainer::StepCallback& callback);
  void run_step();
  Batch train_discriminator(std::int64_t update, bool last);
  void train_generator(const Batch& generated);
  torch::Tensor penalties(const Batch& batch, const torch::Tensor& generated, std::int64_t update) const;
  std::pair<torch::Tensor, torch::Tensor> judged(const Batch& batch, const torch::Tensor& generated) const;
  Batch real_batch(std::int64_t update);
  torch::Tensor latent(std::int64_t update) const;
  void average_weights();
  void take_snapshot();
  double rate_factor() const;
  GanRecord record_so_far() const;

  torch::Device device_;
  Trained<Generator> generator_;
  Trained<Discriminator> discriminator_;
  std::shared_ptr<Generator> average_;
  optim::FlatParameters average_parameters_;
  torch::Tensor order_;  // int64 [N]: the order of the samples in the pass `order_pass_`
  std::int64_t order_pass_ = -1;
  GanSums sums_;
  Stalemate stalemate_;
  optim::Weights best_;
};

}  // namespace fathom::gan
