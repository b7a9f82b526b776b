#include "fathom/core/runtime.hpp"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <algorithm>
#include <set>

#include "fathom/core/error.hpp"

namespace fathom {
namespace {

TEST(UsableCores, FollowsTheAffinity) {
  const auto exit_with_cores_after_pinning = [] {
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof allowed, &allowed);
    int first = 0;
    while (!CPU_ISSET(first, &allowed)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    sched_setaffinity(0, sizeof one, &one);
    std::_Exit(usable_cores());
  };
  EXPECT_EXIT(exit_with_cores_after_pinning(), testing::ExitedWithCode(1), "");
  EXPECT_GE(usable_cores(), 1);
}

/// cv::getNumThreads() of the OpenCV that the library has loaded; tests do not link it themselves.
int opencv_threads() {
  const auto count = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "_ZN2cv13getNumThreadsEv"));
  return count ? count() : -1;
}

TEST(SetThreads, ReachesLibTorchAndOpenCv) {
  set_threads(1);
  EXPECT_EQ(threads(), 1);
  EXPECT_EQ(at::get_num_threads(), 1);
  EXPECT_EQ(opencv_threads(), 1);
  set_threads(2);
  EXPECT_EQ(at::get_num_threads(), 2);
  set_threads(0);
  EXPECT_EQ(threads(), default_threads());
}

TEST(SetThreads, RefusesNumbersOutOfRange) {
  EXPECT_THROW(set_threads(-1), InvalidArgument);
  EXPECT_THROW(set_threads(1025), InvalidArgument);
}

TEST(SelectDevice, KnowsTheCpu) {
  EXPECT_TRUE(select_device("cpu").is_cpu());
  EXPECT_EQ(select_device("auto").is_cuda(), torch::cuda::is_available());
}

TEST(SelectDevice, RefusesAGpuThatIsNotThere) {
  EXPECT_THROW(select_device("cuda:127"), DeviceError);
  if (torch::cuda::is_available()) GTEST_SKIP() << "there is a GPU here";
  EXPECT_THROW(select_device("cuda"), DeviceError);
  EXPECT_THROW(select_device("cuda:0"), DeviceError);
}

TEST(SelectDevice, RefusesOtherWords) {
  for (const char* name :
       {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999", "cudaa"}) {
    EXPECT_THROW(select_device(name), InvalidArgument) << name;
  }
}

TEST(Blas, IsDiagnosedByItsName) {
  const std::string name = blas_name();
  EXPECT_FALSE(name.empty());
  const auto has = [&](const char* part) { return name.find(part) != name.npos; };
  const bool slow = has("reference") || has("(pthread)") || has("(serial)");
  const auto diagnosis = blas_diagnosis();
  EXPECT_EQ(diagnosis.has_value(), slow) << name;
  EXPECT_TRUE(!diagnosis || diagnosis->find("install libopenblas0-openmp") != std::string::npos);
}

TEST(VersionText, NamesEveryPartOnALineOfItsOwn) {
  const std::string text = version_text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 6);
  EXPECT_TRUE(text.starts_with("fathom ")) << text;
  EXPECT_NE(text.find("\nLibTorch " TORCH_VERSION "\n"), text.npos) << text;
  EXPECT_NE(text.find("\nOpenCV 4."), text.npos) << text;
  EXPECT_NE(text.find("\nBLAS " + blas_name() + "\nKernels "), text.npos) << text;
  EXPECT_EQ(text.find("unknown"), text.npos) << text;
}

TEST(KernelsName, NamesWhatDecidesTheBits) {
  const std::string name = kernels_name();
  EXPECT_NE(name.find(", LibTorch "), name.npos) << name;
  EXPECT_EQ(name.find("unknown"), name.npos) << name;
  EXPECT_EQ(name, kernels_name());
}

torch::Tensor numbers(std::uint64_t seed) {
  return torch::randint(0, 1 << 30, {64}, make_generator(seed), torch::kInt64);
}

TEST(MakeGenerator, DependsOnTheSeedAlone) {
  torch::manual_seed(1);
  const torch::Tensor first = numbers(7);
  torch::manual_seed(2);
  EXPECT_TRUE(torch::equal(first, numbers(7)));
  EXPECT_FALSE(torch::equal(first, numbers(8)));
}

TEST(MakeGenerator, UsesAllBitsOfTheSeed) {
  EXPECT_FALSE(torch::equal(numbers(7), numbers(7 + (1ULL << 40))));
}

TEST(MakeGenerator, LeavesTheDefaultGeneratorAlone) {
  torch::manual_seed(3);
  const torch::Tensor expected = torch::rand({4});
  torch::manual_seed(3);
  (void)numbers(9);
  EXPECT_TRUE(torch::equal(torch::rand({4}), expected));
}

TEST(DeriveSeed, GivesEveryPurposeItsOwn) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    for (std::uint64_t a = 0; a < 16; ++a) {
      for (std::uint64_t b = 0; b < 16; ++b) seeds.insert(derive_seed(seed, a, b));
    }
  }
  EXPECT_EQ(seeds.size(), 16u * 16u * 16u);
  EXPECT_EQ(derive_seed(1, 2, 3), derive_seed(1, 2, 3));
  EXPECT_EQ(derive_seed(1, 2), derive_seed(1, 2, 0));
}

TEST(DeriveSeed, ChangesHalfTheBitsWithOne) {
  int changed = 0;
  for (int bit = 0; bit < 64; ++bit) {
    changed += __builtin_popcountll(derive_seed(0, 0) ^ derive_seed(0, 1ULL << bit));
  }
  EXPECT_NEAR(changed / 64.0, 32.0, 3.0);
}

}  // namespace
}  // namespace fathom
