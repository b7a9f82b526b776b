/// Perspective, elastic and grid distortion: tests of the kinds in fathom/augment/operations/warp.cpp.
#include <opencv2/imgproc.hpp>

#include "augment/pictures.hpp"

namespace fathom::augment {
namespace {

TEST(Warps, WithoutStrengthAreTheIdentity) {
  for (const auto& [height, width] : {std::pair{20, 33}, {1, 1}, {1, 17}, {300, 2}})
    on_each_form(height, width, [](const torch::Tensor& picture) {
      for (const char* name : {"perspective", "elastic", "grid-distortion"})
        for (const double border : {0., 1., 2., 3.})
          EXPECT_TRUE(done(picture, name, {{"border", border}}).equal(picture))
              << name << ", border " << border;
    });
}

TEST(Perspective, TakesTheCornersWhereItSays) {
  on_each_form(20, 30, [](const torch::Tensor& picture) {
    const torch::Tensor result = done(picture, "perspective",
                                      {{"distortion", 0.4},
                                       {"top-left-x", 1},
                                       {"top-left-y", 0.5},
                                       {"top-right-x", 0},
                                       {"top-right-y", 0},
                                       {"bottom-right-x", 0.25},
                                       {"bottom-right-y", 0},
                                       {"bottom-left-x", 0},
                                       {"bottom-left-y", 1},
                                       {"fill", 0}});
    // Of at most 0.2 of each side: 6 pixels across, 4 down.
    const cv::Point2f corners[] = {{-0.5F, -0.5F}, {29.5F, -0.5F}, {29.5F, 19.5F}, {-0.5F, 19.5F}};
    const cv::Point2f targets[] = {{5.5F, 1.5F}, {29.5F, -0.5F}, {28.F, 19.5F}, {-0.5F, 15.5F}};
    cv::Mat expected;
    cv::warpPerspective(mat_of(picture), expected, cv::getPerspectiveTransform(corners, targets), {30, 20},
                        cv::INTER_LINEAR, cv::BORDER_CONSTANT);
    // Corners as floats may differ in the last place, and a place read by 1/32 of a pixel.
    const torch::Tensor gap = (result.to(torch::kDouble) - tensor_of(expected).to(torch::kDouble)).abs();
    EXPECT_LT(gap.mean().item<double>(), 0.001 * white_of(picture));
  });
}

TEST(Perspective, AllCornersToTheMiddleMakesItSmaller) {
  // Half the reach of 0.5: every corner a quarter inward, so that the picture fills the middle half.
  std::vector<std::pair<std::string, double>> values{{"distortion", 0.5}};
  for (const Parameter& p : operation_kind("perspective").parameters)
    if (p.name.ends_with("-x") || p.name.ends_with("-y")) values.emplace_back(p.name, 1);
  const torch::Tensor result = done(torch::full({1, 16, 16}, 255, torch::kByte), "perspective", values);
  EXPECT_EQ(result.narrow(1, 5, 6).narrow(2, 5, 6).min().item<int>(), 255);
  EXPECT_EQ(result.narrow(1, 0, 3).max().item<int>(), 0);
  EXPECT_EQ(result.narrow(2, 13, 3).max().item<int>(), 0);
}

TEST(Elastic, FollowsFromItsNoise) {
  const torch::Tensor picture = noise_picture(3, 40, 50);
  const auto made = [&](double noise) {
    return done(picture, "elastic", {{"alpha", 0.05}, {"noise", noise}});
  };
  EXPECT_TRUE(made(5).equal(made(5)));
  EXPECT_FALSE(made(5).equal(made(6)));
  EXPECT_FALSE(made(5).equal(picture));
}

TEST(Elastic, AlphaIsTheDeviationOfTheDisplacement) {
  // On a slope of 1 per pixel the result minus the picture is the displacement.
  const torch::Tensor across = torch::arange(200).to(torch::kFloat).expand({1, 200, 200}).contiguous();
  for (const torch::Tensor& slope : {across, across.transpose(1, 2).contiguous()}) {
    const torch::Tensor result =
        done(slope, "elastic", {{"alpha", 0.01}, {"sigma", 0.03}, {"border", 2}, {"noise", 3}});
    const torch::Tensor gap = (result - slope).narrow(1, 20, 160).narrow(2, 20, 160);
    EXPECT_NEAR(gap.std().item<double>(), 2, 0.3);
    EXPECT_NEAR(gap.mean().item<double>(), 0, 0.4);
  }
}

TEST(GridDistortion, KeepsRowsAndColumnsStraightAndInOrder) {
  const torch::Tensor across = torch::arange(100).to(torch::kFloat).expand({1, 60, 100}).contiguous();
  const torch::Tensor result =
      done(across, "grid-distortion", {{"distortion", 0.8}, {"border", 2}, {"noise", 4}});
  EXPECT_LT(largest_gap(result, result.narrow(1, 0, 1).expand_as(result)), 1e-4);
  const torch::Tensor row = result[0][0];
  EXPECT_TRUE((row.narrow(0, 1, 99) >= row.narrow(0, 0, 99)).all().item<bool>());
  EXPECT_LT(row[0].item<double>(), 2);
  EXPECT_GT(row[99].item<double>(), 97);
  EXPECT_GT(largest_gap(result, across), 2);
}

TEST(Warps, OfOneColourStayThatColour) {
  for (const torch::ScalarType type : {torch::kByte, torch::kFloat}) {
    const torch::Tensor picture =
        type == torch::kByte ? torch::full({3, 30, 40}, 77, type) : torch::full({3, 30, 40}, 0.3, type);
    for (const char* name : {"elastic", "grid-distortion"}) {
      const torch::Tensor result = replay({at_magnitude(operation_kind(name), 1)}, picture);
      EXPECT_LT(largest_gap(result, picture), 1e-6) << name;
    }
  }
}

}  // namespace
}  // namespace fathom::augment
