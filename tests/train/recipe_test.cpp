#include "fathom/train/recipe.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"

namespace fathom::train {
namespace {

data::ImageSet set_of(const std::string& name, std::int64_t images, std::int64_t channels,
                      std::int64_t side) {
  return {torch::zeros({1, channels, side, side}, torch::kByte).expand({images, -1, -1, -1}),
          torch::zeros({images}, torch::kLong), std::vector<std::string>(10, "thing"), name};
}

TEST(Recipe, EveryKindFitsEverySet) {
  const data::ImageSet sets[] = {set_of("mnist", 60000, 1, 28),   set_of("fashion-mnist", 60000, 1, 28),
                                 set_of("cifar10", 50000, 3, 32), set_of("folder:tiny", 30, 3, 2),
                                 set_of("folder:pixel", 3, 1, 1), set_of("folder:photographs", 400, 3, 224)};
  for (const data::ImageSet& set : sets)
    for (const std::string& kind : models::kinds()) {
      const Recipe r = recipe(kind, set);
      EXPECT_NO_THROW(models::validate(r.architecture)) << kind << " " << set.name;
      EXPECT_NO_THROW(validate(r.options)) << kind << " " << set.name;
      EXPECT_EQ(models::kind(r.architecture), kind);
      EXPECT_EQ(models::classes_of(r.architecture), 10);
      EXPECT_EQ(models::input_of(r.architecture).height, set.images.size(2));
      EXPECT_EQ(models::input_of(r.architecture).channels, set.images.size(1));
      EXPECT_LE(r.options.batch_size, set.size());
    }
}

TEST(Recipe, TheCnnDeepensWithThePicture) {
  const auto blocks = [](const data::ImageSet& set) {
    return std::get<models::CnnOptions>(recipe("cnn", set).architecture).blocks;
  };
  const std::vector<std::int64_t> usual = blocks(set_of("cifar10", 50000, 3, 32));
  ASSERT_EQ(usual.size(), 3U);
  EXPECT_EQ(blocks(set_of("fashion-mnist", 60000, 1, 28)).size(), 2U);
  EXPECT_EQ(blocks(set_of("folder:tiny", 30, 3, 2)), (std::vector<std::int64_t>{usual[0]}));
  EXPECT_EQ(blocks(set_of("folder:large", 30, 3, 100)),
            (std::vector<std::int64_t>{usual[0], usual[1], usual[2], usual[2]}));
}

TEST(Recipe, RefusesAnUnknownKind) {
  EXPECT_THROW(recipe("cnm", set_of("mnist", 10, 1, 28)), InvalidArgument);
}

TEST(Recipe, ItsBatchFitsWhatIsLeftAfterTheHoldOut) {
  const auto fitted = [](std::int64_t batch_size, std::int64_t images, double validation) {
    TrainOptions options{.batch_size = batch_size, .validation = validation};
    fit_batch_size(options, images);
    return options.batch_size;
  };
  EXPECT_EQ(fitted(8, 12, 0.5), 6);
  EXPECT_EQ(fitted(8, 12, 0), 8);
  EXPECT_EQ(fitted(128, 100, 0), 100);
  EXPECT_EQ(fitted(128, 60000, 0.1), 128);
}

}  // namespace
}  // namespace fathom::train
