#include "fathom/explain/faithfulness/sensitivity.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/explain/attribution/random_attribution.hpp"

namespace fathom::explain {
namespace {

Attribution constant(const torch::Tensor& x) { return attribution_of(torch::ones_like(x[0])); }
Attribution the_image_itself(const torch::Tensor& x) { return attribution_of(x[0]); }

double measured(const AttributionFunction& method, const torch::Tensor& image,
                const SensitivityOptions& options = {}, std::uint64_t seed = 0) {
  return sensitivity(method, image, method(image), options, make_generator(seed));
}

TEST(Sensitivity, OfAConstantMapIsZero) { EXPECT_EQ(measured(constant, torch::rand({1, 3, 5, 5})), 0); }

TEST(Sensitivity, OfTheImageItselfIsItsNoise) {
  // One pixel of 0.5: the map moves by |noise| <= 0.1, so relative to 0.5 by at most 0.2; the largest of 500
  // uniform draws is above 0.99 of the radius but for a chance of 0.99^500 < 1 %.
  const torch::Tensor pixel = torch::full({1, 1, 1, 1}, 0.5F);
  const double s = measured(the_image_itself, pixel, {.radius = 0.1, .perturbations = 500});
  EXPECT_LE(s, 0.2 + 1e-6);
  EXPECT_GE(s, 0.99 * 0.2);
}

TEST(Sensitivity, PerturbedPicturesStayPicturesInTheBall) {
  const torch::Tensor image = torch::tensor({0.F, 0.01F, 0.5F, 1.F}).view({1, 1, 2, 2});
  int calls = 0;
  const AttributionFunction check = [&](const torch::Tensor& x) {
    ++calls;
    EXPECT_GE(x.min().item<float>(), 0);
    EXPECT_LE(x.max().item<float>(), 1);
    EXPECT_LE((x - image).abs().max().item<float>(), 0.05F + 1e-6F);
    return constant(x);
  };
  measured(check, image, {.radius = 0.05, .perturbations = 7});
  EXPECT_EQ(calls, 8);  // and once for the image
}

TEST(Sensitivity, DoesNotDependOnTheMapsUnit) {
  const torch::Tensor image = torch::rand({1, 2, 4, 4});
  const AttributionFunction larger = [](const torch::Tensor& x) { return attribution_of(1000 * x[0]); };
  EXPECT_NEAR(measured(larger, image, {}, 4), measured(the_image_itself, image, {}, 4), 1e-5);
}

TEST(Sensitivity, OfRandomAttributionIsTheFloor) {
  const torch::Generator generator = make_generator(1);
  const AttributionFunction random = [&](const torch::Tensor& x) { return random_attribution(x, generator); };
  // Two independent maps are sqrt(2) of a map's norm apart.
  EXPECT_NEAR(measured(random, torch::rand({1, 1, 40, 40})), std::sqrt(2), 0.15);
}

TEST(Sensitivity, OfAMapOfZerosIsZeroOrInfinite) {
  const torch::Tensor image = torch::zeros({1, 1, 3, 3});
  EXPECT_EQ(measured(the_image_itself, image), HUGE_VAL);
  const AttributionFunction nothing = [](const torch::Tensor& x) { return attribution_of(0 * x[0]); };
  EXPECT_EQ(measured(nothing, image), 0);
}

TEST(Sensitivity, RefusesOptionsOutOfRange) {
  const torch::Tensor image = torch::rand({1, 1, 4, 4});
  EXPECT_THROW(measured(constant, image, {.radius = 0}), InvalidArgument);
  EXPECT_THROW(measured(constant, image, {.radius = 2}), InvalidArgument);
  EXPECT_THROW(measured(constant, image, {.perturbations = 0}), InvalidArgument);
  EXPECT_THROW(measured(constant, image[0]), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
