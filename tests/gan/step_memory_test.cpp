#include "fathom/gan/step_memory.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/gan/trainer.hpp"
#include "limited_memory.hpp"

namespace fathom::gan {
namespace {

const DcganOptions kSmallPictures{
    .image = {1, 16, 16}, .latent = 5, .classes = 2, .widths = {16, 32}, .hidden = 0};

RealSamples blank(std::int64_t count) {
  return {torch::zeros({count, 1, 16, 16}, torch::kByte), torch::arange(count) % 2, "blank", "blank"};
}

TEST(GanStepMemory, IsWhatAStepTakes) {
  DcganOptions plain = kSmallPictures, critic = kSmallPictures;
  critic.batch_norm = false;
  const GanOptions usual{.steps = 4, .batch_size = 128, .record_every = 1},
      penalised{.steps = 4, .batch_size = 128, .loss = GanLoss::wasserstein, .record_every = 1};
  for (const auto& [networks, options] : {std::pair{plain, usual}, std::pair{critic, penalised}}) {
    GanTrainer trainer(networks, blank(256), options);
    trainer.run();
    const auto measured = static_cast<double>(peak_tensor_memory([&] { trainer.run(); }));
    const auto planned = static_cast<double>(step_memory(networks, options));
    EXPECT_GT(planned / measured, 0.7) << to_string(options.loss);
    EXPECT_LT(planned / measured, 1.5) << to_string(options.loss);
  }
}

TEST(GanStepMemory, ARunThatCannotFitIsRefusedBeforeItsFirstStep) {
  DcganOptions wide = kSmallPictures;
  wide.widths = {256};
  const GanOptions options{.steps = 4, .batch_size = 2048, .record_every = 1};
  const RealSamples real = blank(2048);
  const LimitedMemory limit(768 << 20);
  try {
    const GanTrainer trainer(wide, real, options);
    FAIL();
  } catch (const MemoryError& e) {
    EXPECT_NE(std::string(e.what()).find("a training step with a batch size of 2048 needs "),
              std::string::npos)
        << e.what();
  }
}

}  // namespace
}  // namespace fathom::gan
