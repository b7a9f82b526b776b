#include "fathom/augment/whole_batch/batch.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::augment {
namespace {

/// Blobs rather than noise: between neighbours that differ by 255 one 32nd of a pixel is eight levels.
torch::Tensor smooth_pictures(std::int64_t count, std::int64_t channels, std::int64_t height,
                              std::int64_t width) {
  const torch::Tensor coarse = torch::rand({count, channels, 5, 5}, make_generator(3)) * 255;
  return torch::upsample_bilinear2d(coarse, {height, width}, /*align_corners=*/false).to(torch::kByte);
}

torch::Tensor one_by_one(const Pipeline& pipeline, const torch::Tensor& images, std::uint64_t seed,
                         std::int64_t epoch, const torch::Tensor& indices) {
  std::vector<torch::Tensor> all;
  for (std::int64_t n = 0; n < images.size(0); ++n)
    all.push_back(augment(pipeline, images[n], {seed, epoch, indices[n].item<std::int64_t>()}).contiguous());
  return torch::stack(all);
}

int largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.to(torch::kInt) - b.to(torch::kInt)).abs().max().item<int>();
}

struct BatchCase {
  const char* pipeline;
  int tolerance;  // in levels of 255
  friend std::ostream& operator<<(std::ostream& out, const BatchCase& one) { return out << one.pipeline; }
};

class BatchOfPictures : public testing::TestWithParam<BatchCase> {};

