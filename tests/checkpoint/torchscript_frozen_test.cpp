#include "fathom/checkpoint/torchscript_frozen.hpp"

#include <gtest/gtest.h>

#include "fathom/core/runtime.hpp"

namespace fathom::checkpoint {
namespace {

torch::jit::Module program(const std::string& body) {
  torch::jit::Module module("program");
  module.register_parameter("w", torch::rand({4, 3, 3, 3}, make_generator(1)), /*is_buffer=*/false);
  module.define("def forward(self, x):\n" + body);
  module.eval();
  return module;
}

torch::Tensor images(std::int64_t count, std::uint64_t seed) {
  return torch::rand({count, 3, 8, 8}, make_generator(seed));
}

TEST(Frozen, AnswersAsTheProgramDoesForAnyBatch) {
  torch::jit::Module module = program("    return torch.conv2d(x, self.w).relu().mean([2, 3])\n");
  const models::LogitsFunction fast = frozen(module, images(2, 2));
  for (const std::int64_t count : {1, 2, 7}) {
    const torch::Tensor x = images(count, 3);
    EXPECT_TRUE(torch::allclose(fast(x), module.forward({x}).toTensor(), 1e-5, 1e-6)) << count;
  }
}

/// `view` needs rows one after the other, which channels-last images do not have.
TEST(Frozen, AProgramThatReadsTheMemoryOrderRunsAsItIs) {
  torch::jit::Module module = program("    return x.view(x.size(0), -1)[:, 0:5]\n");
  const models::LogitsFunction same = frozen(module, images(2, 2));
  EXPECT_TRUE(torch::equal(same(images(3, 3)), images(3, 3).flatten(1).narrow(1, 0, 5)));
}

/// As above, but without a complaint.
TEST(Frozen, AProgramThatWouldAnswerOtherwiseRunsAsItIs) {
  torch::jit::Module module =
      program("    return torch.as_strided(x, [x.size(0), 5], [x.size(1) * 64, 1], 0)\n");
  const models::LogitsFunction same = frozen(module, images(2, 2));
  EXPECT_TRUE(torch::equal(same(images(3, 3)), images(3, 3).flatten(1).narrow(1, 0, 5)));
}

}  // namespace
}  // namespace fathom::checkpoint
