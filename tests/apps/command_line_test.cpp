/// What all programs do alike with their command line, and what they say about runs that were stopped and
/// data that are not there.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fathom/core/text.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

const std::vector<std::string> kAllPrograms = {
    "train",   "evaluate",        "predict",   "info",       "occlusion",  "attribution", "activation_max",
    "filters", "augment_preview", "train_gan", "sample_gan", "fetch_data", "demo",        "interview"};

TEST(CommandLine, AFlagWithOneValueIsGivenOnce) {
  for (const auto& [program, flags, name] : std::vector<std::tuple<const char*, const char*, const char*>>{
           {"occlusion", "--model fashion-cnn --model mnist-cnn --image fashion-mnist:test:0", "model"},
           {"demo", "--model a.pt -o a.html --out=b.html", "out"},
           {"train", "-o a.pt --out b.pt", "out"},
           {"train", "--epochs 1 --epochs=1", "epochs"},
           {"info", "--channels rgb --channels rgb fashion-cnn", "channels"},
           {"interview", "1 --seeds 2 --seeds 3", "seeds"}}) {
    const TemporaryFolder folder;
    const Outcome outcome = run_program_in(folder.path(), program, flags);
    EXPECT_EQ(outcome.status, 2) << program << ' ' << flags;
    EXPECT_NE(outcome.err.find(fmt::format("--{} is given more than once; it takes one value", name)),
              std::string::npos)
        << outcome.err;
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << program << ' ' << flags;
  }
}

TEST(CommandLine, AWordForTheSameFlagAndAnArgumentWithoutOneAreUnderstood) {
  for (const auto& [program, flags, text] : std::vector<std::tuple<const char*, const char*, const char*>>{
           {"augment_preview", "--augment cifar", "no flag '--augment'; did you mean '--pipeline'?"},
           {"train", "--epohcs 3", "no flag '--epohcs'; did you mean '--epochs'?"},
           {"predict", "--model m.pt box.jpg",
            "unexpected argument 'box.jpg'; did you mean '--image box.jpg'?"},
           {"occlusion", "box.pt", "did you mean '--model box.pt'?"},
           {"train", "folder:pets", "did you mean '--data folder:pets'?"},
           {"train", "--data mnist folder:pets", "unexpected argument 'folder:pets'\n"}}) {
    const Outcome outcome = run_program(program, flags);
    EXPECT_EQ(outcome.status, 2) << program << ' ' << flags;
    EXPECT_NE(outcome.err.find(text), std::string::npos) << outcome.err;
  }
}

TEST(CommandLine, SwitchesMayBeRepeatedAndSoMayArguments) {
  EXPECT_EQ(run_program("augment_preview", "--schema -q --quiet").status, 0);
  EXPECT_EQ(run_program("interview", "7 25 --explain").status, 0);
}

/// A line is wide enough for all words; a list of alternatives is broken behind one of them.
TEST(CommandLine, HelpBreaksNoWordAndNoDefault) {
  for (const std::string& program : kAllPrograms) {
    const std::string help = run_program(program, "--help").out;
    for (const std::string& line : split(help.substr(0, help.find("Examples:")), '\n')) {
      EXPECT_LE(line.size(), 100U) << program << ": " << line;
      EXPECT_FALSE(line.ends_with(' ')) << program << ": " << line;
      EXPECT_FALSE(line.ends_with("(default:")) << program << ": " << line;
    }
  }
  const std::string help = run_program("attribution", "--help").out;
  for (const char* method : {"saliency|", "guided-grad-cam|", "random"})
    EXPECT_NE(help.find(method), std::string::npos) << method << help;
}

TEST(CommandLine, HelpNamesTheArgumentsWithoutAFlag) {
  for (const auto& [program, text] :
       std::vector<std::pair<const char*, const char*>>{{"info", "a file of any kind"},
                                                        {"fetch_data", "mnist|fashion-mnist"},
                                                        {"interview", "numbers of"}}) {
    const std::string help = run_program(program, "--help").out;
    const std::size_t at = help.find(" Arguments:\n");
    ASSERT_NE(at, std::string::npos) << help;
    EXPECT_NE(help.find(text, at), std::string::npos) << help;
  }
}

