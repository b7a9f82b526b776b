/// No flag is ignored without a word, in all programs that read a model, a generator or a pipeline.
#include <gtest/gtest.h>
#include <torch/script.h>

#include "fathom/io/file.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

#define MODELS FATHOM_SOURCE "/models/"

const std::string kCnn = "--model " MODELS "fashion-cnn.pt ", kMlp = "--model " MODELS "mnist-mlp.pt ",
                  kGenerator = "--model " MODELS "fashion-gan.pt ",
                  kClothing = "--image fashion-mnist:test:0 ";

struct IgnoredFlag {
  std::string program, flags, says;
};

void are_refused(const std::vector<IgnoredFlag>& table) {
  for (const auto& [program, flags, says] : table) {
    const TemporaryFolder folder;
    const Outcome outcome = run_program_in(folder.path(), program, flags);
    EXPECT_EQ(outcome.status, 2) << program << ' ' << flags << ": " << outcome.err;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << program << ' ' << flags << ": " << outcome.err;
    EXPECT_EQ(outcome.out, "") << program << ' ' << flags;
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << program << ' ' << flags;
  }
}

/// The flags about a model's input, which its card answers.
TEST(IgnoredFlags, AreRefusedOnAModelWithACard) {
  const std::string reason = " has no effect on a model with a card";
  are_refused({{"occlusion", kCnn + kClothing + "--mean 0.9", "--mean" + reason},
               {"attribution", kCnn + kClothing + "--std 3", "--std" + reason},
               {"activation_max", kCnn + "--input-size 64", "--input-size" + reason},
               {"demo", kCnn + "--labels /etc/passwd -o page.html", "no flag '--labels'"},
               {"filters", kCnn + "--labels /etc/passwd", "no flag '--labels'"},
               {"filters", kCnn + kClothing + "--channels bgr", "no flag '--channels'"},
               {"evaluate", kCnn + "--mean 0.9 --std 3 --input-size 64 --labels F", "--mean" + reason},
               {"evaluate", kCnn + "--std 3", "--std" + reason},
               {"evaluate", kCnn + "--input-size 64", "--input-size" + reason},
               {"evaluate", kCnn + "--channels grey", "--channels" + reason},
               {"evaluate", kCnn + "--output-scale logits", "--output-scale" + reason},
               {"evaluate", kCnn + "--labels /etc/passwd", "--labels" + reason}});
}

/// These programs need a card.
TEST(IgnoredFlags, AreNotInTheHelpOfProgramsThatNeverReadThem) {
  for (const char* program : {"filters", "demo"}) {
    const std::string help = run_program(program, "--help").out;
    EXPECT_NE(help.find("--model NAME"), std::string::npos) << help;
    for (const char* flag : {"--mean", "--std", "--input-size", "--channels", "--labels", "--output"})
      EXPECT_EQ(help.find(flag), std::string::npos) << program << ' ' << flag;
  }
}

TEST(IgnoredFlags, AreRefusedWhereAListIsAskedFor) {
  const std::string listing = " has no effect with --list-stages";
  are_refused({{"activation_max", kCnn + "--list-stages --steps 4", "--steps" + listing},
               {"activation_max", kCnn + "--list-stages -o x.png", "--out" + listing},
               {"activation_max", kCnn + "--list-stages --class 3", "--class" + listing},
               {"filters", kCnn + "--list-stages --sort norm", "--sort" + listing},
               {"filters", kCnn + "--list-stages --map m.npy", "--map" + listing},
               {"augment_preview", "--schema --image dog.png", "--image has no effect with --schema"},
               {"augment_preview", "--schema --out x.png", "--out has no effect with --schema"}});
}

