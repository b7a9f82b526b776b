/// Tones: tests of the kinds in fathom/augment/operations/tone.cpp.
#include <opencv2/imgproc.hpp>

#include "augment/pictures.hpp"

namespace fathom::augment {
namespace {

torch::Tensor every_level() { return torch::arange(256, torch::kInt).to(torch::kByte).view({1, 16, 16}); }

/// Bytes of a float picture.
torch::Tensor levels_of(const torch::Tensor& picture) { return (picture * 255).round().to(torch::kByte); }

TEST(Posterize, KeepsTheHighestBits) {
  for (int bits = 1; bits <= 8; ++bits) {
    const torch::Tensor result = done(every_level(), "posterize", {{"bits", static_cast<double>(bits)}});
    EXPECT_TRUE(result.equal(every_level().bitwise_and(0xff << (8 - bits) & 0xff))) << bits;
    const torch::Tensor floats =
        done(every_level().to(torch::kFloat) / 255, "posterize", {{"bits", static_cast<double>(bits)}});
    EXPECT_TRUE(levels_of(floats).equal(result)) << bits;
  }
}

TEST(Solarize, TurnsRoundWhatReachesTheThreshold) {
  const torch::Tensor picture = every_level();
  const auto made = [&](double threshold) { return done(picture, "solarize", {{"threshold", threshold}}); };
  EXPECT_TRUE(made(128 / 255.).equal(torch::where(picture >= 128, 255 - picture, picture)));
  EXPECT_TRUE(made(0).equal(255 - picture));
  EXPECT_TRUE(made(1.01).equal(picture));
  const torch::Tensor floats = picture.to(torch::kFloat) / 255;
  EXPECT_LT(largest_gap(done(floats, "solarize", {{"threshold", 0.3}}),
                        torch::where(floats >= 0.3, 1 - floats, floats)),
            1e-6);
}

TEST(Equalize, IsOpenCVsChannelByChannel) {
  on_each_form(20, 30, [](const torch::Tensor& picture) {
    const torch::Tensor dark =
        picture.scalar_type() == torch::kByte ? picture.div(3, "floor").to(torch::kByte) : picture / 3;
    const torch::Tensor result = done(dark, "equalize");
    for (std::int64_t c = 0; c < colours_of(dark).size(0); ++c) {
      const bool bytes = dark.scalar_type() == torch::kByte;
      cv::Mat expected;
      cv::equalizeHist(mat_of(bytes ? dark[c].unsqueeze(0) : levels_of(dark[c].unsqueeze(0))), expected);
      const torch::Tensor level = bytes ? result[c] : levels_of(result[c]);
      EXPECT_TRUE(level.equal(tensor_of(expected)[0]));
      EXPECT_EQ(level.max().item<int>(), 255);
    }
    if (dark.size(0) == 4) {
      EXPECT_TRUE(result[3].equal(dark[3]));
    }
  });
}

TEST(Autocontrast, StretchesEveryChannelFromBlackToWhite) {
  on_each_form(8, 8, [](const torch::Tensor& picture) {
    torch::Tensor narrow = picture.clone();
    for (std::int64_t c = 0; c < narrow.size(0); ++c)  // to another range in every channel
      narrow[c].copy_(picture[c].to(torch::kDouble) / (2 + static_cast<double>(c)) + 0.2 * white_of(picture));
    const torch::Tensor result = done(narrow, "autocontrast");
    for (std::int64_t c = 0; c < colours_of(narrow).size(0); ++c) {
      const torch::Tensor channel = narrow[c].to(torch::kDouble);
      const torch::Tensor expected =
          (channel - channel.min()) / (channel.max() - channel.min()) * white_of(picture);
      EXPECT_LE(largest_gap(result[c], expected), picture.scalar_type() == torch::kByte ? 0.501 : 1e-5);
    }
    if (narrow.size(0) == 4) {
      EXPECT_TRUE(result[3].equal(narrow[3]));
    }
  });
}

TEST(Tones, OfOneColourStay) {
  const torch::Tensor plain = torch::full({3, 9, 9}, 90, torch::kByte);
  EXPECT_TRUE(done(plain, "autocontrast").equal(plain));
  EXPECT_TRUE(done(plain, "equalize").equal(plain));
}

TEST(Clahe, IsOpenCVsOfTheLightness) {
  const torch::Tensor grey = noise_picture(1, 50, 61), colour = noise_picture(3, 50, 61);
  const cv::Ptr<cv::CLAHE> clahe = cv::createCLAHE(3, {4, 4});
  cv::Mat expected;
  clahe->apply(mat_of(grey), expected);
  EXPECT_TRUE(done(grey, "clahe", {{"clip", 3}, {"tiles", 4}}).equal(tensor_of(expected)));

  cv::Mat lab;
  cv::cvtColor(mat_of(colour), lab, cv::COLOR_RGB2Lab);
  std::vector<cv::Mat> parts;
  cv::split(lab, parts);
  clahe->apply(parts[0], parts[0]);
  cv::merge(parts, lab);
  cv::cvtColor(lab, expected, cv::COLOR_Lab2RGB);
  EXPECT_TRUE(done(colour, "clahe", {{"clip", 3}, {"tiles", 4}}).equal(tensor_of(expected)));
}

TEST(Clahe, TakesPicturesWithFewerPixelsThanTiles) {
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 9}, {9, 1}, {3, 5}, {9, 17}}) {
    const torch::Tensor picture = noise_picture(3, height, width);
    EXPECT_EQ(done(picture, "clahe", {{"clip", 2}, {"tiles", 64}}).sizes(), picture.sizes());
  }
}

}  // namespace
}  // namespace fathom::augment
