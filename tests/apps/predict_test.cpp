#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fathom/core/text.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/npy.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

class PredictProgram : public testing::Test {
 protected:
  std::filesystem::path at(const std::string& name) const { return folder_.path() / name; }
  Outcome predict(const std::string& flags) const {
    return run_program_in(folder_.path(), "predict", "--quiet --model fashion-cnn " + flags);
  }
  nlohmann::json report(const std::string& flags) const {
    const Outcome outcome = predict("--json " + flags);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  }
  /// The first pictures of Fashion-MNIST's test split.
  static data::ImageSet clothes(std::int64_t count) {
    return data::load("fashion-mnist", data::Split::test, {data::search_directories({}), {}}).first(count);
  }

  TemporaryFolder folder_;
};

TEST_F(PredictProgram, GivesTheProbabilitiesThatPythonGives) {
  if (run_command("/usr/bin/python3 -c 'import torch'").status != 0)
    GTEST_SKIP() << "python3-torch is not installed";
  const data::ImageSet set = clothes(70);  // more than a batch
  io::write_npy(at("images.npy"), data::to_unit_range(set.images));
  const Outcome python =
      run_command(fmt::format("OMP_NUM_THREADS=1 /usr/bin/python3 '{0}/tests/checkpoint/run_checkpoint.py' "
                              "'{0}/models/fashion-cnn.pt' "
                              "'{1}' '{2}'",
                              FATHOM_SOURCE, at("images.npy").string(), at("logits.npy").string()));
  ASSERT_EQ(python.status, 0) << python.err;
  const torch::Tensor p = torch::softmax(io::read_npy(at("logits.npy")), 1);

  const nlohmann::json all = report("--image fashion-mnist:test:0-69 --top 3");
  ASSERT_EQ(all.at("results").size(), 70U);
  EXPECT_GT(all.at("images_per_second"), 0);
  EXPECT_EQ(all.at("damaged"), 0);
  for (std::int64_t i = 0; i < 70; ++i) {
    const nlohmann::json& one = all.at("results").at(i);
    EXPECT_EQ(one.at("image"), fmt::format("fashion-mnist:test:{}", i));
    EXPECT_EQ(one.at("predicted"), set.classes[p[i].argmax().item<std::int64_t>()]);
    EXPECT_EQ(one.at("true_class"), set.classes[set.labels[i].item<std::int64_t>()]);
    EXPECT_NEAR(one.at("probability"), p[i].max().item<double>(), 1e-4);
    ASSERT_EQ(one.at("top").size(), 3U);
    const torch::Tensor falling = std::get<0>(p[i].sort(0, true));
    for (int k = 0; k < 3; ++k)
      EXPECT_NEAR(one.at("top").at(k).at("probability"), falling[k].item<double>(), 1e-4);
  }
}

TEST_F(PredictProgram, TakesFoldersAtAnyDepthAndLeavesOutWhatIsBroken) {
  const torch::Tensor images = clothes(3).images;
  image::write_picture(at("in/a, b.png"), images[0]);
  image::write_picture(at("in/deep/er/c.png"), images[1]);
  image::write_picture(at("in/deep/d.png"), images[2]);
  std::filesystem::rename(at("in/deep/d.png"), at("in/deep/without-an-ending"));
  io::write_file(at("in/broken.png"), io::read_file(at("in/a, b.png")).substr(0, 200));
  io::write_file(at("in/__MACOSX/._c.png"), "x");
  io::write_file(at("in/Thumbs.db"), "x");
  io::write_file(at("in/readme.txt"), "not a picture");

  const nlohmann::json all = report("--image in --csv out.csv -o out.png");
  ASSERT_EQ(all.at("results").size(), 3U);
  EXPECT_EQ(all.at("results").at(0).at("image"), "in/a, b.png");
  EXPECT_EQ(all.at("results").at(1).at("image"), "in/deep/er/c.png");
  EXPECT_EQ(all.at("results").at(2).at("image"), "in/deep/without-an-ending");
  EXPECT_EQ(all.at("damaged"), 1);
  EXPECT_EQ(all.at("passed_over"), 1);
  const std::string notes = all.at("notes").dump();
  EXPECT_NE(notes.find("broken.png"), std::string::npos) << notes;
  EXPECT_NE(notes.find("files in folders that are not pictures are passed over: 1"), std::string::npos)
      << notes;

  const std::vector<std::string> lines = split(io::read_file(at("out.csv")), '\n');
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_TRUE(lines[0].starts_with("image,predicted,probability,class_2,probability_2,")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("\"in/a, b.png\",Ankle boot,")) << lines[1];
  EXPECT_EQ(image::read_picture(at("out.png")).size(0), 3);
}

