/// The command line: flags in groups, values that are checked when read, help with examples.
///
///   cli::Parser parser("occlusion", "Shows what a prediction depends on.", {"occlusion --image dog.png"});
///   parser.value(cli::kModel, "model", "a checkpoint", "FILE");
///   const cli::Arguments arguments = parser.parse(argc, argv);
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/paths.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/geometry.hpp"

namespace fathom::cli {

/// The command line is wrong: exit status 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Help or version was requested and printed: the program is done.
struct Finished {};

/// The values of a parsed command line. Numbers are checked when they are read; messages name the flag and
/// its range. A program reads only flags that it is going to use, and calls refuse_unread() when it has read
/// all of them, so that no flag is ignored without a word.
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
  /// The number given with the flag; empty if the flag is absent.
  std::optional<std::int64_t> optional_integer(const std::string& flag, std::int64_t low,
                                               std::int64_t high) const;
  std::optional<double> optional_number(const std::string& flag, double low, double high) const;
  /// "0.485,0.456,0.406"
  std::vector<float> numbers(const std::string& flag) const;
  /// "on" or "off"
  bool on_off(const std::string& flag) const;
  /// All values of a flag declared with Parser::several; of another flag its one value.
  std::vector<std::string> values(const std::string& flag) const;
  /// The arguments of a flag declared by Parser::positionals, in order.
  std::vector<std::string> list(const std::string& flag) const;
  /// One of `words`.
  std::string choice(const std::string& flag, const std::vector<std::string>& words) const;
  /// "4" or "4x6" (height x width).
  Extent extent(const std::string& flag) const;

  /// A file or folder that the program reads. `input` is required.
  std::filesystem::path input(const std::string& flag) const;
  std::optional<std::filesystem::path> optional_input(const std::string& flag) const;
  /// A file that it writes: checked against all other files of the command line, and writable
  /// (cli/paths.hpp). A program names all its files before it computes.
  std::filesystem::path output(const std::string& flag) const;
  std::optional<std::filesystem::path> optional_output(const std::string& flag) const;
  /// The files of the run, for those that no flag names directly.
  Paths& paths() const;

  /// For a resumed run. Throws UsageError if a flag was given that is fixed for the whole run; `changeable`
  /// is the flag that may change.
  void refuse_fixed(const std::string& changeable) const;

  /// Throws UsageError where a flag was given that nobody has asked for: "--fit has no effect without
  /// --image". `otherwise` is the reason where unused() gave none. cli::run calls it at the end, too, for
  /// flags that a program forgot.
  void refuse_unread(const std::string& otherwise = "here") const;
  /// Says why these flags are not asked for, for the message of refuse_unread(): "without --image".
  void unused(const std::vector<std::string>& flags, const std::string& reason) const;

  /// The command line as it was typed, the program's path reduced to its name.
  std::string command_line() const;

 private:
  bool is_given(const std::string& flag) const;

  std::shared_ptr<const Parsed> parsed_;
  std::vector<std::string> command_;
};

/// Flags in groups, help with examples, version; `parse` ends the program for --help and --version. A flag
/// with one value that is given twice is a usage error.
class Parser {
 public:
  Parser(std::string program, std::string summary, std::vector<std::string> examples);

  /// A flag with a value ("epochs", or "o,out" with a short form); `placeholder` stands for the value in the
  /// help. An empty `otherwise` means no default.
  Parser& value(const std::string& group, const std::string& flag, const std::string& help,
                const std::string& placeholder, const std::string& otherwise = {});
  Parser& toggle(const std::string& group, const std::string& flag, const std::string& help);
  /// The same for a flag that is fixed for the whole run; Arguments::refuse_fixed rejects it when resuming.
  Parser& fixed_value(const std::string& group, const std::string& flag, const std::string& help,
                      const std::string& placeholder, const std::string& otherwise = {});
  Parser& fixed_toggle(const std::string& group, const std::string& flag, const std::string& help);
  /// The value or toggle declared last sets what the library's errors call `option`, such as "learning rate".
  /// `value` is the one that does it, if it must be a certain one: "--split all".
  Parser& sets(const std::string& option, const std::string& value = {});
  /// The value declared last may be given several times, and be followed by more values: "--image a.png
  /// b.png". Arguments::text gives the first, Arguments::values all.
  Parser& several();
  /// One argument without a flag, read as `flag`.
  Parser& positional(const std::string& flag, const std::string& help);
  /// Any number of arguments without a flag, read as a list.
  Parser& positionals(const std::string& flag, const std::string& help);

  Arguments parse(int argc, char** argv);

  const std::string& program() const { return program_; }
  /// Adds flags to an error text of the library: the flag of each option declared with `sets`, as in "try a
  /// lower learning rate (--lr)".
  std::string with_flags(std::string error) const;

 private:
  struct Flags;
  std::string help() const;
  void refuse_repeated(const std::vector<std::string>& flags) const;

  std::string program_, summary_;
  std::vector<std::string> examples_, names_;
  std::set<std::string> fixed_, several_, single_;            // single_: values that are given once
  std::vector<std::pair<std::string, std::string>> options_;  // and the flag that sets each
  std::shared_ptr<Flags> flags_;
};

/// The group names of --help, in their order.
inline constexpr const char *kGeneral = "General", *kDevice = "Device", *kModel = "Model", *kData = "Data";

}  // namespace fathom::cli