TEST(CommandLine, FetchDataWithoutASetNamesTheSets) {
  const Outcome outcome = run_program("fetch_data", "");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("name a data set: mnist, fashion-mnist, cifar10"), std::string::npos)
      << outcome.err;
}

TEST(CommandLine, ATableOfPredictionsIsNoPicture) {
  const TemporaryFolder folder;
  const Outcome outcome = run_program_in(folder.path(), "predict",
                                         "--model fashion-cnn --image fashion-mnist:test:0 --csv x.png");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("--csv 'x.png': the name of a table must end in .csv"), std::string::npos)
      << outcome.err;
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

/// A run on a folder of pictures that goes away.
class LostData : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"dark", "bright"})
      for (int i = 0; i < 12; ++i)
        image::write_picture(folder_.path() / "pets" / name / fmt::format("{}.png", i),
                             torch::full({3, 8, 8}, i + (*name == 'd' ? 0 : 200), torch::kByte));
  }
  Outcome run(const std::string& program, const std::string& flags) const {
    return run_program_in(folder_.path(), program, flags + " --quiet");
  }

  TemporaryFolder folder_;
};

TEST_F(LostData, IsNamedWithTheWayOut) {
  const Outcome train =
      run("train", "--model mlp --data folder:pets --image-size 8 --batch-size 8 --epochs 1 -o net.pt");
  ASSERT_EQ(train.status, 0) << train.err;
  EXPECT_NE(train.out.find(", 1 epoch, "), std::string::npos) << train.out;
  std::filesystem::rename(folder_.path() / "pets", folder_.path() / "moved");
  const Outcome resumed = run("train", "--resume net.pt --epochs 2");
  EXPECT_EQ(resumed.status, 1);
  EXPECT_NE(resumed.err.find("the run trains on 'folder:pets', and there is no 'pets' in '"),
            std::string::npos)
      << resumed.err;
  EXPECT_NE(resumed.err.find("put the data set, or a link to it, there to resume"), std::string::npos);
  const Outcome evaluated = run("evaluate", "--model net.pt");
  EXPECT_EQ(evaluated.status, 1);
  EXPECT_NE(evaluated.err.find("the model's card names the data set 'folder:pets', which is not there"),
            std::string::npos)
      << evaluated.err;

  std::filesystem::create_symlink("moved", folder_.path() / "pets");
  const Outcome linked = run("train", "--resume net.pt --epochs 2");
  EXPECT_EQ(linked.status, 0) << linked.err;
  EXPECT_NE(linked.out.find("resumed in epoch 2 of 2, after step 0 of "), std::string::npos) << linked.out;
}

TEST(StoppedRun, SaysWhereItStoppedAndWhereItContinues) {
  const TemporaryFolder folder;
  io::write_file(folder.path() / "stop.sh",
                 "set -m\n"  // otherwise a shell has its background jobs ignore Ctrl-C
                 "'" FATHOM_BIN
                 "/train' --model mlp --data fashion-mnist --limit 640 --epochs 100000 -q -o net.pt &\n"
                 "until [ -s net.train ]; do sleep 0.05; done\n"
                 "kill -INT $!; wait $!; echo first $?\n"
                 "'" FATHOM_BIN
                 "/train' --resume net.pt -q > resumed.txt &\n"
                 "until grep -q resumed resumed.txt; do sleep 0.05; done\n"
                 "kill -INT $!; wait $!; echo second $?; cat resumed.txt\n");
  const Outcome outcome =
      run_command(fmt::format("cd '{}' && timeout 100 bash stop.sh", folder.path().string()));
  EXPECT_NE(outcome.out.find("first 1\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("second 1\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("resumed in epoch "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("train: stopped in epoch "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(" of 100000, after step "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("; 'train --resume net.pt' continues there\n"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(outcome.err.find("error"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace fathom
