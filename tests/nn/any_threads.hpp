/// Results that must not depend on the number of threads.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>
#include <vector>

#include "fathom/core/runtime.hpp"

namespace fathom::nn {

/// Expects the same bits from `results`, which gives tensors, on one thread and on two.
template <typename Results>
void expect_same_on_any_threads(const Results& results) {
  const int before = threads();
  set_threads(1);
  const std::vector<torch::Tensor> alone = results();
  set_threads(2);
  const std::vector<torch::Tensor> together = results();
  set_threads(before);
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(alone[i].equal(together[i])) << i;
}

}  // namespace fathom::nn
