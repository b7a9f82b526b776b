/// Pipelines in one line, and by name.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fathom/augment/pipeline.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

namespace fathom::augment {
namespace {

namespace fs = std::filesystem;

int nesting(const Operation& operation) {
  int deepest = 0;
  for (const Operation& each : operation.operations) deepest = std::max(deepest, nesting(each));
  return deepest + 1;
}

/// Reads a pipeline from left to right; every complaint says at which character.
class Reader {
 public:
  explicit Reader(const std::string& text) : text_(text) {}

  Pipeline pipeline() {
    Pipeline result;
    do {
      skip_spaces();
      const std::size_t start = at_;
      const std::string name = word("an operation");
      if (is_mixing(name)) {
        result.mixings.push_back(mixing(name, start));
      } else {
        if (!result.mixings.empty())
          fail(start, "mixup and cutmix mix finished pictures, so nothing may follow them");
        result.operations.push_back(operation(name, start, 1));
        // A sequence that | makes is known as one only after its first operation is read.
        if (nesting(result.operations.back()) > kDeepest)
          fail(start, fmt::format("operations are nested more than {} deep", kDeepest));
      }
    } while (taken('|'));
    if (at_ < text_.size())
      fail(at_, fmt::format("'{}' is not expected here; operations are separated by |", text_[at_]));
    return result;
  }

 private:
  [[noreturn]] void fail(std::size_t at, const std::string& why) const {
    throw InvalidArgument(fmt::format("pipeline '{}', character {}: {}", text_, at + 1, why));
  }

  /// `f`, its complaints with their place.
  template <typename Function>
  auto located(std::size_t at, const Function& f) const {
    try {
      return f();
    } catch (const InvalidArgument& e) {
      fail(at, e.what());
    }
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }

  bool taken(char c) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void require(char c) {
    if (!taken(c)) fail(at_, fmt::format("'{}' is missing", c));
  }

  /// `read_one` for every argument in parentheses, if there are any.
  template <typename Function>
  void read_arguments(const Function& read_one) {
    if (!taken('(') || taken(')')) return;
    do read_one();
    while (taken(','));
    require(')');
  }

  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  bool word_ahead() {
    skip_spaces();
    return at_ < text_.size() && is_letter(text_[at_]);
  }

  std::string word(const char* expected) {
    if (!word_ahead()) fail(at_, fmt::format("{} is missing", expected));
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '-' || text_[at_] == '_'))
      ++at_;
    return text_.substr(start, at_ - start);
  }