TEST_F(PredictProgram, FailsWhereNothingCanBeRead) {
  io::write_file(at("broken.png"), "\x89PNG\r\n\x1a\n");
  io::write_file(at("empty/readme.txt"), "x");
  const Outcome broken = predict("--image broken.png --csv out.csv");
  EXPECT_EQ(broken.status, 1);
  EXPECT_NE(broken.err.find("no picture could be read; damaged: 1"), std::string::npos) << broken.err;
  EXPECT_FALSE(std::filesystem::exists(at("out.csv")));
  EXPECT_EQ(predict("--image no-such.png").status, 1);
  EXPECT_EQ(predict("--image empty").status, 1);
}

TEST_F(PredictProgram, RunsOverASetWithALinePerPicture) {
  const Outcome outcome = predict("--data fashion-mnist --top 1");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("fashion-mnist:test:0: Ankle boot ")) << outcome.out.substr(0, 80);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 10001);  // and the summary
}

TEST_F(PredictProgram, RefusesFlagsThatHaveNoEffect) {
  for (const char* flags : {"", "--image fashion-mnist:test:0 --split train", "--top 0 --data fashion-mnist",
                            "--image fashion-mnist:test:0 --data fashion-mnist"})
    EXPECT_EQ(predict(flags).status, 2) << flags;
}

TEST_F(PredictProgram, NamesDoNotReachTheTerminalRaw) {
  image::write_picture(at("picture.png"), clothes(1).images[0]);
  std::filesystem::create_directories(at("in"));
  std::filesystem::rename(at("picture.png"), at("in/\x1b[31mred\n.png"));
  const Outcome outcome = predict("--image in");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("in/\\x1b[31mred\\n.png: Ankle boot ")) << outcome.out;
  EXPECT_EQ((outcome.out + outcome.err).find('\x1b'), std::string::npos);
  io::write_file(at("in/\x1b[31mred\n.png"), "damaged");
  const Outcome damaged = predict("--image in");
  EXPECT_EQ(damaged.err.find('\x1b'), std::string::npos) << damaged.err;
}

TEST_F(PredictProgram, ATableHasNoFileNameThatIsAFormula) {
  image::write_picture(at("picture.png"), clothes(1).images[0]);
  std::filesystem::rename(at("picture.png"), at("=1+1.png"));
  ASSERT_EQ(predict("--image =1+1.png --csv out.csv").status, 0);
  EXPECT_TRUE(split(io::read_file(at("out.csv")), '\n')[1].starts_with("./=1+1.png,Ankle boot,"));
}

TEST_F(PredictProgram, RefusesStandardInputTwiceAndNamesTheWayToAllSplits) {
  const Outcome twice = predict("--image - fashion-mnist:test:0 - < /dev/null");
  EXPECT_EQ(twice.status, 2);
  EXPECT_NE(twice.err.find("standard input has one picture"), std::string::npos) << twice.err;
  image::write_picture(at("set/shoe/1.png"), clothes(1).images[0]);
  const Outcome few = predict("--data folder:set");
  EXPECT_EQ(few.status, 1);
  EXPECT_NE(few.err.find("all of them (--split all)"), std::string::npos) << few.err;
  EXPECT_EQ(predict("--data folder:set --split all").status, 0);
}

TEST_F(PredictProgram, ManyBatchesKeepTheirOrderAndLeaveOutWhatIsBroken) {
  image::write_picture(at("picture.png"), clothes(1).images[0]);
  for (int i = 100; i < 130; ++i) {
    const auto name = at(fmt::format("in/{}.png", i));
    std::filesystem::create_directories(at("in"));
    if (i % 7 == 0)
      io::write_file(name, "damaged");
    else
      std::filesystem::create_hard_link(at("picture.png"), name);
  }
  const nlohmann::json all = report("--image in --batch-size 4");
  EXPECT_EQ(all.at("damaged"), 4);
  std::vector<std::string> expected, names;
  for (int i = 100; i < 130; ++i)
    if (i % 7 != 0) expected.push_back(fmt::format("in/{}.png", i));
  for (const auto& one : all.at("results")) names.push_back(one.at("image"));
  EXPECT_EQ(names, expected);
}

}  // namespace
}  // namespace fathom
