#include "fathom/core/compat.hpp"

#include <gtest/gtest.h>

namespace fathom::compat {
namespace {

torch::ScalarType product_type() {
  return torch::matmul(torch::ones({2, 2}), torch::ones({2, 2})).scalar_type();
}

TEST(CpuAutocast, LastsAsLongAsTheObject) {
  EXPECT_EQ(product_type(), torch::kFloat32);
  {
    const CpuAutocast autocast(true);
    EXPECT_EQ(product_type(), torch::kBFloat16);
  }
  EXPECT_EQ(product_type(), torch::kFloat32);
}

TEST(CpuAutocast, DoesNothingWhereDisabled) {
  const CpuAutocast autocast(false);
  EXPECT_EQ(product_type(), torch::kFloat32);
}

TEST(CpuAutocast, NestsAndEndsByAnException) {
  const CpuAutocast outer(true);
  try {
    const CpuAutocast inner(true);
    throw 1;
  } catch (int) {
  }
  EXPECT_EQ(product_type(), torch::kBFloat16);
}

TEST(CpuAutocast, SeesAWeightThatChangedSince) {
  const torch::Tensor weight = torch::ones({2, 2}, torch::requires_grad());
  const torch::Tensor x = torch::ones({2, 2});
  const auto product = [&] {
    const CpuAutocast autocast(true);
    return torch::matmul(x, weight).to(torch::kFloat32)[0][0].item<float>();
  };
  EXPECT_EQ(product(), 2.0f);
  {
    const torch::NoGradGuard no_grad;
    weight.fill_(3.0);
  }
  EXPECT_EQ(product(), 6.0f);
}

}  // namespace
}  // namespace fathom::compat
