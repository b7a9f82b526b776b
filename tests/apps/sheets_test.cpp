/// What the sheets that explain an answer show beside the maps.
#include <gtest/gtest.h>
#include <torch/script.h>

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "fathom/data/catalog.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/npy.hpp"
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

/// Words as sheets draw them at their usual size, cut to their ink.
torch::Tensor words(const std::string& text, bool is_title) {
  draw::Panel panel{torch::full({3, 4, 600}, 255, torch::kByte), "", {}};
  if (is_title)
    panel.title = text;
  else
    panel.captions = {text};
  const torch::Tensor picture = draw::sheet({panel});
  const torch::Tensor ink = picture.amin(0) < 255;
  const torch::Tensor rows = ink.any(1).nonzero().flatten(), columns = ink.any(0).nonzero().flatten();
  return picture.slice(1, rows[0].item<std::int64_t>(), rows[-1].item<std::int64_t>() + 1)
      .slice(2, columns[0].item<std::int64_t>(), columns[-1].item<std::int64_t>() + 1)
      .contiguous();
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
  const torch::Tensor sheet = sheet_of("occlusion " + model_ + " --all-targets");
  EXPECT_TRUE(place_in(sheet, enlarged(6)));
  EXPECT_TRUE(place_in(sheet, words("Ankle boot (predicted)", true)));
  EXPECT_FALSE(place_in(sheet, words("Sandal (predicted)", true)));
  // One bar for all maps, at the right: 104 and 16 pixels beside four panels.
  EXPECT_LT(sheet.size(2), 4 * 336 + 5 * 16 + 104 + 16 + 1);
}

TEST_F(SheetPrograms, OcclusionNamesTheEvidenceForAndAgainst) {
  const std::string out = (folder_.path() / "out.png").string();
  const Outcome outcome = run_program("occlusion", model_ + " --json -o " + out);
  EXPECT_NE(outcome.err.find("strongest evidence for:     x "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("strongest evidence against: x "), std::string::npos) << outcome.err;
  const nlohmann::json json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("most_important").at("meaning"), "strongest evidence for");
  EXPECT_EQ(json.at("least_important").at("meaning"), "strongest evidence against");
  const torch::Tensor sheet = image::read_picture(out);
  EXPECT_TRUE(place_in(sheet, words("strongest evidence for, covered", true)));
  EXPECT_TRUE(place_in(sheet, words("strongest evidence against, covered", true)));
}

/// The window is less than a pixel of the display then.
TEST_F(SheetPrograms, VeryNarrowPicturesAreDrawn) {
  const std::string picture = (folder_.path() / "narrow.png").string();
  for (const auto& [height, width] : {std::pair{2000, 3}, {20000, 1}, {1, 20000}, {1, 1}}) {
    image::write_picture(picture, torch::full({1, height, width}, 90, torch::kByte));
    for (const char* program : {"occlusion", "attribution --method saliency"}) {
      const torch::Tensor sheet = sheet_of(std::string(program) + " --model fashion-cnn --image " + picture);
      EXPECT_LT(std::max(sheet.size(1), sheet.size(2)), 2500) << program << ' ' << height << 'x' << width;
    }
  }
}

TEST_F(SheetPrograms, CroppedAndInvertedPicturesAreSaidToBe) {
  image::write_picture(folder_.path() / "wide.png", torch::full({1, 28, 60}, 40, torch::kByte));
  const std::string command =
      "occlusion --model fashion-cnn --image " + (folder_.path() / "wide.png").string();
  // Titles over a square have their usual size.
  image::write_picture(folder_.path() / "square.png", torch::full({1, 28, 28}, 40, torch::kByte));
  EXPECT_TRUE(
      place_in(sheet_of("occlusion --model fashion-cnn --image " + (folder_.path() / "square.png").string()),
               words("square.png", true)));
  EXPECT_TRUE(place_in(sheet_of(command + " --fit crop"), words("wide.png (cropped)", true)));
  EXPECT_TRUE(
      place_in(sheet_of(command + " --crop 28 --invert"), words("wide.png (cropped, inverted)", true)));
}

