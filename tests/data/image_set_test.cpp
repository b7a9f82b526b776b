#include "fathom/data/image_set.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/sha256.hpp"

namespace fathom::data {
namespace {

/// Five grey pictures of 1x2 pixels, {0, 1}, {2, 3} ... {8, 9}, of the classes 0, 1, 0, 1, 0.
ImageSet small_set() {
  return {torch::arange(10, torch::kUInt8).view({5, 1, 1, 2}),
          torch::tensor({0, 1, 0, 1, 0}, torch::kInt64),
          {"even", "odd"},
          "small"};
}

ImageSet numbered_set(std::int64_t n) {
  return {torch::zeros({n, 1, 1, 1}, torch::kUInt8), torch::arange(n), std::vector<std::string>(n, "class"),
          "numbered"};
}

TEST(ImageSet, FirstKeepsTheOrderAndSharesMemory) {
  const ImageSet set = small_set();
  const ImageSet first = set.first(2);
  EXPECT_EQ(first.size(), 2);
  EXPECT_EQ(first.classes, set.classes);
  EXPECT_EQ(first.name, "small");
  EXPECT_EQ(first.images.data_ptr(), set.images.data_ptr());
  EXPECT_TRUE(first.labels.equal(torch::tensor({0, 1}, torch::kInt64)));
}

TEST(ImageSet, FirstOfMoreThanThereAreGivesAll) { EXPECT_EQ(small_set().first(99).size(), 5); }

TEST(ImageSet, FirstOfNoneIsRefused) { EXPECT_THROW(small_set().first(0), InvalidArgument); }

/// `sizes[k]` pictures of class k, one class after the other as in a folder.
ImageSet sorted_set(const std::vector<std::int64_t>& sizes) {
  ImageSet set{{}, {}, {}, "sorted"};
  std::vector<torch::Tensor> labels;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    labels.push_back(torch::full({sizes[k]}, static_cast<std::int64_t>(k), torch::kInt64));
    set.classes.push_back("class " + std::to_string(k));
  }
  set.labels = torch::cat(labels);
  set.images = torch::arange(set.labels.size(0)).to(torch::kUInt8).view({-1, 1, 1, 1});
  return set;
}

std::vector<std::int64_t> sizes_in(const ImageSet& set) {
  const torch::Tensor counts = torch::bincount(set.labels, {}, std::ssize(set.classes));
  return {counts.data_ptr<std::int64_t>(), counts.data_ptr<std::int64_t>() + counts.numel()};
}

TEST(ImageSet, ADrawnSubsetKeepsTheSharesOfTheClasses) {
  using Sizes = std::vector<std::int64_t>;
  const auto drawn = [](const Sizes& sizes, std::int64_t n) {
    return sizes_in(drawn_subset(sorted_set(sizes), n, make_generator(1)));
  };
  EXPECT_EQ(drawn({60, 60, 60}, 60), Sizes({20, 20, 20}));
  EXPECT_EQ(drawn({100, 50, 10}, 16), Sizes({10, 5, 1}));
  EXPECT_EQ(drawn({200, 2, 2}, 10), Sizes({8, 1, 1}));  // the small ones have one each
  EXPECT_EQ(drawn({200, 1, 1}, 3), Sizes({1, 1, 1}));
  EXPECT_EQ(drawn({7, 0, 7}, 5), Sizes({3, 0, 2}));
  EXPECT_EQ(drawn({5, 5, 5}, 2), Sizes({1, 1, 0}));  // fewer images than classes
}

TEST(ImageSet, ADrawnSubsetFollowsFromItsGeneratorAndKeepsTheOrder) {
  const ImageSet set = sorted_set({60, 60, 60});
  const auto pixels = [&](std::uint64_t seed) {
    return drawn_subset(set, 30, make_generator(seed)).images.flatten().to(torch::kInt64);
  };
  EXPECT_TRUE(pixels(1).equal(pixels(1)));
  EXPECT_FALSE(pixels(1).equal(pixels(2)));
  EXPECT_TRUE((pixels(1).diff() > 0).all().item<bool>());  // in order, and none twice
}

TEST(ImageSet, ADrawnSubsetOfAllIsTheSetItself) {
  const ImageSet set = sorted_set({3, 2});
  for (const std::int64_t n : {5, 6, 1000})
    EXPECT_EQ(drawn_subset(set, n, make_generator(1)).images.data_ptr(), set.images.data_ptr());
  EXPECT_THROW(drawn_subset(set, 0, make_generator(1)), InvalidArgument);
}

TEST(ImageSet, MissingClassesAreNamed) {
  EXPECT_TRUE(missing_classes(sorted_set({3, 2})).empty());
  EXPECT_EQ(missing_classes(sorted_set({3, 0, 2, 0})), std::vector<std::string>({"class 1", "class 3"}));
}

TEST(ImageSet, SubsetCopiesInTheOrderOfTheIndices) {
  const ImageSet set = small_set();
  const ImageSet part = set.subset(torch::tensor({3, 0}, torch::kInt64));
  EXPECT_TRUE(part.images.equal(torch::tensor({6, 7, 0, 1}, torch::kUInt8).view({2, 1, 1, 2})));
  EXPECT_TRUE(part.labels.equal(torch::tensor({1, 0}, torch::kInt64)));
  part.images.fill_(200);
  EXPECT_EQ(set.images.max().item<int>(), 9);
}

TEST(ImageSet, IndicesOutsideAreRefused) {
  EXPECT_THROW(small_set().subset(torch::tensor({5}, torch::kInt64)), InvalidArgument);
  EXPECT_THROW(small_set().subset(torch::tensor({-1}, torch::kInt64)), InvalidArgument);
  EXPECT_THROW(small_set().subset(torch::tensor({0.0})), InvalidArgument);
}

TEST(ImageSet, ValidateAcceptsWhatIsDocumented) { EXPECT_NO_THROW(validate(small_set(), "small")); }

void expect_invalid(const ImageSet& set, const std::string& reason) {
  try {
    validate(set, "'file.bin'");
    ADD_FAILURE() << "accepted; expected: " << reason;
  } catch (const FormatError& error) {
    const std::string text = error.what();
    EXPECT_TRUE(text.starts_with("'file.bin'")) << text;
    EXPECT_NE(text.find(reason), std::string::npos) << text;
  }
}

TEST(ImageSet, ValidateNamesWhatIsWrong) {
  ImageSet set = small_set();
  set.images = set.images.to(torch::kFloat32);
  expect_invalid(set, "images must be uint8");

  set = small_set();
  set.images = set.images.squeeze(1);
  expect_invalid(set, "four dimensions");

  set = small_set();
  set.images = torch::zeros({5, 2, 1, 1}, torch::kUInt8);
  expect_invalid(set, "1 or 3 channels, not 2");

  set = small_set();
  set.images = set.images.slice(0, 0, 0);
  expect_invalid(set, "no images");

  set = small_set();
  set.labels = set.labels.to(torch::kInt32);
  expect_invalid(set, "labels must be int64");

  set = small_set();
  set.labels = set.labels.slice(0, 1);
  expect_invalid(set, "5 images but 4 labels");

  set = small_set();
  set.labels[3] = 2;
  expect_invalid(set, "image 3 has label 2");

  set = small_set();
  set.labels[4] = -1;
  expect_invalid(set, "image 4 has label -1");
}

TEST(ImageSet, ChecksumIsTheSumOfPixelsThenLabels) {
  // printf '\x01\x02\x03\x04\x00\x01' | sha256sum
  const std::string expected = "6731f43cc5cffed71bfe8163df84ea3b1190a1e65aa17e3c715100b767c5abed";
  const ImageSet set{torch::tensor({1, 2, 3, 4}, torch::kUInt8).view({2, 1, 1, 2}),
                     torch::tensor({0, 1}, torch::kInt64),
                     {"a", "b"},
                     "x"};
  EXPECT_EQ(checksum(set), expected);
  // The same pixels laid out with gaps in memory.
  const torch::Tensor wide = torch::tensor({1, 2, 9, 3, 4, 9}, torch::kUInt8).view({2, 1, 1, 3});
  const ImageSet strided{wide.slice(3, 0, 2), set.labels, set.classes, "another name"};
  EXPECT_EQ(checksum(strided), expected);
}

TEST(ImageSet, ChecksumOfManyImagesIsTheSameInPieces) {
  const std::int64_t n = 2500;  // not a multiple of any block
  const ImageSet set{(torch::arange(n * 6) % 251).to(torch::kUInt8).view({n, 1, 2, 3}), torch::arange(n) % 10,
                     std::vector<std::string>(10, "class"), "many"};
  std::string bytes;
  for (std::int64_t i = 0; i < n * 6; ++i) bytes += static_cast<char>(i % 251);
  for (std::int64_t i = 0; i < n; ++i) bytes += static_cast<char>(i % 10);
  EXPECT_EQ(checksum(set), io::sha256_of(bytes));
  EXPECT_EQ(checksum({set.images.transpose(2, 3).contiguous().transpose(2, 3), set.labels, set.classes, ""}),
            io::sha256_of(bytes));
}

TEST(ImageSet, StatisticsArePerChannelInTheUnitRange) {
  // Red: half 0, half 255. Green: all 51. Blue: 0, 0, 0, 255.
  const torch::Tensor images =
      torch::tensor({0, 255, 51, 51, 0, 0, /**/ 0, 255, 51, 51, 0, 255}, torch::kUInt8).view({2, 3, 1, 2});
  const PixelStatistics statistics = pixel_statistics({images, torch::zeros({2}, torch::kInt64), {"a"}, "x"});
  ASSERT_EQ(statistics.mean.size(), 3u);
  EXPECT_FLOAT_EQ(statistics.mean[0], 0.5f);
  EXPECT_FLOAT_EQ(statistics.std[0], 0.5f);
  EXPECT_FLOAT_EQ(statistics.mean[1], 0.2f);
  EXPECT_FLOAT_EQ(statistics.std[1], 1e-3f);  // of a constant channel: the floor
  EXPECT_FLOAT_EQ(statistics.mean[2], 0.25f);
  EXPECT_FLOAT_EQ(statistics.std[2], std::sqrt(3.0f) / 4);
}

TEST(ImageSet, UnitRangeEndsAtExactlyOne) {
  const torch::Tensor scaled = to_unit_range(torch::tensor({0, 51, 255}, torch::kUInt8));
  EXPECT_EQ(scaled.scalar_type(), torch::kFloat32);
  EXPECT_EQ(scaled[0].item<float>(), 0.0f);
  EXPECT_FLOAT_EQ(scaled[1].item<float>(), 0.2f);
  EXPECT_EQ(scaled[2].item<float>(), 1.0f);
  EXPECT_THROW(to_unit_range(torch::ones({3})), InvalidArgument);
}

TEST(ImageSet, HoldOutDividesWithoutOverlap) {
  const TrainingParts parts = hold_out(numbered_set(100), 0.25, make_generator(7));
  EXPECT_EQ(parts.validation.size(), 25);
  EXPECT_EQ(parts.training.size(), 75);
  const torch::Tensor all = std::get<0>(torch::cat({parts.training.labels, parts.validation.labels}).sort());
  EXPECT_TRUE(all.equal(torch::arange(100)));
  EXPECT_FALSE(parts.validation.labels.equal(torch::arange(25)));  // drawn, not the first ones
}

TEST(ImageSet, HoldOutDependsOnTheGeneratorAlone) {
  const auto drawn = [](std::uint64_t seed) {
    return hold_out(numbered_set(100), 0.1, make_generator(seed)).validation.labels;
  };
  EXPECT_TRUE(drawn(3).equal(drawn(3)));
  EXPECT_FALSE(drawn(3).equal(drawn(4)));
}

TEST(ImageSet, HoldOutLeavesBothPartsSomething) {
  EXPECT_EQ(hold_out(numbered_set(2), 0.01, make_generator(0)).validation.size(), 1);
  EXPECT_EQ(hold_out(numbered_set(2), 0.99, make_generator(0)).training.size(), 1);
}

TEST(ImageSet, HoldOutRefusesWhatCannotBeDivided) {
  const auto divide = [](std::int64_t n, double fraction) {
    return hold_out(numbered_set(n), fraction, make_generator(0));
  };
  EXPECT_THROW(divide(1, 0.5), InvalidArgument);
  EXPECT_THROW(divide(10, 0), InvalidArgument);
  EXPECT_THROW(divide(10, 1), InvalidArgument);
  EXPECT_THROW(divide(10, std::nan("")), InvalidArgument);
}

}  // namespace
}  // namespace fathom::data
