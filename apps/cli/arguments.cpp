#include "cli/arguments.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cxxopts.hpp>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "cli/help.hpp"
#include "cli/suggestions.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/text.hpp"

namespace fathom::cli {
namespace {

template <typename Number>
std::optional<Number> parsed(const std::string& text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return {};
  return value;
}

/// The number that the flag's `text` is; `kind` is what it has to be.
template <typename Number>
Number within(const std::string& flag, const std::string& text, Number low, Number high, const char* kind) {
  const std::optional<Number> value = parsed<Number>(text);
  if (value && *value >= low && *value <= high) return *value;  // NaN fails both
  using Limits = std::numeric_limits<Number>;
  constexpr Number kNoLimit = Limits::has_infinity ? Limits::infinity() : Limits::max();
  const std::string range =
      high == kNoLimit ? fmt::format("at least {}", low) : fmt::format("from {} to {}", low, high);
  throw UsageError(fmt::format("--{} must be {} {}, not '{}'", flag, kind, range, text));
}

/// What cxxopts says of a wrong command line, in our words.
std::string usage_text(const std::string& what, const std::vector<std::string>& names) {
  constexpr const char* marker = "Option ";
  if (what.find("does not exist") == std::string::npos) return what;
  // The name stands between typographic quotes, whatever the locale makes of them.
  std::string name;
  for (const char c : what.substr(std::string(marker).size()))
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') {
      name += c;
    } else if (!name.empty()) {
      break;
    }
  const std::string dashes = name.size() == 1 ? "-" : "--";
  const std::string near = meant_flag(name, names);
  return fmt::format("no flag '{}{}'{}", dashes, name,
                     near.empty() ? "" : fmt::format("; did you mean '--{}'?", near));
}

using FlagValues = std::map<std::string, std::vector<std::string>>;

/// Takes all but the first value of these flags out of the words of a command line, and gives back all: of
/// "--image a b --image c", "--image a" is left.
FlagValues take_values(std::vector<std::string>& words, const std::set<std::string>& flags) {
  FlagValues values;
  std::vector<std::string> left;
  const auto is_value = [&](std::size_t i) {
    return i < words.size() && (words[i] == "-" || !words[i].starts_with('-'));
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = words[i];
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string flag = word.starts_with("--") ? word.substr(2, equals - 2) : "";
    if (!flags.contains(flag)) {
      left.push_back(word);
      continue;
    }
    std::vector<std::string>& found = values[flag];
    const bool is_first = found.empty();
    if (equals < word.size())
      found.push_back(word.substr(equals + 1));
    else if (i + 1 < words.size())
      found.push_back(words[++i]);
    if (is_first) left.push_back("--" + flag);
    if (is_first && !found.empty()) left.push_back(found.front());
    while (is_value(i + 1)) found.push_back(words[++i]);
  }
  words = left;
  return values;
}

/// "out" of "o,out".
std::string long_name(const std::string& flag) { return flag.substr(flag.find(',') + 1); }

}  // namespace

struct Arguments::Parsed {
  cxxopts::ParseResult result;
  std::set<std::string> fixed;
  FlagValues values = {};
  /// Which flags were asked for, and why others will not be.
  mutable std::set<std::string> read = {};
  mutable std::map<std::string, std::string> unused = {};
  mutable Paths paths = {};
};

Arguments::Arguments(std::shared_ptr<const Parsed> parsed, std::vector<std::string> command)
    : parsed_(std::move(parsed)), command_(std::move(command)) {}

bool Arguments::is_given(const std::string& flag) const { return parsed_->result.count(flag) > 0; }

bool Arguments::has(const std::string& flag) const {
  parsed_->read.insert(flag);
  return is_given(flag);
}

bool Arguments::on(const std::string& flag) const {
  parsed_->read.insert(flag);
  return parsed_->result[flag].as<bool>();
}

std::string Arguments::text(const std::string& flag) const {
  parsed_->read.insert(flag);
  return parsed_->result[flag].as<std::string>();
}

std::string Arguments::required(const std::string& flag) const {
  if (!has(flag)) throw UsageError("--" + flag + " is missing");
  return text(flag);
}

std::optional<std::string> Arguments::optional(const std::string& flag) const {
  return has(flag) ? std::optional(text(flag)) : std::nullopt;
}

std::int64_t Arguments::integer(const std::string& flag, std::int64_t low, std::int64_t high) const {
  return within(flag, text(flag), low, high, "a whole number");
}

double Arguments::number(const std::string& flag, double low, double high) const {
  return within(flag, text(flag), low, high, "a number");
}

