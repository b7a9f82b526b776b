/// What all programs share: flags, messages, exit statuses. A program reads
///
///   int main(int argc, char** argv) {
///     return cli::run(parser(), argc, argv, [](const cli::Arguments& arguments) { ... });
///   }
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace fathom::cli {

using Json = nlohmann::ordered_json;

/// The run was stopped by its user, who knows that; the text says where, and how to continue. No error, but
/// exit status 1, because the work is not done.
class Stopped : public Error {
 public:
  using Error::Error;
};

/// Runs a program's body on its command line and gives its exit status: 0 done; 1 it could not be done; 2 the
/// command line is wrong (UsageError, and InvalidArgument from the library: a value that a flag brought in).
/// Errors are one line on stderr: "NAME: error: ..."; Stopped is "NAME: ...". The library's speak of options;
/// the flags that set them are added. Notes (core/notes.hpp) are lines on stderr, each once: "NAME: note:
/// ...".
int run(Parser parser, int argc, char** argv, const std::function<void(const Arguments&)>& body);

/// The values of the common flags.
struct Common {
  std::uint64_t seed = 0;
  torch::Device device = torch::kCPU;
  std::optional<std::filesystem::path> data_dir;
  bool json = false, quiet = false;
};

void add_common_flags(Parser& parser, bool with_device = true);
/// Reads them and sets up the runtime: threads, device, notes about a slow BLAS. Throws Error if
/// kernels that the launcher chose give wrong products.
Common read_common(const Arguments& arguments, bool with_device = true);

/// The value of --out, a picture: an output of the run, with an ending that pictures can be written with.
std::string picture_output(const Arguments& arguments);

/// The names of a list joined by commas, none of them empty; `flag` is what it was given to.
std::vector<std::string> names_in(const std::string& flag, const std::string& list);

/// Text for people: to stdout, or to stderr if stdout is for JSON.
void say(const Common& common, const std::string& line);
/// Prints the JSON object, and behind its keys "notes" (core/notes.hpp), to stdout if --json is set.
void report(const Common& common, const Json& json);

/// "dog 98 %": a class with its probability, for pictures and messages.
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

}  // namespace fathom::cli
