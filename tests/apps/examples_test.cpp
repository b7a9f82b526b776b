/// Every example of --help and of the documentation runs in a folder in which there is nothing but a picture,
/// a folder of pictures with masks, and a model of other origin, under the names that the examples give them.
///
/// Trainings, scores and sheets of many pictures run with a limit, which is added to the example. Examples
/// that take minutes or a network connection (demo, interview, fetch_data, train_gan on pictures) are only
/// parsed.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "fathom/core/text.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

constexpr std::array kPrograms = {
    "train",   "evaluate",        "predict",   "info",       "occlusion",  "attribution", "activation_max",
    "filters", "augment_preview", "train_gan", "sample_gan", "fetch_data", "demo",        "interview"};

std::string first_word(const std::string& line) { return line.substr(0, line.find(' ')); }

bool is_program(const std::string& word) {
  return std::any_of(kPrograms.begin(), kPrograms.end(), [&](const char* name) { return word == name; });
}

bool has_part(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The lines of a text that are indented by `indent` and begin with a program's name; a line that ends in a
/// backslash goes on in the next.
std::vector<std::string> examples_in(const std::string& text, const std::string& indent) {
  std::vector<std::string> examples;
  const std::vector<std::string> lines = split(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].starts_with(indent)) continue;
    std::string line = lines[i].substr(indent.size());
    while (line.ends_with('\\') && i + 1 < lines.size()) {
      line.pop_back();
      line += lines[++i];
    }
    if (line.starts_with("build/bin/")) line = line.substr(10);
    if (is_program(first_word(line)) && has_part(line, " ")) examples.push_back(line);
  }
  return examples;
}

/// The example with this flag, whose value is replaced if it has one.
std::string with_flag(std::string line, const std::string& flag, int value) {
  if (const std::size_t at = line.find(" " + flag + " "); at != std::string::npos) {
    const std::size_t end = line.find(' ', at + flag.size() + 2);
    line.erase(at, end == std::string::npos ? end : end - at);
  }
  return fmt::format("{} {} {}", line, flag, value);
}

/// The example as it is run here.
std::string within_limits(std::string line) {
  const std::string program = first_word(line);
  if (program == "demo" || program == "interview" || program == "fetch_data") return line + " --help";
  if (program == "train_gan")
    return has_part(line, "gaussians") ? with_flag(line, "--steps", 20) : line + " --help";
  if (program == "train" && !has_part(line, "--resume"))
    return with_flag(with_flag(line, "--limit", 200), "--epochs", 1);
  if (program == "evaluate")
    return has_part(line, "--gan") ? with_flag(line, "--samples", 200) : with_flag(line, "--limit", 300);
  if (program == "activation_max" && !has_part(line, "--list-stages")) return with_flag(line, "--steps", 2);
  if (const std::size_t many = line.find(":0-199"); many != std::string::npos) line.replace(many, 6, ":0-0");
  return line;
}

class Examples : public testing::Test {
 protected:
  void SetUp() override {
    const torch::Tensor picture = torch::arange(3 * 40 * 50).view({3, 40, 50}).to(torch::kByte);
    image::write_picture(at("dog.png"), picture);
    for (int i = 0; i < 10; ++i) {
      image::write_picture(at(fmt::format("pets/{}.png", i)), picture);
      image::write_picture(at(fmt::format("labels/{}.png", i)), torch::full({1, 40, 50}, i, torch::kByte));
    }
    torch::jit::Module program("foreign");
    program.define("def forward(self, x):\n    return x.mean([2, 3])\n");
    program.save(at("resnet.pt").string());
    io::write_file(at("imagenet.txt"), "red\ngreen\nblue\n");
  }
  std::filesystem::path at(const std::string& name) const { return folder_.path() / name; }
  void run_in_order(const std::vector<std::string>& examples, const std::string& source) const {
    for (const std::string& example : examples) {
      const std::string line = within_limits(example);
      const Outcome outcome =
          run_program_in(folder_.path(), first_word(line), line.substr(line.find(' ') + 1));
      EXPECT_EQ(outcome.status, 0) << source << ": " << line << "\n" << outcome.err;
    }
  }

  TemporaryFolder folder_;
};

TEST_F(Examples, OfHelpRunAndAreTwoAtLeast) {
  for (const std::string program : kPrograms) {
    const std::string help = run_program(program, "--help").out;
    const std::vector<std::string> examples = examples_in(help.substr(help.find("Examples:")), "  ");
    EXPECT_GE(examples.size(), 2U) << program;
    for (const std::string& example : examples) EXPECT_EQ(first_word(example), program);
    run_in_order(examples, program + " --help");
  }
}

/// In the order of the page: one may use what another has written.
TEST_F(Examples, OfTheDocumentationRun) {
  std::vector<std::filesystem::path> pages = {FATHOM_SOURCE "/README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(FATHOM_SOURCE "/docs"))
    if (entry.path().extension() == ".md" && entry.path().stem() != "interview_results")
      pages.push_back(entry.path());
  std::sort(pages.begin(), pages.end());
  std::map<std::string, int> found;
  for (const std::filesystem::path& page : pages) {
    const std::vector<std::string> examples = examples_in(io::read_file(page), "    ");
    for (const std::string& example : examples) ++found[first_word(example)];
    run_in_order(examples, page.filename().string());
  }
  for (const char* program : kPrograms) EXPECT_GT(found[program], 0) << program;
}

TEST_F(Examples, AShippedModelIsFoundByNameInEveryProgramThatTakesOne) {
  run_in_order({"evaluate --model fashion-cnn --data fashion-mnist",
                "evaluate --gan fashion-gan --classifier fashion-cnn --samples 200",
                "predict --model fashion-cnn.pt --image fashion-mnist:test:0",
                "sample_gan --model fashion-gan --count 2"},
               "by name");
  const Outcome slip = run_program_in(folder_.path(), "evaluate", "--model fashoin-cnn --data fashion-mnist");
  EXPECT_EQ(slip.status, 1);
  EXPECT_TRUE(has_part(slip.err, "did you mean 'fashion-cnn'?")) << slip.err;
}

}  // namespace
}  // namespace fathom