std::optional<std::int64_t> Arguments::optional_integer(const std::string& flag, std::int64_t low,
                                                        std::int64_t high) const {
  return has(flag) ? std::optional(integer(flag, low, high)) : std::nullopt;
}

std::optional<double> Arguments::optional_number(const std::string& flag, double low, double high) const {
  return has(flag) ? std::optional(number(flag, low, high)) : std::nullopt;
}

std::vector<float> Arguments::numbers(const std::string& flag) const {
  std::vector<float> values;
  if (!has(flag)) return values;
  for (const std::string& part : split(text(flag) + ",", ',')) {
    const std::optional<float> value = parsed<float>(part);
    if (!value || !std::isfinite(*value))
      throw UsageError(fmt::format("--{} takes numbers separated by commas, not '{}'", flag, text(flag)));
    values.push_back(*value);
  }
  return values;
}

std::vector<std::string> Arguments::values(const std::string& flag) const {
  const std::string first = text(flag);
  const auto all = parsed_->values.find(flag);
  return all == parsed_->values.end() ? std::vector<std::string>{first} : all->second;
}

bool Arguments::on_off(const std::string& flag) const { return choice(flag, {"on", "off"}) == "on"; }

std::vector<std::string> Arguments::list(const std::string& flag) const {
  return has(flag) ? parsed_->result[flag].as<std::vector<std::string>>() : std::vector<std::string>();
}

std::string Arguments::choice(const std::string& flag, const std::vector<std::string>& words) const {
  std::string word = text(flag);
  if (std::find(words.begin(), words.end(), word) == words.end())
    throw UsageError(fmt::format("--{} must be {}, not '{}'", flag, fmt::join(words, "|"), word));
  return word;
}

Extent Arguments::extent(const std::string& flag) const {
  const std::string whole = text(flag);
  const std::size_t cross = whole.find('x');
  const auto side = [&](const std::string& part) {
    const std::optional<std::int64_t> value = parsed<std::int64_t>(part);
    if (!value || *value < 1)
      throw UsageError(fmt::format("--{} must be N or HxW in pixels, at least 1, not '{}'", flag, whole));
    return *value;
  };
  if (cross == std::string::npos) return {side(whole), side(whole)};
  return {side(whole.substr(0, cross)), side(whole.substr(cross + 1))};
}

Paths& Arguments::paths() const { return parsed_->paths; }

std::filesystem::path Arguments::input(const std::string& flag) const {
  required(flag);
  return *optional_input(flag);
}

std::optional<std::filesystem::path> Arguments::optional_input(const std::string& flag) const {
  if (!has(flag)) return {};
  paths().reads(flag, text(flag));
  return text(flag);
}

std::filesystem::path Arguments::output(const std::string& flag) const {
  paths().writes(flag, text(flag));
  return text(flag);
}

std::optional<std::filesystem::path> Arguments::optional_output(const std::string& flag) const {
  return has(flag) ? std::optional(output(flag)) : std::nullopt;
}

void Arguments::refuse_fixed(const std::string& changeable) const {
  for (const std::string& flag : parsed_->fixed)
    if (is_given(flag))
      throw UsageError(fmt::format("--{} cannot be changed when resuming (only --{} can)", flag, changeable));
}

void Arguments::refuse_unread(const std::string& otherwise) const {
  for (const cxxopts::KeyValue& given : parsed_->result.arguments()) {
    if (parsed_->read.contains(given.key())) continue;
    const auto reason = parsed_->unused.find(given.key());
    throw UsageError(fmt::format("--{} has no effect {}", given.key(),
                                 reason == parsed_->unused.end() ? otherwise : reason->second));
  }
}

void Arguments::unused(const std::vector<std::string>& flags, const std::string& reason) const {
  for (const std::string& flag : flags) parsed_->unused[flag] = reason;
}

std::string Arguments::command_line() const { return fmt::format("{}", fmt::join(command_, " ")); }

struct Parser::Flags {
  cxxopts::Options options;
  std::vector<HelpEntry> entries = {};
  std::string positional = {};  // in the line of usage
};

Parser::Parser(std::string program, std::string summary, std::vector<std::string> examples)
    : program_(std::move(program)),
      summary_(std::move(summary)),
      examples_(std::move(examples)),
      flags_(std::make_shared<Flags>(Flags{cxxopts::Options(program_, summary_)})) {}