/// A score of one pixel, almost: its gradient is 100 there and a mean's everywhere else.
TEST_F(SheetPrograms, SinglePixelsDoNotSetTheScaleAndRoundedProbabilitiesAreSaid) {
  torch::jit::Module program("pixel");
  program.define(
      "def forward(self, x):\n    m = x.mean([1, 2, 3])\n    return torch.stack([100 * x[:, 0, 0, 0] + m, "
      "-m], 1)\n");
  const std::string model = (folder_.path() / "pixel.pt").string(),
                    picture = (folder_.path() / "white.png").string(),
                    map = (folder_.path() / "map.npy").string(), out = (folder_.path() / "out.png").string();
  program.save(model);
  image::write_picture(picture, torch::full({1, 16, 16}, 250, torch::kByte));
  const std::string flags =
      "--model " + model + " --input-size 16 --channels grey --image " + picture + " -o " + out;
  const Outcome maps = run_program("attribution", flags + " --method saliency --map " + map);
  ASSERT_EQ(maps.status, 0) << maps.err;
  EXPECT_TRUE(place_in(image::read_picture(out), words("full colour = 0.0039", false)));  // 1 / 256
  EXPECT_TRUE(place_in(image::read_picture(out), words("clipped at the 99th percentile", false)));
  EXPECT_GT(io::read_npy(map).max().item<float>(), 99);
  for (const std::string& err : {maps.err, run_program("occlusion", flags).err})
    EXPECT_NE(err.find("the probability of the explained class ('class 0') is rounded to 1:"),
              std::string::npos)
        << err;
}

TEST_F(SheetPrograms, TheSheetOfMistakesHasATitleAndNamesTheClassesOfPairs) {
  const std::string out = (folder_.path() / "out.png").string();
  const Outcome outcome = run_program("evaluate", "--model fashion-cnn --json --mistakes " + out);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const nlohmann::json pair = nlohmann::json::parse(outcome.out).at("confused_pairs").at(0);
  const torch::Tensor sheet = image::read_picture(out);
  const std::string count = std::to_string(pair.at("images").get<int>()) + " of 1,000 ";
  EXPECT_TRUE(place_in(sheet, words(count + pair.at("true_class").get<std::string>(), false))) << pair;
  // The title ends before row 40. Below it is the margin of the sheet of pictures.
  EXPECT_EQ(lines_in(sheet.slice(1, 0, 40)), 1);
  EXPECT_EQ(lines_in(sheet.slice(1, 40, 62)), 0);
}

