/// Notes of programs: each once, in order, and not more lines than people read.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

std::int64_t count_of(const std::string& text, const std::string& part) {
  std::int64_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class Notes : public testing::Test {
 protected:
  /// A folder with a picture and so many files that only look like pictures.
  void add_damaged(int count) const {
    image::write_picture(folder_.path() / "pets/good.png", torch::full({1, 28, 28}, 40, torch::kByte));
    for (int i = 0; i < count; ++i)
      io::write_file(folder_.path() / fmt::format("pets/bad{:02}.png", i), "\x89PNG\r\n\x1a\n and no more");
  }
  Outcome predict() const {
    return run_program_in(folder_.path(), "predict", "--quiet --json --model fashion-cnn --image pets");
  }
  void SetUp() override { std::filesystem::create_directories(folder_.path() / "pets"); }

  TemporaryFolder folder_;
};

TEST_F(Notes, TheFirstTwentyAreShownAndTheOthersCounted) {
  add_damaged(30);
  const Outcome outcome = predict();
  const nlohmann::json notes = nlohmann::json::parse(outcome.out).at("notes");
  ASSERT_GE(notes.size(), 30U);
  EXPECT_EQ(count_of(outcome.err, "predict: note: "), 21) << outcome.err;
  EXPECT_NE(outcome.err.find(fmt::format("predict: note: {} more notes are not shown; --json lists all",
                                         notes.size() - 20)),
            std::string::npos)
      << outcome.err;
  // In order, and no note twice.
  std::vector<std::string> damaged, all;
  for (const std::string note : notes) {
    all.push_back(note);
    if (note.find("bad") != std::string::npos && note.find("left out") != std::string::npos)
      damaged.push_back(note);
  }
  EXPECT_TRUE(std::is_sorted(damaged.begin(), damaged.end()));
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

TEST_F(Notes, FewAreAllShown) {
  add_damaged(3);
  const Outcome outcome = predict();
  const nlohmann::json notes = nlohmann::json::parse(outcome.out).at("notes");
  EXPECT_EQ(count_of(outcome.err, "predict: note: "), std::ssize(notes)) << outcome.err;
  EXPECT_EQ(outcome.err.find("not shown"), std::string::npos) << outcome.err;
}

/// The page is of a model that was trained on this folder.
TEST_F(Notes, DemoSkipsDamagedPictures) {
  for (const int colour : {0, 1})
    for (const std::string split : {"train", "test"})
      for (int i = 0; i < 4; ++i) {
        const auto folder = folder_.path() / "set" / split / (colour == 0 ? "red" : "green");
        std::filesystem::create_directories(folder);
        torch::Tensor picture = torch::zeros({3, 16, 16}, torch::kByte);
        picture[colour].fill_(100 + 30 * i);
        image::write_picture(folder / fmt::format("{}.png", i), picture);
      }
  const Outcome trained = run_program_in(folder_.path(), "train",
                                         "--quiet --model mlp --data folder:set --epochs 2 --batch-size 4 "
                                         "--augment none --image-size 16 -o net.pt");
  ASSERT_EQ(trained.status, 0) << trained.err;
  io::write_file(folder_.path() / "set/test/red/9.png", "\x89PNG\r\n\x1a\n and no more");
  const std::string flags = "--quiet --json --model net.pt --classes 1 -o page.html";
  const Outcome refused = run_program_in(folder_.path(), "demo", flags);
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("--skip-damaged"), std::string::npos) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "page.html"));
  const Outcome skipped = run_program_in(folder_.path(), "demo", flags + " --skip-damaged");
  ASSERT_EQ(skipped.status, 0) << skipped.err;
  EXPECT_NE(nlohmann::json::parse(skipped.out).at("notes").dump().find("left out, 1 of 9 test pictures"),
            std::string::npos)
      << skipped.out;
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "page.html"));
}

}  // namespace
}  // namespace fathom