TEST(IgnoredFlags, AreRefusedWhereAnotherFlagIsMissing) {
  are_refused({{"attribution", kCnn + kClothing + "--method saliency --window 4", "--window is used by"},
               {"activation_max", kCnn + "--class 1 --unit mean", "--unit needs --stage"},
               {"activation_max", kCnn + "--class 1 --diversity 3", "--diversity needs --variants"},
               {"filters", kCnn + "--fit lohgit", "--fit has no effect without --image"},
               {"augment_preview", kClothing + "--index 0", "--index needs --replay"},
               {"sample_gan", kGenerator + "--data nosuch", "--data has no effect without --nearest"},
               {"sample_gan", kGenerator + "--image-size 8", "--image-size has no effect without --nearest"},
               {"evaluate", kCnn + "--classifier F", "--classifier has no effect without --gan"},
               {"evaluate", kCnn + "--samples 200", "--samples has no effect without --gan"},
               {"evaluate", kCnn + "--train-on-samples", "--train-on-samples has no effect without --gan"}});
}

TEST(IgnoredFlags, AreRefusedWhereTheirSubjectHasNothingToSet) {
  const std::string gan = "--gan " MODELS "fashion-gan.pt ";
  are_refused(
      {{"activation_max", kCnn + "--stage logits --channel 1 --unit centre", "--unit has no effect at"},
       {"activation_max", kMlp + "--stage dense1 --channel 1 --unit mean", "--unit has no effect at"},
       {"filters", kMlp + kClothing + "--stage dense2 --limit 3", "--limit has no effect at stage dense2"},
       {"filters", kMlp + kClothing + "--stage logits --sort norm", "--sort has no effect at stage logits"},
       {"sample_gan", kGenerator + "--nearest --image-size 8", "--image-size has no effect on data set"},
       {"evaluate", gan + "--labels /etc/passwd", "--labels is for classifiers"},
       {"evaluate", gan + "--mean 0.5", "--mean is for classifiers"},
       {"evaluate", gan + "--output-scale logits", "--output-scale is for classifiers"},
       {"evaluate", gan + "--split train", "--split is for classifiers"}});
}

TEST(CommonFlags, AreTakenEverywhere) {
  const std::string common = "--seed 3 --threads 1 --device cpu --quiet --json --data-dir /tmp";
  for (const auto& [program, flags] :
       std::vector<std::pair<std::string, std::string>>{{"filters", kCnn + "--list-stages "},
                                                        {"activation_max", kCnn + "--list-stages "},
                                                        {"augment_preview", "--schema "}}) {
    const Outcome outcome = run_program(program, flags + common);
    EXPECT_EQ(outcome.status, 0) << program << outcome.err;
  }
}

/// A classifier of three classes without a card.
class ClassNames : public testing::Test {
 protected:
  void SetUp() override {
    torch::jit::Module program("foreign");
    program.define("def forward(self, x):\n    return x.mean([2, 3])\n");
    program.save((folder_.path() / "foreign.pt").string());
  }
  Outcome with_labels(const std::string& text) const {
    io::write_file(folder_.path() / "labels.txt", text);
    return run_program_in(folder_.path(), "activation_max",
                          "--model foreign.pt --input-size 8 --steps 1 --quiet --labels labels.txt");
  }

  TemporaryFolder folder_;
};

TEST_F(ClassNames, AnEmptyFileIsNotTakenForNone) {
  EXPECT_EQ(with_labels("red\ngreen\nblue\n").status, 0);
  const Outcome empty = with_labels("");
  EXPECT_EQ(empty.status, 1);
  EXPECT_NE(empty.err.find("'labels.txt': the file is empty"), std::string::npos) << empty.err;
}

TEST_F(ClassNames, ByteOrderMarkLineEndsAndEmptyLinesAtTheEndAreNoNames) {
  const Outcome outcome = with_labels("\xef\xbb\xbfred\r\ngreen \r\nblue\r\n\r\n \r\n");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("note: class names 'labels.txt': the empty lines"), std::string::npos)
      << outcome.err;
  const Outcome utf16 = with_labels("\xff\xfer");
  EXPECT_EQ(utf16.status, 1);
  EXPECT_NE(utf16.err.find("UTF-16"), std::string::npos) << utf16.err;
}

TEST_F(ClassNames, AnEmptyLineIsRefusedByItsNumber) {
  for (const char* text : {"red\n\nblue\n", "red\n \t\nblue\n", "red\r\n\r\nblue\r\n"}) {
    const Outcome outcome = with_labels(text);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("'labels.txt': line 2 is empty"), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace fathom
