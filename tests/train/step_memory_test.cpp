#include "fathom/train/step_memory.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/train/trainer.hpp"
#include "limited_memory.hpp"
#include "train/small_set.hpp"

namespace fathom::train {
namespace {

TEST(StepMemory, IsWhatAStepTakes) {
  for (const models::Architecture& architecture : {small_cnn(), small_mlp(), small_bilstm()}) {
    const std::shared_ptr<models::ImageModel> network = small_network(architecture);
    const models::InputShape& input = models::input_of(architecture);
    constexpr std::int64_t kPictures = 200;
    const auto step = [&] {
      const torch::Tensor images = torch::zeros({kPictures, input.channels, input.height, input.width});
      torch::cross_entropy_loss(network->forward(images), torch::zeros({kPictures}, torch::kLong)).backward();
    };
    step();
    const auto measured = static_cast<double>(peak_tensor_memory(step));
    const auto planned = static_cast<double>(step_memory(*network, kPictures));
    EXPECT_NEAR(planned / measured, 1, 0.2) << models::kind(architecture);
  }
}

TEST(StepMemory, LeavesTheNetworkAsItIs) {
  const std::shared_ptr<models::ImageModel> network = small_network(small_cnn());
  const torch::Tensor before = all_weights(*network).clone();
  step_memory(*network, 100);
  EXPECT_TRUE(all_weights(*network).equal(before));
  EXPECT_FALSE(network->parameters().front().grad().defined());
  EXPECT_TRUE(network->is_training());
}

TEST(StepMemory, ATrainingThatCannotFitIsRefusedBeforeItsFirstStep) {
  TrainOptions options = small_run();
  models::CnnOptions wide = std::get<models::CnnOptions>(small_cnn());
  wide.stem = 512;  // few weights, many activations
  options.batch_size = 4096;
  const std::shared_ptr<models::ImageModel> network = small_network(wide);
  const LimitedMemory limit(1200 << 20);
  try {
    const Trainer trainer(network, small_set(4500), options);
    FAIL();
  } catch (const MemoryError& e) {
    EXPECT_NE(std::string(e.what()).find("a training step with a batch size of 4096 needs "),
              std::string::npos)
        << e.what();
  }
}

}  // namespace
}  // namespace fathom::train
