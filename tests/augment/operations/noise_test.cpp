/// Noise and JPEG: tests of the kinds in fathom/augment/operations/noise.cpp.
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "augment/pictures.hpp"

namespace fathom::augment {
namespace {

/// Mid-grey, where noise meets no end of the range.
torch::Tensor middle_grey(std::int64_t channels, torch::ScalarType type) {
  return torch::full({channels, 100, 100}, type == torch::kByte ? 128 : 128 / 255., type);
}

TEST(GaussianNoise, HasTheDeviationAskedForAndNoMean) {
  for (const torch::ScalarType type : {torch::kByte, torch::kFloat})
    for (const std::int64_t channels : {1, 3, 4}) {
      const torch::Tensor picture = middle_grey(channels, type);
      const torch::Tensor result = done(picture, "gaussian-noise", {{"deviation", 0.05}, {"noise", 4}});
      const torch::Tensor gap =
          (colours_of(result).to(torch::kDouble) - colours_of(picture).to(torch::kDouble)) /
          white_of(picture);
      EXPECT_NEAR(gap.std().item<double>(), 0.05, 0.002);
      EXPECT_NEAR(gap.mean().item<double>(), 0, 0.002);
      if (channels > 1) {
        EXPECT_FALSE(gap[0].equal(gap[1])) << "channels have noise of their own";
      }
      if (channels == 4) {
        EXPECT_TRUE(result[3].equal(picture[3]));
      }
    }
}

TEST(Noise, FollowsFromItsSeed) {
  const torch::Tensor picture = middle_grey(3, torch::kByte);
  for (const char* name : {"gaussian-noise", "salt-and-pepper"}) {
    const std::string strength = name[0] == 'g' ? "deviation" : "amount";
    const auto made = [&](double noise) { return done(picture, name, {{strength, 0.1}, {"noise", noise}}); };
    EXPECT_TRUE(made(9).equal(made(9))) << name;
    EXPECT_FALSE(made(9).equal(made(10))) << name;
    EXPECT_FALSE(made(0).equal(made(4294967295.))) << name;
    EXPECT_TRUE(done(picture, name, {{strength, 0}, {"noise", 3}}).equal(picture)) << name;
  }
}

TEST(SaltAndPepper, TurnsThatShareOfThePixelsBlackOrWhite) {
  on_each_form(1, 1, [](const torch::Tensor& form) {
    const torch::Tensor picture = middle_grey(form.size(0), form.scalar_type());
    const torch::Tensor result =
        done(picture, "salt-and-pepper", {{"amount", 0.2}, {"salt", 0.25}, {"noise", 1}});
    const torch::Tensor colours = colours_of(result);
    const double white = colours.eq(white_of(picture)).all(0).sum().item<double>() / 10'000;
    const double black = colours.eq(0).all(0).sum().item<double>() / 10'000;
    EXPECT_NEAR(white, 0.05, 0.008);
    EXPECT_NEAR(black, 0.15, 0.012);
    const double same = colours.eq(colours_of(picture)).all(0).sum().item<double>() / 10'000;
    EXPECT_NEAR(white + black + same, 1, 1e-9) << "a pixel turns in all channels";
    if (result.size(0) == 4) {
      EXPECT_TRUE(result[3].equal(picture[3]));
    }
  });
  EXPECT_EQ(
      done(middle_grey(3, torch::kByte), "salt-and-pepper", {{"amount", 1}, {"salt", 1}}).min().item<int>(),
      255);
}

TEST(Jpeg, IsWhatOpenCVWritesAndReads) {
  const torch::Tensor colour = noise_picture(3, 33, 40), grey = noise_picture(1, 33, 40);
  for (const int quality : {0, 30, 100}) {
    std::vector<uchar> bytes;
    cv::Mat blue_first;
    cv::cvtColor(mat_of(colour), blue_first, cv::COLOR_RGB2BGR);
    cv::imencode(".jpg", blue_first, bytes, {cv::IMWRITE_JPEG_QUALITY, quality});
    cv::Mat expected;
    cv::cvtColor(cv::imdecode(bytes, cv::IMREAD_COLOR), expected, cv::COLOR_BGR2RGB);
    const std::vector<std::pair<std::string, double>> values{{"quality", quality}};
    EXPECT_TRUE(done(colour, "jpeg", values).equal(tensor_of(expected)));
    EXPECT_LT(largest_gap(done(colour.to(torch::kFloat) / 255, "jpeg", values) * 255, tensor_of(expected)),
              1e-3);

    cv::imencode(".jpg", mat_of(grey), bytes, {cv::IMWRITE_JPEG_QUALITY, quality});
    EXPECT_TRUE(done(grey, "jpeg", values).equal(tensor_of(cv::imdecode(bytes, cv::IMREAD_GRAYSCALE))));
  }
}

TEST(Jpeg, KeepsOneColourAndOpacity) {
  torch::Tensor picture = torch::full({4, 20, 20}, 120, torch::kByte);
  picture[3] = noise_picture(1, 20, 20)[0];
  const torch::Tensor result = done(picture, "jpeg", {{"quality", 50}});
  EXPECT_LE(largest_gap(colours_of(result), colours_of(picture)), 2);
  EXPECT_TRUE(result[3].equal(picture[3]));
}

}  // namespace
}  // namespace fathom::augment
