#include "fathom/models/summary.hpp"

#include <gtest/gtest.h>

#include "fathom/core/runtime.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::models {
namespace {

TEST(Summary, AddsUpToTheWholeNetwork) {
  for (const std::string& kind : kinds()) {
    const Architecture architecture = default_architecture(kind);
    const auto network = build(architecture, make_generator(0));
    std::int64_t parameters = 0, multiply_adds = 0;
    for (const StageSummary& stage : summary(*network)) {
      parameters += stage.parameters;
      multiply_adds += stage.multiply_adds;
    }
    EXPECT_EQ(parameters, parameter_count(architecture)) << kind;
    EXPECT_EQ(2 * multiply_adds, network->flops()) << kind;
    EXPECT_TRUE(network->is_training()) << kind;
  }
}

TEST(Summary, CountsAConvolutionAtEveryPlace) {
  const auto network =
      build(CnnOptions{.input = {1, 8, 8}, .classes = 3, .stem = 2, .blocks = {4}, .batch_norm = true},
            make_generator(0));
  const std::vector<StageSummary> stages = summary(*network);
  ASSERT_EQ(stages.size(), 4U);  // conv1, conv2 with pooling, conv3, logits
  EXPECT_EQ(stages[0].name, "conv1");
  EXPECT_EQ(stages[0].shape, (std::vector<std::int64_t>{2, 8, 8}));
  EXPECT_EQ(stages[0].parameters, 9 * 2 + 2 * 2);
  EXPECT_EQ(stages[0].multiply_adds, 9 * 2 * 64);
  EXPECT_EQ(stages[1].shape, (std::vector<std::int64_t>{4, 4, 4}));
  EXPECT_EQ(stages[1].multiply_adds, 9 * 2 * 4 * 64);  // before it pools
  EXPECT_EQ(stages[2].multiply_adds, 9 * 4 * 4 * 16);
  EXPECT_EQ(stages[3].name, "logits");
  EXPECT_EQ(stages[3].shape, (std::vector<std::int64_t>{3}));
}

}  // namespace
}  // namespace fathom::models
