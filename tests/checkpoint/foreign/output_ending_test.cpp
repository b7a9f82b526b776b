#include "fathom/checkpoint/foreign/output_ending.hpp"

#include <gtest/gtest.h>

#include "fathom/checkpoint/foreign/training_mode.hpp"

namespace fathom::checkpoint {
namespace {

OutputEnding ending_of_body(const std::string& body) {
  torch::jit::Module module("foreign");
  module.define("def forward(self, x):\n  z = x.mean([2, 3])\n" + body);
  leave_training_mode(module);
  return output_ending(module);
}

TEST(OutputEnding, IsTheLastOperationThatComputes) {
  EXPECT_EQ(ending_of_body("  return torch.sigmoid(z)\n"), OutputEnding::sigmoid);
  EXPECT_EQ(ending_of_body("  return z.sigmoid().unsqueeze(2).to(7)\n"), OutputEnding::sigmoid);
  EXPECT_EQ(ending_of_body("  return torch.log_sigmoid(z)\n"), OutputEnding::log_sigmoid);
  EXPECT_EQ(ending_of_body("  return torch.log(torch.sigmoid(z).clamp(1e-7, 1.0))\n"),
            OutputEnding::log_sigmoid);
  EXPECT_EQ(ending_of_body("  return z.clamp(0.0, 1.0)\n"), OutputEnding::clamp);
  EXPECT_EQ(ending_of_body("  return 0.5 * torch.log_sigmoid(z)\n"), OutputEnding::other);
  EXPECT_EQ(ending_of_body("  return torch.log(z)\n"), OutputEnding::other);
  EXPECT_EQ(ending_of_body("  return z.sigmoid() + 1\n"), OutputEnding::other);
  EXPECT_EQ(ending_of_body("  return x\n"), OutputEnding::other);
}

TEST(OutputEnding, OfSeveralOutputsAndBranchesIsThatOfAll) {
  EXPECT_EQ(ending_of_body("  return z.sigmoid(), (2 * z).sigmoid()\n"), OutputEnding::sigmoid);
  EXPECT_EQ(ending_of_body("  return {'a': z.sigmoid(), 'b': z}\n"), OutputEnding::other);
  const std::string branches =
      "  if bool(z.sum() > 0):\n    y = z.sigmoid()\n  else:\n    y = {}\n  return y\n";
  const auto with = [&](const std::string& other) {
    std::string body = branches;
    return ending_of_body(body.replace(body.find("{}"), 2, other));
  };
  EXPECT_EQ(with("(z + 1).sigmoid()"), OutputEnding::sigmoid);
  EXPECT_EQ(with("z + 1"), OutputEnding::other);
}

}  // namespace
}  // namespace fathom::checkpoint