  double number() {
    skip_spaces();
    const std::size_t start = at_;
    std::size_t end = at_;
    const auto digits = [&] {
      while (end < text_.size() && is_digit(text_[end])) ++end;
    };
    if (end < text_.size() && (text_[end] == '-' || text_[end] == '+')) ++end;
    digits();
    // A point before another is that of a range.
    if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
      ++end;
      digits();
    }
    const std::size_t first = start + (start < text_.size() && text_[start] == '+' ? 1 : 0);
    double value = 0;
    const auto [stop, error] = std::from_chars(text_.data() + first, text_.data() + end, value);
    if (error == std::errc::result_out_of_range) fail(start, "the number is too large");
    if (error != std::errc{} || stop != text_.data() + end) fail(start, "a number is missing");
    at_ = end;
    return value;
  }

  Range range(bool symmetric) {
    const double low = number();
    if (text_.compare(at_, 2, "..") != 0)
      return symmetric ? Range{0 - std::abs(low), std::abs(low)} : Range{low, low};
    at_ += 2;
    return {low, number()};
  }

  double probability() {
    skip_spaces();
    const std::size_t start = at_;
    const double p = number();
    if (!(p >= 0 && p <= 1)) fail(start, fmt::format("p must be in [0, 1], not {}", p));
    return p;
  }

  void read_value(Operation& operation, const std::string& name, std::size_t start) {
    if (word_ahead()) {
      const std::size_t at = at_;
      const std::string choice = word("a word");
      located(at, [&] { choose(operation, name, choice); });
      return;
    }
    const std::size_t index = located(start, [&] { return parameter_index(*operation.kind, name); });
    const Range given = range(operation.kind->parameters[index].symmetric);
    located(start, [&] { set(operation, name, given); });
  }

  /// What is given once cannot be given again.
  void note(const std::string& name, std::size_t start, std::set<std::string>& given) const {
    if (!given.insert(name).second) fail(start, fmt::format("'{}' is given twice", name));
  }

  /// `given`: the parameters that were read before.
  void read_argument(Operation& operation, std::set<std::string>& given, int depth) {
    skip_spaces();
    const std::size_t start = at_;
    if (!word_ahead()) {
      if (operation.kind->parameters.empty())
        fail(start, operation.kind->name + " has no parameters except p");
      if (!given.empty() || !operation.operations.empty()) {
        number();
        fail(start, "only the first parameter may be given without its name");
      }
      const std::string name(operation.kind->parameters.front().name);
      note(name, start, given);
      read_value(operation, name, start);
      return;
    }
    const std::string name = word("a name");
    if (taken('=')) {
      note(name, start, given);
      if (name == "p") {
        operation.probability = probability();
        return;
      }
      located(start, [&] { return parameter_index(*operation.kind, name); });
      read_value(operation, name, start);
      return;
    }
    if (!operation.kind->takes_operations) fail(start, fmt::format("'{}' needs a value: {}=...", name, name));
    operation.operations.push_back(chain(name, start, depth + 1));
  }

  /// One operation, or several joined by | as a sequence.
  Operation chain(const std::string& name, std::size_t start, int depth) {
    Operation first = operation(name, start, depth);
    if (!taken('|')) return first;
    Operation sequence = usual(operation_kind("sequence"));
    sequence.operations.push_back(std::move(first));
    do {
      skip_spaces();
      const std::size_t next = at_;
      sequence.operations.push_back(operation(word("an operation"), next, depth + 1));
    } while (taken('|'));
    return sequence;
  }

  Operation operation(const std::string& name, std::size_t start, int depth) {
    if (depth > kDeepest) fail(start, fmt::format("operations are nested more than {} deep", kDeepest));
    if (is_mixing(name)) fail(start, name + " mixes whole batches and must come at the end of the pipeline");
    Operation result = usual(*located(start, [&] { return &operation_kind(name); }));
    std::set<std::string> given;
    read_arguments([&] { read_argument(result, given, depth); });
    if (result.kind->takes_operations && result.operations.empty())
      fail(start, name + " needs operations: " + name + "(hflip, rotate(10))");
    return result;
  }

  Mixing mixing(const std::string& name, std::size_t start) {
    Mixing result = usual(mixing_kind(name));
    std::set<std::string> given;
    read_arguments([&] {
      skip_spaces();
      const std::size_t at = at_;
      const std::string key = word_ahead() ? word("a name") : "alpha";
      if (at_ == at && !given.empty())
        fail(at, "only alpha may be given without its name, as the first argument");
      if (key != "alpha" && key != "p")
        fail(at, fmt::format("{} has no parameter '{}'{}", name, key, suggestion(key, {"alpha", "p"})));
      if (at_ != at) require('=');
      note(key, at, given);
      (key == "p" ? result.probability : result.alpha) = key == "p" ? probability() : number();
    });
    located(start, [&] { validate(result); });
    return result;
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

std::optional<fs::path> find_preset(const std::string& name, const std::vector<fs::path>& directories) {
  for (const fs::path& directory : directories) {
    const fs::path path = directory / "augmentations" / (name + ".json");
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored)) return path;
  }
  return std::nullopt;
}

bool is_plain_word(const std::string& text) {
  return !text.empty() && text.find_first_of("(|=/ ") == std::string::npos;
}

}  // namespace

Pipeline parse_pipeline(const std::string& text) { return Reader(text).pipeline(); }

std::vector<std::string> preset_names(const std::vector<fs::path>& directories) {
  std::set<std::string> names;
  for (const fs::path& directory : directories) {
    std::error_code ignored;
    for (const fs::directory_entry& file : fs::directory_iterator(directory / "augmentations", ignored))
      if (lower_extension(file.path()) == ".json") names.insert(file.path().stem().string());
  }
  return {names.begin(), names.end()};
}

Pipeline read_pipeline(const std::string& text, const std::vector<fs::path>& directories,
                       const std::vector<std::string>& other_words) {
  if (lower_extension(text) == ".json") {
    Pipeline pipeline = pipeline_from_json(io::read_file(text), text);
    if (pipeline.name.empty()) pipeline.name = fs::path(text).stem().string();
    return pipeline;
  }
  const std::vector<std::string> operations = operation_names();
  if (is_plain_word(text) && std::find(operations.begin(), operations.end(), text) == operations.end()) {
    if (const auto preset = find_preset(text, directories)) {
      Pipeline pipeline = pipeline_from_json(io::read_file(*preset), preset->string());
      pipeline.name = text;
      return pipeline;
    }
    std::vector<std::string> known = preset_names(directories);
    const std::string presets = known.empty() ? "none was found" : fmt::format("{}", fmt::join(known, ", "));
    known.insert(known.end(), other_words.begin(), other_words.end());
    known.insert(known.end(), operations.begin(), operations.end());
    const std::string near = closest(text, known);
    throw InvalidArgument(fmt::format(
        "no augmentation '{}'; {}", text,
        near.empty() ? fmt::format("presets: {}; or a .json file, or operations separated by |", presets)
                     : fmt::format("did you mean '{}'?", near)));
  }
  return parse_pipeline(text);
}

}  // namespace fathom::augment
