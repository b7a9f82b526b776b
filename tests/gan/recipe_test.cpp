#include "fathom/gan/recipe.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>

namespace fathom::gan {
namespace {

data::ImageSet set_of(std::vector<std::string> classes) {
  return {torch::zeros({4, 3, 8, 12}, torch::kByte), torch::zeros({4}, torch::kLong), std::move(classes),
          "small"};
}

const DcganOptions& networks(const GanRecipe& recipe) { return std::get<DcganOptions>(recipe.architecture); }

TEST(GanRecipe, TakesTheImageAndTheClassesFromTheSet) {
  const GanRecipe recipe = gan_recipe(set_of({"a", "b", "c"}));
  EXPECT_EQ(networks(recipe).image.channels, 3);
  EXPECT_EQ(networks(recipe).image.height, 8);
  EXPECT_EQ(networks(recipe).image.width, 12);
  EXPECT_EQ(networks(recipe).classes, 3);
  EXPECT_EQ(networks(gan_recipe(set_of({"a", "b"}), GanLoss::non_saturating, false)).classes, 0);
  EXPECT_EQ(networks(gan_recipe(set_of({"a"}))).classes, 0);  // there is nothing to ask for
}

TEST(GanRecipe, GivesEachLossWhatItNeeds) {
  const data::ImageSet set = set_of({"a", "b"});
  const GanRecipe ns = gan_recipe(set), hinge = gan_recipe(set, GanLoss::hinge),
                  wasserstein = gan_recipe(set, GanLoss::wasserstein);
  EXPECT_TRUE(networks(ns).batch_norm);
  EXPECT_FALSE(networks(ns).spectral_norm);
  EXPECT_DOUBLE_EQ(ns.options.discriminator_rate, ns.options.generator_rate / 8);
  EXPECT_DOUBLE_EQ(hinge.options.discriminator_rate, hinge.options.generator_rate);
  EXPECT_FALSE(networks(hinge).batch_norm);
  EXPECT_TRUE(networks(hinge).spectral_norm);
  EXPECT_FALSE(networks(wasserstein).batch_norm);  // the penalty is of one sample at a time
  EXPECT_EQ(wasserstein.options.discriminator_steps, 5);
  for (const GanRecipe& recipe : {ns, hinge, wasserstein, point_gan_recipe()}) {
    EXPECT_NO_THROW(validate(recipe.options));
    EXPECT_NO_THROW(validate(recipe.architecture));
  }
}

}  // namespace
}  // namespace fathom::gan