Parser& Parser::value(const std::string& group, const std::string& flag, const std::string& help,
                      const std::string& placeholder, const std::string& otherwise) {
  const auto kind = cxxopts::value<std::string>();
  if (!otherwise.empty()) kind->default_value(otherwise);
  flags_->options.add_options(group)(flag, help, kind, placeholder);
  flags_->entries.push_back({group, flag, placeholder, help, otherwise});
  names_.push_back(long_name(flag));
  single_.insert(long_name(flag));
  return *this;
}

Parser& Parser::toggle(const std::string& group, const std::string& flag, const std::string& help) {
  flags_->options.add_options(group)(flag, help);
  flags_->entries.push_back({group, flag, {}, help, {}});
  names_.push_back(long_name(flag));
  return *this;
}

Parser& Parser::fixed_value(const std::string& group, const std::string& flag, const std::string& help,
                            const std::string& placeholder, const std::string& otherwise) {
  fixed_.insert(long_name(flag));
  return value(group, flag, help, placeholder, otherwise);
}

Parser& Parser::fixed_toggle(const std::string& group, const std::string& flag, const std::string& help) {
  fixed_.insert(long_name(flag));
  return toggle(group, flag, help);
}

Parser& Parser::sets(const std::string& option, const std::string& value) {
  options_.emplace_back(option, value.empty() ? names_.back() : names_.back() + ' ' + value);
  return *this;
}

Parser& Parser::several() {
  several_.insert(names_.back());
  single_.erase(names_.back());
  return *this;
}

std::string Parser::with_flags(std::string error) const {
  for (const auto& [option, flag] : options_)
    if (const std::size_t at = error.find(option); at != std::string::npos)
      error.insert(at + option.size(), fmt::format(" (--{})", flag));
  return error;
}

Parser& Parser::positional(const std::string& flag, const std::string& help) {
  flags_->options.add_options(kGeneral)(flag, help, cxxopts::value<std::string>(), "NAME");
  flags_->options.parse_positional({flag});
  flags_->entries.push_back({{}, flag, {}, help, {}});
  flags_->positional = " " + flag;
  single_.insert(flag);
  return *this;
}

Parser& Parser::positionals(const std::string& flag, const std::string& help) {
  flags_->options.add_options(kGeneral)(flag, help, cxxopts::value<std::vector<std::string>>(), "N...");
  flags_->options.parse_positional({flag});
  flags_->entries.push_back({{}, "N...", {}, help, {}});
  flags_->positional = " [N...]";
  return *this;
}

std::string Parser::help() const {
  std::vector<std::string> groups = {"", kGeneral, kDevice, kModel, kData};
  for (const HelpEntry& entry : flags_->entries)
    if (std::find(groups.begin(), groups.end(), entry.group) == groups.end()) groups.push_back(entry.group);
  return fmt::format("{}\nUsage:\n  {} [OPTION...]{}\n{}\nExamples:\n  {}\n", summary_, program_,
                     flags_->positional, help_text(flags_->entries, groups), fmt::join(examples_, "\n  "));
}

void Parser::refuse_repeated(const std::vector<std::string>& flags) const {
  for (const std::string& flag : flags)
    if (single_.contains(flag) && std::count(flags.begin(), flags.end(), flag) > 1)
      throw UsageError(fmt::format("--{} is given more than once; it takes one value", flag));
}

Arguments Parser::parse(int argc, char** argv) {
  std::vector<std::string> command(argv, argv + argc);
  command.front() = program_;
  try {
    std::vector<std::string> words(argv, argv + argc);
    FlagValues values = take_values(words, several_);
    std::vector<char*> left;
    for (std::string& word : words) left.push_back(word.data());
    left.push_back(nullptr);
    const cxxopts::ParseResult result = flags_->options.parse(static_cast<int>(words.size()), left.data());
    if (result.count("help") > 0) {
      fmt::print("{}", help());
      throw Finished{};
    }
    if (result.count("version") > 0) {
      fmt::print("{}", version_text());
      throw Finished{};
    }
    std::vector<std::string> given;
    for (const cxxopts::KeyValue& each : result.arguments()) given.push_back(each.key());
    refuse_repeated(given);
    if (!result.unmatched().empty()) {
      std::vector<std::string> free = names_;  // flags that may still be given
      std::erase_if(free, [&](const std::string& flag) {
        return single_.contains(flag) && std::find(given.begin(), given.end(), flag) != given.end();
      });
      throw UsageError(unexpected_text(result.unmatched().front(), free));
    }
    return {std::make_shared<const Arguments::Parsed>(Arguments::Parsed{result, fixed_, std::move(values)}),
            command};
  } catch (const cxxopts::exceptions::exception& e) {
    throw UsageError(usage_text(e.what(), names_));
  }
}

}  // namespace fathom::cli
