#include "fathom/core/machine/kernels.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fathom/core/machine/blas.hpp"
#include "temporary_folder.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

constexpr OpenBlasVersion kDebian12{0, 3, 21}, kDebian13{0, 3, 29};

Cpu intel(int model, bool avx512 = true) {
  return {.intel = true,
          .family = 6,
          .model = model,
          .avx = true,
          .avx2 = true,
          .avx512 = avx512,
          .l2_kibibytes = 2048};
}

Cpu amd(int family, bool avx512) {
  return {.family = family, .model = 1, .avx = true, .avx2 = true, .avx512 = avx512, .l2_kibibytes = 512};
}

TEST(OpenBlasVersion, IsReadFromNamesAndDescriptions) {
  EXPECT_EQ(openblas_version_in("libopenblasp-r0.3.21.so"), kDebian12);
  EXPECT_EQ(openblas_version_in("libopenblas64_-r0.3.29.so"), kDebian13);
  EXPECT_EQ(openblas_version_in("OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH"), kDebian12);
  for (const char* text : {"", "libopenblas.so.0", "0.3", "0.3.", "99999999999.1.1"})
    EXPECT_FALSE(openblas_version_in(text)) << text;
  EXPECT_LT(kDebian12, kDebian13);
  EXPECT_LT((OpenBlasVersion{0, 3, 9}), kDebian12);
}

TEST(InstalledOpenBlas, IsTheFirstOfTheLibraryPath) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "libopenblasp-r0.3.7.so") << "a library";
  fs::create_symlink("libopenblasp-r0.3.7.so", folder.path() / "libopenblas.so.0");
  EXPECT_EQ(installed_openblas("/nowhere::" + folder.path().string()), (OpenBlasVersion{0, 3, 7}));
  fs::remove(folder.path() / "libopenblasp-r0.3.7.so");  // a link to nothing
  EXPECT_EQ(installed_openblas(folder.path().string()), installed_openblas(""));
}

TEST(Kernels, AreRankedByTheirVectorInstructions) {
  EXPECT_EQ(kernel_level("Cooperlake"), 3);
  EXPECT_EQ(kernel_level("HASWELL"), 2);
  EXPECT_EQ(kernel_level("Zen"), 2);
  EXPECT_EQ(kernel_level("Sandybridge"), 1);
  EXPECT_EQ(kernel_level("Prescott"), 0);
  EXPECT_EQ(kernel_level("neoversen1"), -1);
}

TEST(Kernels, AreChosenForNewIntelCpusThatAnOldOpenBlasTakesForAPentium4) {
  for (const int model : {0xb7, 0xba, 0xcf, 0xc6}) {
    EXPECT_EQ(kernels_to_set(kDebian12, intel(model)), "SkylakeX") << model;
    EXPECT_EQ(kernels_to_set(kDebian12, intel(model, false)), "Haswell") << model;
    EXPECT_EQ(kernels_to_set({0, 3, 24}, intel(model)), "SkylakeX") << model;
    EXPECT_EQ(kernels_to_set({0, 3, 25}, intel(model)), "") << model;
    EXPECT_EQ(kernels_to_set(kDebian13, intel(model)), "") << model;
  }
  Cpu without_avx = intel(0xcf, false);
  without_avx.avx2 = without_avx.avx = false;
  EXPECT_EQ(kernels_to_set(kDebian12, without_avx), "");
}

TEST(Kernels, AreLeftToOpenBlasWhereItKnowsTheCpu) {
  for (const int model : {0x3f, 0x55, 0x6a, 0x8f, 0x97, 0xa7, 0xad})
    EXPECT_EQ(kernels_to_set(kDebian12, intel(model)), "");
  for (const int family : {23, 25, 26}) EXPECT_EQ(kernels_to_set(kDebian12, amd(family, true)), "");
  EXPECT_EQ(kernels_to_set({0, 3, 13}, intel(0xcf)), "");  // its list of kernels was never tried
  EXPECT_EQ(kernels_to_set(kDebian12, Cpu{}), "");
}

