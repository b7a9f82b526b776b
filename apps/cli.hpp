/// What all programs share: flags, messages, exit statuses. A program reads
///
///   int main(int argc, char** argv) {
///     return cli::run("occlusion", [&] {
///       const Flags flags = parse(argc, argv);
///       ...
///     });
///   }
#pragma once

#include <torch/types.h>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/geometry.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/models/classifier.hpp"

namespace fathom::cli {

using Json = nlohmann::ordered_json;

/// The command line is wrong: exit status 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Runs a program's body and gives its exit status: 0 done; 1 it could not be done; 2 the command line is
/// wrong (UsageError, and InvalidArgument from the library: a value that a flag brought in). Errors are one
/// line on stderr: "NAME: error: ...".
int run(const std::string& program, const std::function<void()>& body);

/// The values of a parsed command line. Numbers are checked when they are asked for; messages name the flag
/// and its range.
class Arguments {
 public:
  struct Parsed;  // cxxopts' own, which would cost every program seconds to compile
  Arguments(std::shared_ptr<const Parsed> parsed, std::vector<std::string> command);

  bool has(const std::string& flag) const;
  bool on(const std::string& flag) const;
  std::string text(const std::string& flag) const;
  /// As `text`, but its absence is a usage error.
  std::string required(const std::string& flag) const;
  std::optional<std::string> optional(const std::string& flag) const;

  std::int64_t integer(const std::string& flag, std::int64_t low, std::int64_t high) const;
  double number(const std::string& flag, double low, double high) const;
  /// The flag's number where it was given, else nothing.
  std::optional<std::int64_t> optional_integer(const std::string& flag, std::int64_t low,
                                               std::int64_t high) const;
  std::optional<double> optional_number(const std::string& flag, double low, double high) const;
  /// "0.485,0.456,0.406"
  std::vector<float> numbers(const std::string& flag) const;
  /// "on" or "off"
  bool on_off(const std::string& flag) const;
  /// What of a flag that Parser::positionals knows was given, in order.
  std::vector<std::string> list(const std::string& flag) const;
  /// One of `words`.
  std::string choice(const std::string& flag, const std::vector<std::string>& words) const;
  /// "4" or "4x6" (height x width).
  Extent extent(const std::string& flag) const;

  /// The command line as it was typed, the program's path reduced to its name.
  std::string command_line() const;

 private:
  std::shared_ptr<const Parsed> parsed_;
  std::vector<std::string> command_;
};

/// Flags in groups, help with examples, version; `parse` ends the program for --help and --version.
class Parser {
 public:
  Parser(std::string program, std::string summary, std::vector<std::string> examples);

  /// A flag with a value ("epochs", or "o,out" with a short form); `placeholder` stands for the value in the
  /// help. An empty `otherwise` means no default.
  Parser& value(const std::string& group, const std::string& flag, const std::string& help,
                const std::string& placeholder, const std::string& otherwise = {});
  Parser& toggle(const std::string& group, const std::string& flag, const std::string& help);
  /// One argument without a flag, read as `flag`.
  Parser& positional(const std::string& flag, const std::string& help);
  /// Any number of arguments without a flag, read as a list.
  Parser& positionals(const std::string& flag, const std::string& help);

  Arguments parse(int argc, char** argv);

 private:
  struct Flags;
  std::vector<std::string> groups() const;

  std::string program_, summary_;
  std::vector<std::string> examples_, names_, positional_;
  std::shared_ptr<Flags> flags_;
};

/// The group names of --help, in their order.
inline constexpr const char *kGeneral = "General", *kDevice = "Device", *kModel = "Model", *kData = "Data";

/// What every program knows.
struct Common {
  std::uint64_t seed = 0;
  torch::Device device = torch::kCPU;
  std::optional<std::filesystem::path> data_dir;
  bool json = false, quiet = false;
};

void add_common_flags(Parser& parser, bool with_device = true);
/// Reads them and sets up the runtime: threads, device, a line on stderr about a slow BLAS.
Common read_common(const Arguments& arguments, bool with_device = true);

/// --model and the flags that say how to feed a `.pt` without a card.
void add_model_flags(Parser& parser);
models::Classifier read_model(const Arguments& arguments, const Common& common);

data::Catalog catalog(const Common& common, Extent folder_size = {32, 32});

/// A picture for a model: from a file or from a data set (SET:SPLIT:INDEX).
struct OpenedPicture {
  torch::Tensor picture;                  ///< uint8 [C, H, W], as it is
  std::optional<std::string> true_class;  ///< for a picture of a set
};
OpenedPicture open_picture(const std::string& name, const Common& common);

/// The names of a list joined by commas, none of them empty; `flag` is what it was given to.
std::vector<std::string> names_in(const std::string& flag, const std::string& list);

/// Human text: to stdout, or to stderr where stdout is for JSON.
void say(const Common& common, const std::string& line);
/// The JSON object on stdout, where --json asks for it.
void report(const Common& common, const Json& json);

/// "dog 98 %", as pictures and messages name a class with its probability.
std::string named_percent(const std::string& name, double probability);

/// Ctrl-C: the first asks for a stop, the second stops at once. Installed by the constructor.
class Interrupt {
 public:
  Interrupt();
  bool requested() const;
};

/// Seconds from the start of this process to now: what loading the shared libraries took, when called first
/// in main.
double seconds_since_process_start();

/// A clock for breakdowns: seconds since the last call.
class Stopwatch {
 public:
  double lap();

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace fathom::cli
