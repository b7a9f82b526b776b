/// What the sheets that explain an answer show beside the maps.
#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "fathom/data/catalog.hpp"
#include "fathom/image/picture.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

/// Where `part` lies in `sheet`, both uint8 [3, H, W]: {y, x}, or nothing. Only places in which the first row
/// and column of the part fit are compared.
std::optional<std::pair<std::int64_t, std::int64_t>> place_in(const torch::Tensor& sheet,
                                                              const torch::Tensor& part) {
  const std::int64_t h = part.size(1), w = part.size(2);
  // A few pixels along the diagonal tell nearly all places apart.
  torch::Tensor fits = torch::ones({sheet.size(1) - h + 1, sheet.size(2) - w + 1}, torch::kBool);
  for (std::int64_t i = 0; i < 12; ++i) {
    const std::int64_t y = i * (h - 1) / 11, x = (i * 5 % 12) * (w - 1) / 11;
    const torch::Tensor there =
        sheet.slice(1, y, y + sheet.size(1) - h + 1).slice(2, x, x + sheet.size(2) - w + 1);
    fits = fits & (there == part.slice(1, y, y + 1).slice(2, x, x + 1)).all(0);
  }
  const torch::Tensor places = fits.nonzero();
  for (std::int64_t i = 0; i < places.size(0); ++i) {
    const std::int64_t y = places[i][0].item<std::int64_t>(), x = places[i][1].item<std::int64_t>();
    if (sheet.slice(1, y, y + h).slice(2, x, x + w).equal(part)) return std::pair{y, x};
  }
  return {};
}

/// Lines of words in a part of a sheet: rows with ink, apart from each other.
int lines_in(const torch::Tensor& part) {
  const torch::Tensor inked = std::get<0>(std::get<0>(part.min(0)).min(1)) < 200;
  int lines = 0;
  for (std::int64_t y = 0; y < inked.size(0); ++y)
    lines += inked[y].item<bool>() && (y == 0 || !inked[y - 1].item<bool>()) ? 1 : 0;
  return lines;
}

class SheetPrograms : public testing::Test {
 protected:
  torch::Tensor sheet_of(const std::string& command) const {
    const std::string out = (folder_.path() / "out.png").string();
    const Outcome outcome = run_program(command.substr(0, command.find(' ')),
                                        command.substr(command.find(' ') + 1) + " -o " + out);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return image::read_picture(out);
  }
  /// Test picture 0 of Fashion-MNIST, every pixel as a square of this side.
  static torch::Tensor enlarged(std::int64_t factor) {
    const data::ImageSet set =
        data::load("fashion-mnist", data::Split::test, {data::search_directories({}), {}});
    return image::to_rgb(
        image::resize(set.images[0].contiguous(), {28 * factor, 28 * factor}, /*pixelated=*/true));
  }

  const std::string model_ = "--model " FATHOM_SOURCE "/models/fashion-cnn.pt --image fashion-mnist:test:0";
  TemporaryFolder folder_;
};

TEST_F(SheetPrograms, OcclusionShowsTheInputAndTheThreeMostProbableClasses) {
  const torch::Tensor sheet = sheet_of("occlusion " + model_);
  const auto picture = place_in(sheet, enlarged(12)), input = place_in(sheet, enlarged(6));
  ASSERT_TRUE(picture && input);
  EXPECT_GT(input->second, picture->second + 336);
  EXPECT_EQ(input->first + 168, picture->first + 336);  // on one line
  const auto below = [&](std::int64_t left, std::int64_t right) {
    return lines_in(sheet.slice(1, picture->first + 336 + 2).slice(2, left, right));
  };
  EXPECT_EQ(below(picture->second, picture->second + 336), 3);
  EXPECT_EQ(below(input->second, input->second + 168), 2);
}

TEST_F(SheetPrograms, AClassThatIsNotAmongTheThreeIsTheFourth) {
  // Nobody takes an ankle boot for a dress.
  const torch::Tensor sheet = sheet_of("occlusion " + model_ + " --target Dress");
  const auto picture = place_in(sheet, enlarged(12));
  ASSERT_TRUE(picture);
  EXPECT_EQ(lines_in(sheet.slice(1, picture->first + 338).slice(2, picture->second, picture->second + 336)),
            4);
}

TEST_F(SheetPrograms, TheMapsOfAllTargetsStandBesideTheInput) {
  EXPECT_TRUE(place_in(sheet_of("occlusion " + model_ + " --all-targets"), enlarged(6)));
}

TEST_F(SheetPrograms, AttributionShowsTheInputInEveryRow) {
  const torch::Tensor sheet = sheet_of("attribution " + model_ + " --method saliency,occlusion");
  const auto picture = place_in(sheet, enlarged(12)), input = place_in(sheet, enlarged(6));
  ASSERT_TRUE(picture && input);
  EXPECT_GT(input->second, picture->second + 336);
  // The picture's name, and three classes.
  EXPECT_EQ(lines_in(sheet.slice(1, picture->first + 338).slice(2, picture->second, picture->second + 336)),
            4);
}

}  // namespace
}  // namespace fathom