TEST(L2Size, IsGivenWhereTheMachineReportsNoneAndOpenBlasReadsIt) {
  Cpu cpu = amd(26, true);
  EXPECT_EQ(l2_size_to_set(kDebian13, cpu), 0);
  cpu.l2_kibibytes = 0;
  EXPECT_EQ(l2_size_to_set(kDebian13, cpu), 512);
  cpu.l2_leaf4_kibibytes = 2048;
  EXPECT_EQ(l2_size_to_set(kDebian13, cpu), 2048);
  EXPECT_EQ(l2_size_to_set(kDebian12, cpu), 0);
}

TEST(ThisCpu, AgreesWithTheCompilersView) {
  const Cpu cpu = this_cpu();
#if defined(__x86_64__)
  EXPECT_EQ(cpu.avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  EXPECT_EQ(cpu.avx512, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                            __builtin_cpu_supports("avx512cd"));
  EXPECT_GE(cpu.family, 6);
#endif
  EXPECT_TRUE(cpu.avx || !cpu.avx2);
}

TEST(KernelsText, SaysWhoChose) {
  const Cpu cpu = intel(0xcf);
  EXPECT_EQ(kernels_text({"SkylakeX", true, false}, cpu), "SkylakeX, chosen for this CPU");
  EXPECT_EQ(kernels_text({"Haswell", false, true}, cpu), "Haswell, set by OPENBLAS_CORETYPE");
  EXPECT_EQ(kernels_text({"Cooperlake", false, false}, cpu), "Cooperlake, chosen by OpenBLAS");
  EXPECT_EQ(kernels_text({"Prescott", false, false}, cpu),
            "Prescott, chosen by OpenBLAS: slow; set OPENBLAS_CORETYPE=SkylakeX");
  EXPECT_EQ(kernels_text({}, cpu), "not chosen by CPU");
}

TEST(SlowKernels, AreNamedUnlessTheUserChoseThem) {
  const Cpu cpu = intel(0xcf, false);
  const auto slow = slow_kernels({"Prescott", false, false}, cpu);
  ASSERT_TRUE(slow);
  EXPECT_NE(slow->find("Prescott"), slow->npos);
  EXPECT_NE(slow->find("OPENBLAS_CORETYPE=Haswell"), slow->npos);
  EXPECT_FALSE(slow_kernels({"Prescott", false, true}, cpu));
  EXPECT_FALSE(slow_kernels({"Zen", false, false}, cpu));
  EXPECT_FALSE(slow_kernels({"neoversen1", false, false}, cpu));
  EXPECT_FALSE(slow_kernels({"Prescott", false, false}, Cpu{}));
  EXPECT_FALSE(slow_kernels({}, cpu));
}

void plain_product(bool transpose_a, bool transpose_b, int m, int n, int k, const float* a, int lda,
                   const float* b, int ldb, float* c, int ldc) {
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      float sum = 0;
      for (int l = 0; l < k; ++l)
        sum += a[transpose_a ? l + i * lda : i + l * lda] * b[transpose_b ? j + l * ldb : l + j * ldb];
      c[i + j * ldc] = sum;
    }
}

TEST(RightProduct, TellsAWrongElementInAnyShape) {
  EXPECT_TRUE(is_right_product(plain_product));
  for (int wrong = 0; wrong < 5; ++wrong) {
    int product = 0;
    EXPECT_FALSE(is_right_product([&](bool ta, bool tb, int m, int n, int k, const float* a, int lda,
                                      const float* b, int ldb, float* c, int ldc) {
      plain_product(ta, tb, m, n, k, a, lda, b, ldb, c, ldc);
      if (product++ == wrong) c[m - 1 + (n - 1) * ldc] += 0.01F;
    })) << wrong;
  }
}

}  // namespace
}  // namespace fathom
