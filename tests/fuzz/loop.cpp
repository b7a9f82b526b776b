/// Runs a fuzz target where there is no libFuzzer: mutates the files of a corpus at random.
///
///   pipeline_fuzz -max_total_time=60 corpus/pipeline
///
/// Takes the option of libFuzzer that ./run fuzz uses. The input that ends the process lies in crash-input.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

#include "fuzz/fuzz.hpp"

namespace {

constexpr std::size_t kLongestInput = 1 << 14;
constexpr const char* kTimeOption = "-max_total_time=";

std::vector<std::string> corpus_in(const std::filesystem::path& folder) {
  std::vector<std::string> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

/// One change: a byte set or flipped, a piece removed, repeated, or taken from another input.
std::string changed(std::string text, const std::string& other, std::mt19937_64& random) {
  const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
  const std::size_t at = below(text.size() + 1);
  switch (random() % 5) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(random());
      break;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << random() % 8);
      break;
    case 2:
      text.erase(at, below(16));
      break;
    case 3:
      text.insert(at, text.substr(at, below(64)));
      break;
    default:
      text.insert(at, other.substr(below(other.size() + 1), below(64)));
  }
  text.resize(std::min(text.size(), kLongestInput));
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  std::chrono::seconds time(60);
  std::vector<std::string> corpus;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with(kTimeOption))
      time = std::chrono::seconds(std::stol(argument.substr(std::string(kTimeOption).size())));
    else if (!argument.starts_with("-"))
      corpus = corpus_in(argument);
  }
  if (corpus.empty()) corpus.emplace_back();
  std::mt19937_64 random(1);
  std::uint64_t runs = 0;
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    std::string input = corpus[random() % corpus.size()];
    for (std::uint64_t changes = random() % 8; changes > 0; --changes)
      input = changed(std::move(input), corpus[random() % corpus.size()], random);
    std::ofstream("crash-input", std::ios::binary) << input;
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    ++runs;
  }
  std::filesystem::remove("crash-input");
  std::cerr << "Done " << runs << " runs\n";
}