TEST_P(BatchOfPictures, IsWhatOpenCVMakesOfEach) {
  const Pipeline pipeline = parse_pipeline(GetParam().pipeline);
  for (const std::int64_t channels : {1, 3, 4}) {
    const torch::Tensor images = smooth_pictures(40, channels, 28, 31);
    const torch::Tensor indices = torch::randperm(1000, make_generator(1), torch::kLong).narrow(0, 0, 40);
    const torch::Tensor batch = augment_batch(pipeline, images, 5, 2, indices);
    const torch::Tensor each = one_by_one(pipeline, images, 5, 2, indices);
    ASSERT_EQ(batch.sizes(), each.sizes());
    EXPECT_LE(largest_difference(batch, each), GetParam().tolerance) << channels << " channels";
    EXPECT_FALSE(batch.equal(images)) << "nothing was done";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Whole, BatchOfPictures,
    testing::Values(BatchCase{"hflip", 0}, BatchCase{"vflip", 0}, BatchCase{"hflip(p=0.5) | vflip(p=0.3)", 0},
                    BatchCase{"translate(0.3, y=-0.3..0.2)", 0},
                    BatchCase{"translate(0.3, border=reflect)", 0}, BatchCase{"crop(4)", 0},
                    BatchCase{"crop(40, border=reflect)", 0}, BatchCase{"crop(3, border=wrap, fill=0.5)", 0},
                    BatchCase{"crop(0, height=20, width=14)", 0}, BatchCase{"cutout(0.5, fill=0.3)", 0},
                    BatchCase{"erasing", 0}, BatchCase{"erasing(with=noise)", 0},
                    BatchCase{"crop(2) | hflip(p=0.5) | cutout(0.3)", 0},
                    BatchCase{"one-of(hflip, crop(3) | vflip)", 0}, BatchCase{"invert | hflip", 0},
                    BatchCase{"brightness(0.5..1.5) | crop(2)", 0}));

INSTANTIATE_TEST_SUITE_P(Interpolated, BatchOfPictures,
                         testing::Values(BatchCase{"rotate(30)", 1}, BatchCase{"rotate(180, fill=0.7)", 1},
                                         BatchCase{"rotate(45, border=reflect)", 1},
                                         BatchCase{"scale(0.5..2, border=replicate)", 1},
                                         BatchCase{"shear(20, y=10, border=wrap)", 1},
                                         BatchCase{"affine(20, border=constant)", 1}));

TEST(Batch, RowsOfAnyLengthAreWhatOpenCVMakesOfThem) {
  const torch::Tensor indices = torch::arange(4, torch::kLong);
  for (std::int64_t width = 1; width < 140; width += width < 70 ? 1 : 13) {
    const torch::Tensor noise = torch::randint(0, 256, {4, 3, 6, width}, make_generator(2), torch::kByte);
    for (const char* text : {"hflip", "crop(3)", "crop(5, border=reflect)", "cutout(1, fill=1)", "erasing"})
      EXPECT_TRUE(augment_batch(parse_pipeline(text), noise, 1, 1, indices)
                      .equal(one_by_one(parse_pipeline(text), noise, 1, 1, indices)))
          << text << " on rows of " << width;
    const torch::Tensor smooth = smooth_pictures(4, 3, 6, width);
    for (const char* text : {"rotate(30)", "rotate(30, border=reflect)"})
      EXPECT_LE(largest_difference(augment_batch(parse_pipeline(text), smooth, 1, 1, indices),
                                   one_by_one(parse_pipeline(text), smooth, 1, 1, indices)),
                1)
          << text << " on rows of " << width;
  }
}

TEST(Batch, AQuarterTurnIsExact) {
  const torch::Tensor images = torch::randint(0, 256, {3, 1, 9, 9}, make_generator(1), torch::kByte);
  const torch::Tensor turned =
      augment_batch(parse_pipeline("rotate(90..90)"), images, 0, 0, torch::arange(3, torch::kLong));
  EXPECT_TRUE(turned.equal(images.rot90(1, {2, 3})));
}

TEST(Batch, AMapThatSqueezesThePictureToALineIsOpenCVs) {
  for (const char* text :
       {"scale(0.05..0.05, stretch=10..10, border=reflect)",
        "scale(0.05..0.05, stretch=0.1..0.1, border=wrap)",
        "scale(0.05..0.05, border=reflect) | scale(0.05..0.05)", "shear(80..80, y=80..80)"}) {
    const Pipeline pipeline = parse_pipeline(text);
    for (const std::int64_t side : {1, 2, 20}) {
      const torch::Tensor images = smooth_pictures(3, 1, side, side),
                          indices = torch::arange(3, torch::kLong);
      EXPECT_LE(largest_difference(augment_batch(pipeline, images, 1, 1, indices),
                                   one_by_one(pipeline, images, 1, 1, indices)),
                1)
          << text << " on " << side;
    }
  }
}

TEST(Batch, APictureDoesNotDependOnItsBatch) {
  const Pipeline pipeline = parse_pipeline("crop(3) | rotate(20) | hflip(p=0.5) | gaussian-noise(0.1)");
  const torch::Tensor images = smooth_pictures(64, 3, 16, 16);
  const torch::Tensor indices = torch::arange(100, 164, torch::kLong);
  const torch::Tensor whole = augment_batch(pipeline, images, 7, 1, indices);
  std::vector<torch::Tensor> parts;
  for (const auto& [first, count] : {std::pair{0, 1}, {1, 30}, {31, 33}})
    parts.push_back(
        augment_batch(pipeline, images.narrow(0, first, count), 7, 1, indices.narrow(0, first, count)));
  EXPECT_TRUE(whole.equal(torch::cat(parts)));

  const torch::Tensor order = torch::randperm(64, make_generator(2), torch::kLong);
  EXPECT_TRUE(whole.index_select(0, order).equal(
      augment_batch(pipeline, images.index_select(0, order), 7, 1, indices.index_select(0, order))));
}

TEST(Batch, NorOnTheNumberOfThreads) {
  const Pipeline pipeline = parse_pipeline("affine | erasing(with=noise) | trivial-augment");
  const torch::Tensor images = smooth_pictures(50, 1, 20, 20), indices = torch::arange(50, torch::kLong);
  const int before = threads();
  set_threads(1);
  const torch::Tensor alone = augment_batch(pipeline, images, 1, 1, indices);
  set_threads(4);
  const torch::Tensor together = augment_batch(pipeline, images, 1, 1, indices);
  set_threads(before);
  EXPECT_TRUE(alone.equal(together));
}

TEST(Batch, SeedEpochAndIndexAllMatter) {
  const Pipeline pipeline = parse_pipeline("crop(8)");
  const torch::Tensor images = smooth_pictures(1, 1, 32, 32);
  const auto made = [&](std::uint64_t seed, std::int64_t epoch, std::int64_t index) {
    return augment_batch(pipeline, images, seed, epoch, torch::full({1}, index, torch::kLong));
  };
  EXPECT_TRUE(made(1, 1, 1).equal(made(1, 1, 1)));
  EXPECT_FALSE(made(1, 1, 1).equal(made(2, 1, 1)));
  EXPECT_FALSE(made(1, 1, 1).equal(made(1, 2, 1)));
  EXPECT_FALSE(made(1, 1, 1).equal(made(1, 1, 2)));
}

TEST(Batch, LeavesTheImagesAsTheyWereAndTakesAnyStrides) {
  const torch::Tensor images = smooth_pictures(6, 3, 12, 12), before = images.clone();
  const torch::Tensor indices = torch::arange(6, torch::kLong);
  const Pipeline pipeline = parse_pipeline("rotate(20) | invert");
  const torch::Tensor result = augment_batch(pipeline, images, 1, 1, indices);
  EXPECT_TRUE(images.equal(before));
  EXPECT_TRUE(result.equal(
      augment_batch(pipeline, images.contiguous(at::MemoryFormat::ChannelsLast), 1, 1, indices)));
  EXPECT_TRUE(augment_batch({}, images, 1, 1, indices).equal(images));
}

TEST(Batch, RefusesWhatIsNoBatch) {
  const torch::Tensor images = smooth_pictures(4, 1, 9, 7), indices = torch::arange(4, torch::kLong);
  const Pipeline flip = parse_pipeline("hflip");
  EXPECT_THROW(augment_batch(flip, images.to(torch::kFloat), 1, 1, indices), InvalidArgument);
  EXPECT_THROW(augment_batch(flip, images[0], 1, 1, indices), InvalidArgument);
  EXPECT_THROW(augment_batch(flip, images, 1, 1, indices.narrow(0, 0, 3)), InvalidArgument);
  EXPECT_THROW(augment_batch(flip, images, 1, 1, indices.to(torch::kFloat)), InvalidArgument);
  // Half of the pictures become 4 x 4.
  EXPECT_THROW(augment_batch(parse_pipeline("resize(height=4, width=4, p=0.5)"), images.repeat({10, 1, 1, 1}),
                             1, 1, torch::arange(40, torch::kLong)),
               InvalidArgument);
}

}  // namespace
}  // namespace fathom::augment
