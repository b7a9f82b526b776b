/// A stdout that takes nothing is a failure, told in one line.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "run_program.hpp"

namespace fathom {
namespace {

#define MODELS FATHOM_SOURCE "/models/"

/// Without notes on the machine, which may come before.
std::string without_notes(const std::string& text) {
  std::istringstream stream(text);
  std::string rest;
  for (std::string line; std::getline(stream, line);)
    if (line.find(": note: ") == std::string::npos) rest += line + "\n";
  return rest;
}

/// Gives what the program says after the words of the error.
std::string after_full_stdout(const std::string& program, const std::string& flags) {
  const TemporaryFolder folder;
  const Outcome outcome = run_program_in(folder.path(), program, flags + " >/dev/full");
  EXPECT_EQ(outcome.status, 1) << program << ' ' << flags;
  const std::string text = without_notes(outcome.err), begin = program + ": error: cannot write to stdout";
  EXPECT_TRUE(text.starts_with(begin)) << program << ' ' << flags << ": " << outcome.err;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << program << ' ' << flags << ": " << outcome.err;
  return text.substr(std::min(begin.size(), text.size()));
}

TEST(FullStdout, FailsHelpAndVersionOfEveryProgram) {
  for (const char* program :
       {"train", "evaluate", "predict", "info", "occlusion", "attribution", "activation_max", "filters",
        "augment_preview", "train_gan", "sample_gan", "fetch_data", "demo", "interview"}) {
    EXPECT_EQ(after_full_stdout(program, "--help"), "\n");
    EXPECT_EQ(after_full_stdout(program, "--version"), "\n");
  }
}

TEST(FullStdout, FailsListsAndReports) {
  EXPECT_EQ(after_full_stdout("filters", "--list-stages --model " MODELS "mnist-mlp.pt"), "\n");
  EXPECT_EQ(after_full_stdout("augment_preview", "--schema"), "\n");
  EXPECT_EQ(after_full_stdout("evaluate",
                              "--quiet --limit 20 --data fashion-mnist --model " MODELS "fashion-cnn.pt"),
            "\n");
}

TEST(FullStdout, FailsRunsAndNamesWhatTheyWrote) {
  EXPECT_EQ(after_full_stdout("occlusion", "--quiet --image fashion-mnist:test:0 -o map.png --model " MODELS
                                           "fashion-cnn.pt"),
            " ('map.png' was written before)\n");
  EXPECT_EQ(after_full_stdout("sample_gan",
                              "--quiet --count 4 -o s.png --npy s.npy --model " MODELS "fashion-gan.pt"),
            " ('s.png', 's.npy' were written before)\n");
}

}  // namespace
}  // namespace fathom