TEST_F(SheetPrograms, PredictSaysWhetherPredictionsOfASetAreRight) {
  const Outcome outcome = run_program(
      "predict", "--quiet --model fashion-cnn --image fashion-mnist:test:0,fashion-mnist:test:23");
  EXPECT_NE(outcome.out.find("; true class: Ankle boot (right)\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("; true class: Ankle boot (wrong)\n"), std::string::npos) << outcome.out;
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

TEST_F(SheetPrograms, ASheetSaysWhetherThePredictionIsRight) {
  const std::string model = "--model fashion-cnn --image fashion-mnist:test:";  // 0 is right, 23 is a sandal
  EXPECT_TRUE(place_in(sheet_of("occlusion " + model + "0"), words("true class: Ankle boot (right)", true)));
  const torch::Tensor rows =
      sheet_of("attribution " + model + "0," + "fashion-mnist:test:23 --method saliency");
  EXPECT_TRUE(place_in(rows, words("true class: Ankle boot (right)", false)));
  EXPECT_TRUE(place_in(rows, words("true class: Ankle boot (wrong)", false)));
}

TEST_F(SheetPrograms, AClassThatTheModelDoesNotHaveIsANote) {
  const std::string out = (folder_.path() / "out.png").string();
  const Outcome outcome =
      run_program("occlusion", "--model mnist-mlp --image fashion-mnist:test:0 --json -o " + out);
  const nlohmann::json json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("true_class"), "Ankle boot");
  EXPECT_NE(json.at("notes").dump().find("the true class 'Ankle boot' is not one of the model's classes"),
            std::string::npos)
      << json.at("notes");
}

TEST_F(SheetPrograms, FilesOfOneNameAreShownWithTheirFolders) {
  std::string images;
  for (const std::string name : {"pets/cat/1.png", "pets/dog/1.png", "pets/dog/2.png"}) {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    image::write_picture(folder_.path() / name, torch::full({1, 28, 28}, 40, torch::kByte));
    images += " " + (folder_.path() / name).string();
  }
  const torch::Tensor sheet = sheet_of("attribution --model fashion-cnn --method saliency --image" + images);
  for (const char* name : {"cat/1.png", "dog/1.png", "2.png"})
    EXPECT_TRUE(place_in(sheet, words(name, false)));
  EXPECT_FALSE(place_in(sheet, words("dog/2.png", false)));
  const torch::Tensor predicted = sheet_of("predict --model fashion-cnn --image" + images);
  for (const char* name : {"cat/1.png", "dog/1.png", "2.png"})
    EXPECT_TRUE(place_in(predicted, words(name, false))) << name;
}

TEST_F(SheetPrograms, TheTitleOfAMapIsCentredOverTheMap) {
  const torch::Tensor sheet = sheet_of("occlusion " + model_), title = words("evidence for Ankle boot", true);
  const auto input = place_in(sheet, enlarged(6)), at = place_in(sheet, title);
  ASSERT_TRUE(input && at);
  // The map is the next panel, 16 pixels further.
  EXPECT_NEAR(at->second + title.size(2) / 2, input->second + 168 + 16 + 336 / 2, 2);
}

TEST_F(SheetPrograms, AMapOfOneValueIsSaid) {
  const Outcome one =
      run_program("occlusion", model_ + " --window 28 --json -o " + (folder_.path() / "out.png").string());
  EXPECT_NE(one.err.find(" everywhere: one window covers the whole picture; a smaller --window"),
            std::string::npos)
      << one.err;
  EXPECT_NE(one.err.find("; 1 window of 28x28 pixels of the 28x28 input"), std::string::npos) << one.err;
  // Black covered with black.
  const std::string black = (folder_.path() / "black.png").string();
  image::write_picture(black, torch::zeros({1, 28, 28}, torch::kByte));
  const std::string out = (folder_.path() / "zero.png").string();
  const Outcome zero =
      run_program("occlusion", "--model fashion-cnn --baseline black --image " + black + " -o " + out);
  EXPECT_NE(zero.err.find("the map is zero everywhere: the score is the same whatever is covered"),
            std::string::npos)
      << zero.err;
  EXPECT_TRUE(place_in(image::read_picture(out), words("zero everywhere:", false)));
  EXPECT_EQ(zero.out.find("important"), std::string::npos) << zero.out;
  EXPECT_EQ(zero.out.find("evidence"), std::string::npos) << zero.out;
  EXPECT_LT(image::read_picture(out).size(2), 3 * 336 + 4 * 16);  // no covered parts, no bar
  const Outcome maps = run_program(
      "attribution", "--model fashion-cnn --method input-x-gradient --image " + black + " -o " + out);
  EXPECT_NE(maps.err.find("the map of input-x-gradient for '" + black + "' is zero everywhere"),
            std::string::npos)
      << maps.err;
}

TEST_F(SheetPrograms, ASinglePictureIsAskedForByName) {
  std::filesystem::create_directories(folder_.path() / "pets");
  const std::string picture = (folder_.path() / "a.png").string();
  image::write_picture(picture, torch::full({1, 28, 28}, 40, torch::kByte));
  const std::string folder = (folder_.path() / "pets").string(),
                    out = " -o " + (folder_.path() / "out.png").string();
  const std::pair<std::string, std::string> cases[] = {
      {picture + " " + picture, "2 are given"},
      {picture + "," + picture, "2 are given"},
      {folder, "'" + folder + "' is a folder"},
      {"fashion-mnist:test:0-3", "'fashion-mnist:test:0-3' names 4"}};
  for (const char* program : {"occlusion", "filters"})
    for (const auto& [images, reason] : cases) {
      const Outcome outcome = run_program(program, "--model fashion-cnn --image " + images + out);
      EXPECT_EQ(outcome.status, 2);
      EXPECT_NE(outcome.err.find("--image takes one picture, but " + reason +
                                 "; predict and attribution take any number of pictures"),
                std::string::npos)
          << outcome.err;
    }
  const Outcome wrong = run_program("occlusion", "--model fashion-cnn --image fashion-mnist:tset:0" + out);
  EXPECT_NE(wrong.err.find("does not name a picture: use SET:train:N"), std::string::npos) << wrong.err;
}

}  // namespace
}  // namespace fathom
