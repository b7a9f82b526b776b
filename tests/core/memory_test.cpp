#include "fathom/core/memory.hpp"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "fathom/core/error.hpp"
#include "limited_memory.hpp"

namespace fathom {
namespace {

TEST(Memory, RefusesWhatNoMachineHas) {
  EXPECT_GT(available_memory(), 1U << 20);
  EXPECT_NO_THROW(require_memory(1 << 20, "a small thing"));
  try {
    require_memory(std::uint64_t{1} << 60, "reading 'x'");
    FAIL();
  } catch (const MemoryError& e) {
    EXPECT_TRUE(std::string(e.what()).starts_with("reading 'x' needs 1152921504.6 GB of memory, but "))
        << e.what();
  }
}

TEST(Memory, CountsTheTensorsThatAreThereAtOneTime) {
  const std::uint64_t peak = peak_tensor_memory([] {
    { const torch::Tensor first = torch::zeros({1 << 20}); }
    const torch::Tensor second = torch::zeros({1 << 20});
    const torch::Tensor third = second + 1;
  });
  EXPECT_GE(peak, 2U << 22);
  EXPECT_LT(peak, (2U << 22) + (1U << 16));
}

TEST(Memory, CountsTheBackwardPass) {
  const torch::Tensor x = torch::ones({1 << 18}, torch::requires_grad());
  const std::uint64_t forward = peak_tensor_memory([&] { (x * 2).sin().sum(); });
  const std::uint64_t both = peak_tensor_memory([&] { (x * 2).sin().sum().backward(); });
  EXPECT_GE(forward, 2U << 20);
  EXPECT_GE(both, 3U << 20);
}

TEST(Memory, AComputationThatDoesNotFitIsRefused) {
  reserve_blas_buffers();
  const LimitedMemory limit(512 << 20);
  EXPECT_THROW(peak_tensor_memory([] { torch::ones({1 << 28}); }), MemoryError);
}

TEST(Memory, BlasGetsItsBuffersOrSaysSo) {
  {
    const LimitedMemory limit(64 << 20);
    try {
      reserve_blas_buffers();
      FAIL();
    } catch (const MemoryError& e) {
      EXPECT_NE(std::string(e.what()).find(" of address space, but "), std::string::npos) << e.what();
    }
  }
  {
    const LimitedMemory limit(std::uint64_t{1} << 36);
    reserve_blas_buffers();
  }
  const LimitedMemory limit(16 << 20);
  reserve_blas_buffers();
  EXPECT_EQ(torch::mm(torch::ones({300, 300}), torch::ones({300, 300})).max().item<float>(), 300);
}

TEST(Memory, SizesAreWrittenForPeople) {
  EXPECT_EQ(memory_text(6'230'000'000), "6.2 GB");
  EXPECT_EQ(memory_text(81'400'000), "81 MB");
}

}  // namespace
}  // namespace fathom
