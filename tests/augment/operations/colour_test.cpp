/// Colours: tests of the kinds in fathom/augment/operations/colour.cpp, by their formulas.
#include <opencv2/imgproc.hpp>

#include "augment/pictures.hpp"

namespace fathom::augment {
namespace {

/// Whether the result has the colours that a formula gives in doubles, clamped, and its opacity of before;
/// bytes may be a rounding away.
testing::AssertionResult has_colours(const torch::Tensor& result, const torch::Tensor& picture,
                                     const torch::Tensor& expected, double rounding = 0.5) {
  const double gap = largest_gap(colours_of(result), expected.clamp(0, white_of(picture)));
  if (gap > (picture.scalar_type() == torch::kByte ? rounding + 1e-3 : 1e-5))
    return testing::AssertionFailure() << "colours differ by " << gap;
  if (picture.size(0) == 4 && !result[3].equal(picture[3]))
    return testing::AssertionFailure() << "opacity differs";
  return testing::AssertionSuccess();
}

torch::Tensor luma_of(const torch::Tensor& colours) {
  return colours.size(0) == 1 ? colours.clone()
                              : 0.299 * colours.narrow(0, 0, 1) + 0.587 * colours.narrow(0, 1, 1) +
                                    0.114 * colours.narrow(0, 2, 1);
}

torch::Tensor one_pixel(const std::vector<float>& colour) {
  return torch::tensor(colour).view({std::ssize(colour), 1, 1});
}

TEST(Brightness, MultipliesEveryValue) {
  on_each_form(9, 13, [](const torch::Tensor& picture) {
    const torch::Tensor colours = colours_of(picture).to(torch::kDouble);
    for (const double factor : {0., 0.3, 1., 1.7}) {
      const torch::Tensor result = done(picture, "brightness", {{"factor", factor}});
      EXPECT_TRUE(has_colours(result, picture, colours * factor)) << factor;
    }
    EXPECT_TRUE(done(picture, "brightness", {{"factor", 1}}).equal(picture));
  });
}

TEST(Brightness, IsOpenCVsConvertTo) {
  const torch::Tensor picture = noise_picture(3, 30, 30);
  cv::Mat expected;
  mat_of(picture).convertTo(expected, -1, 1.3, 0);
  EXPECT_TRUE(done(picture, "brightness", {{"factor", 1.3}}).equal(tensor_of(expected)));
}

TEST(Contrast, GoesAwayFromTheMeanGrey) {
  on_each_form(9, 13, [](const torch::Tensor& picture) {
    const torch::Tensor colours = colours_of(picture).to(torch::kDouble);
    const torch::Tensor mean = luma_of(colours).mean();
    for (const double factor : {0., 0.5, 1., 2.}) {
      const torch::Tensor result = done(picture, "contrast", {{"factor", factor}});
      EXPECT_TRUE(has_colours(result, picture, mean + factor * (colours - mean))) << factor;
    }
    EXPECT_TRUE(done(picture, "contrast", {{"factor", 1}}).equal(picture));
  });
}

TEST(Saturation, GoesAwayFromThePixelsGrey) {
  on_each_form(9, 13, [](const torch::Tensor& picture) {
    const torch::Tensor colours = colours_of(picture).to(torch::kDouble), grey = luma_of(colours);
    for (const double factor : {0., 0.5, 1., 2.}) {
      const torch::Tensor result = done(picture, "saturation", {{"factor", factor}});
      // OpenCV mixes channels of bytes with weights of 10 bits.
      EXPECT_TRUE(has_colours(result, picture, grey + factor * (colours - grey), 0.6)) << factor;
    }
    EXPECT_TRUE(done(picture, "saturation", {{"factor", 1}}).equal(picture));
  });
}

TEST(Grayscale, IsTheLumaInAllChannels) {
  on_each_form(9, 13, [](const torch::Tensor& picture) {
    const torch::Tensor colours = colours_of(picture).to(torch::kDouble);
    EXPECT_TRUE(has_colours(done(picture, "grayscale"), picture, luma_of(colours).expand_as(colours)));
  });
}

TEST(Hue, TurnsRedIntoGreenIntoBlue) {
  const torch::Tensor red = one_pixel({1, 0, 0}), green = one_pixel({0, 1, 0}), cyan = one_pixel({0, 1, 1});
  EXPECT_LT(largest_gap(done(red, "hue", {{"turn", 1. / 3}}), green), 1e-5);
  EXPECT_LT(largest_gap(done(green, "hue", {{"turn", -1. / 3}}), red), 1e-5);
  EXPECT_LT(largest_gap(done(red, "hue", {{"turn", 0.5}}), cyan), 1e-5);
  EXPECT_LT(largest_gap(done(red, "hue", {{"turn", -0.5}}), cyan), 1e-5);
  const auto bytes = [](const torch::Tensor& picture) { return (picture * 255).to(torch::kByte); };
  EXPECT_LE(largest_gap(done(bytes(red), "hue", {{"turn", 1. / 3}}), bytes(green)), 3);  // 256 hues
  EXPECT_LE(largest_gap(done(bytes(red), "hue", {{"turn", -0.5}}), bytes(cyan)), 3);
}

TEST(Hue, KeepsTheLargestAndSmallestValueOfAPixel) {
  const torch::Tensor picture = noise_picture(3, 20, 20, torch::kFloat);
  const torch::Tensor result = done(picture, "hue", {{"turn", 0.21}});
  EXPECT_LT(largest_gap(result.amax(0), picture.amax(0)), 1e-5);
  EXPECT_LT(largest_gap(result.amin(0), picture.amin(0)), 1e-5);
  EXPECT_GT(largest_gap(result, picture), 0.5);
  EXPECT_TRUE(done(picture, "hue", {{"turn", 0}}).equal(picture));
}

TEST(Colours, LeaveGreyPicturesGrey) {
  for (const torch::ScalarType type : {torch::kByte, torch::kFloat}) {
    const torch::Tensor picture = noise_picture(1, 9, 9, type);
    EXPECT_TRUE(done(picture, "hue", {{"turn", 0.3}}).equal(picture));
    EXPECT_TRUE(done(picture, "saturation", {{"factor", 2}}).equal(picture));
    EXPECT_TRUE(done(picture, "grayscale").equal(picture));
  }
}

TEST(ColourJitter, IsItsFourPartsOneAfterTheOther) {
  on_each_form(11, 8, [](const torch::Tensor& picture) {
    EXPECT_TRUE(done(picture, "colour-jitter").equal(picture));
    const torch::Tensor parts =
        replay({step_of("brightness", {{"factor", 1.3}}), step_of("contrast", {{"factor", 0.7}}),
                step_of("saturation", {{"factor", 1.6}}), step_of("hue", {{"turn", 0.1}})},
               picture);
    const torch::Tensor whole =
        done(picture, "colour-jitter",
             {{"brightness", 1.3}, {"contrast", 0.7}, {"saturation", 1.6}, {"hue", 0.1}});
    EXPECT_TRUE(whole.equal(parts));
  });
}

TEST(Gamma, IsThePower) {
  on_each_form(9, 13, [](const torch::Tensor& picture) {
    const torch::Tensor share = colours_of(picture).to(torch::kDouble) / white_of(picture);
    for (const double gamma : {0.5, 1., 2.2}) {
      const torch::Tensor result = done(picture, "gamma", {{"gamma", gamma}});
      EXPECT_TRUE(has_colours(result, picture, share.pow(gamma) * white_of(picture))) << gamma;
    }
    EXPECT_TRUE(done(picture, "gamma", {{"gamma", 1}}).equal(picture));
  });
  const torch::Tensor quarter = one_pixel({0.25});
  EXPECT_FLOAT_EQ(done(quarter, "gamma", {{"gamma", 0.5}}).item<float>(), 0.5F);
}

TEST(Invert, IsTheNegativeAndTwiceTheIdentity) {
  on_each_form(9, 13, [](const torch::Tensor& picture) {
    const torch::Tensor colours = colours_of(picture).to(torch::kDouble);
    EXPECT_TRUE(has_colours(done(picture, "invert"), picture, white_of(picture) - colours, 0));
    EXPECT_LT(largest_gap(replay({step_of("invert"), step_of("invert")}, picture), picture), 1e-6);
  });
}

TEST(Colours, OutsideOfTheUnitRangeAreClamped) {
  const torch::Tensor picture = one_pixel({-0.5, 0.5, 1.5});
  for (const char* name : {"brightness", "contrast", "saturation", "gamma", "invert", "autocontrast"}) {
    const torch::Tensor result = done(picture, name);
    EXPECT_GE(result.min().item<float>(), 0) << name;
    EXPECT_LE(result.max().item<float>(), 1) << name;
  }
}

}  // namespace
}  // namespace fathom::augment
