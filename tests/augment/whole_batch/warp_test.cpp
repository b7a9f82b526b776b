#include "fathom/augment/whole_batch/warp.hpp"

#include <gtest/gtest.h>

#include "augment/pictures.hpp"
#include "fathom/augment/operations/opencv_picture.hpp"

namespace fathom::augment {
namespace {

torch::Tensor warped(const Step& step, const torch::Tensor& picture, Instructions instructions) {
  torch::Tensor result = torch::zeros_like(picture);
  const ChannelPlanes planes{
      picture.data_ptr<std::uint8_t>(), picture.size(0), {picture.size(1), picture.size(2)}};
  EXPECT_TRUE(warp_planes(planes, result.data_ptr<std::uint8_t>(),
                          step.kind->matrix(step.values, planes.size), border_type(value_of(step, "border")),
                          value_of(step, "fill"), instructions));
  return result;
}

/// The first step of a pipeline as it is drawn for one picture.
Step drawn(const char* pipeline, std::int64_t index) {
  return draw(parse_pipeline(pipeline), {1, 1, index})[0];
}

const std::vector<const char*> kMaps = {"rotate(180, fill=0.7)", "rotate(20, border=reflect)",
                                        "affine(border=wrap)", "scale(0.3..3)",
                                        "shear(30, y=20, border=replicate)"};

TEST(SmallWarp, EveryProcessorGivesTheSameBytes) {
  if (fastest_instructions() == Instructions::portable) GTEST_SKIP() << "this processor has one way only";
  for (const char* map : kMaps)
    for (const Extent size : {Extent{28, 28}, {32, 32}, {5, 8}, {30, 7}, {1, 1}, {9, 100}, {33, 70}})
      for (const std::int64_t channels : {1, 3, 4}) {
        const torch::Tensor noise = noise_picture(channels, size.height, size.width);
        for (std::int64_t index = 0; index < 10; ++index) {
          const Step step = drawn(map, index);
          const torch::Tensor expected = warped(step, noise, Instructions::portable);
          for (const Instructions each : {Instructions::avx2, Instructions::avx2_gather})
            EXPECT_TRUE(warped(step, noise, each).equal(expected))
                << describe(step) << " on " << noise.sizes();
        }
      }
}

TEST(SmallWarp, ThePortableWayIsOpenCVsToWithinALevel) {
  const torch::Tensor coarse = torch::rand({1, 3, 5, 5}, make_generator(3)) * 255;
  const torch::Tensor smooth = torch::upsample_bilinear2d(coarse, {28, 31}, false).to(torch::kByte)[0];
  for (const char* map : kMaps)
    for (std::int64_t index = 0; index < 20; ++index) {
      const Step step = drawn(map, index);
      EXPECT_LE(largest_gap(warped(step, smooth, Instructions::portable), replay({step}, smooth)), 1)
          << describe(step);
    }
}

}  // namespace
}  // namespace fathom::augment
