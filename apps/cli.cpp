#include "cli.hpp"

#include <cxxopts.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "fathom/core/file.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::cli {
namespace {

/// Help or version was asked for and printed.
struct Finished {};

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

int fail(const std::string& program, const std::string& what, int status) {
  fmt::print(stderr, "{}: error: {}\n", program, one_line(what));
  if (status == 2) fmt::print(stderr, "Try '{} --help'.\n", program);
  return status;
}

std::string range_text(double low, double high) {
  if (high == HUGE_VAL) return fmt::format("at least {}", low);
  return fmt::format("from {} to {}", low, high);
}

std::string range_text(std::int64_t low, std::int64_t high) {
  if (high == INT64_MAX) return fmt::format("at least {}", low);
  return fmt::format("from {} to {}", low, high);
}

template <typename Number>
std::optional<Number> parsed(const std::string& text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return {};
  return value;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// Of a text file, whatever ends them.
std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all = split(text, '\n');
  for (std::string& line : all)
    if (line.ends_with('\r')) line.pop_back();
  return all;
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
  const std::string near = closest(name, names);
  return fmt::format("no flag '{}{}'{}", dashes, name,
                     near.empty() ? "" : fmt::format("; did you mean '--{}'?", near));
}

/// What a signal handler may change, which knows nothing but globals.
std::atomic<int> interrupts = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void on_interrupt(int) {
  if (++interrupts > 1) _exit(130);
}

}  // namespace

int run(const std::string& program, const std::function<void()>& body) {
  try {
    body();
    if (std::fflush(stdout) != 0) return fail(program, "cannot write to stdout", 1);
    return 0;
  } catch (const Finished&) {
    return 0;
  } catch (const UsageError& e) {
    return fail(program, e.what(), 2);
  } catch (const InvalidArgument& e) {
    return fail(program, e.what(), 2);
  } catch (const c10::Error& e) {
    return fail(program, fmt::format("LibTorch: {}", e.what_without_backtrace()), 1);
  } catch (const std::bad_alloc&) {
    return fail(program, "out of memory", 1);
  } catch (const std::exception& e) {
    return fail(program, e.what(), 1);
  }
}

struct Arguments::Parsed {
  cxxopts::ParseResult result;
};

Arguments::Arguments(std::shared_ptr<const Parsed> parsed, std::vector<std::string> command)
    : parsed_(std::move(parsed)), command_(std::move(command)) {}

bool Arguments::has(const std::string& flag) const { return parsed_->result.count(flag) > 0; }

bool Arguments::on(const std::string& flag) const { return parsed_->result[flag].as<bool>(); }

std::string Arguments::text(const std::string& flag) const { return parsed_->result[flag].as<std::string>(); }

std::string Arguments::required(const std::string& flag) const {
  if (!has(flag)) throw UsageError("--" + flag + " is missing");
  return text(flag);
}

std::optional<std::string> Arguments::optional(const std::string& flag) const {
  return has(flag) ? std::optional(text(flag)) : std::nullopt;
}

std::int64_t Arguments::integer(const std::string& flag, std::int64_t low, std::int64_t high) const {
  const std::optional<std::int64_t> value = parsed<std::int64_t>(text(flag));
  if (!value || *value < low || *value > high)
    throw UsageError(
        fmt::format("--{} must be a whole number {}, not '{}'", flag, range_text(low, high), text(flag)));
  return *value;
}

double Arguments::number(const std::string& flag, double low, double high) const {
  const std::optional<double> value = parsed<double>(text(flag));
  if (!value || !(*value >= low && *value <= high))  // NaN fails both
    throw UsageError(
        fmt::format("--{} must be a number {}, not '{}'", flag, range_text(low, high), text(flag)));
  return *value;
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

std::string Arguments::command_line() const { return fmt::format("{}", fmt::join(command_, " ")); }

struct Parser::Flags {
  cxxopts::Options options;
};

Parser::Parser(std::string program, std::string summary, std::vector<std::string> examples)
    : program_(std::move(program)),
      summary_(std::move(summary)),
      examples_(std::move(examples)),
      flags_(std::make_shared<Flags>(Flags{cxxopts::Options(program_, summary_)})) {
  flags_->options.set_width(100);
}

namespace {

std::string long_name(const std::string& flag) { return flag.substr(flag.find(',') + 1); }

}  // namespace

Parser& Parser::value(const std::string& group, const std::string& flag, const std::string& help,
                      const std::string& placeholder, const std::string& otherwise) {
  const auto kind = cxxopts::value<std::string>();
  if (!otherwise.empty()) kind->default_value(otherwise);
  flags_->options.add_options(group)(flag, help, kind, placeholder);
  names_.push_back(long_name(flag));
  return *this;
}

Parser& Parser::toggle(const std::string& group, const std::string& flag, const std::string& help) {
  flags_->options.add_options(group)(flag, help);
  names_.push_back(long_name(flag));
  return *this;
}

Parser& Parser::positional(const std::string& flag, const std::string& help) {
  flags_->options.add_options(kGeneral)(flag, help, cxxopts::value<std::string>(), "NAME");
  positional_.push_back(flag);
  flags_->options.parse_positional({flag});
  flags_->options.positional_help(flag);
  return *this;
}

Parser& Parser::positionals(const std::string& flag, const std::string& help) {
  flags_->options.add_options(kGeneral)(flag, help, cxxopts::value<std::vector<std::string>>(), "N...");
  positional_.push_back(flag);
  flags_->options.parse_positional({flag});
  flags_->options.positional_help("[N...]");
  return *this;
}

std::vector<std::string> Parser::groups() const {
  std::vector<std::string> ordered;
  const std::vector<std::string> present = flags_->options.groups();
  for (const char* group : {kGeneral, kDevice, kModel, kData})
    if (std::find(present.begin(), present.end(), group) != present.end()) ordered.emplace_back(group);
  for (const std::string& group : present)
    if (std::find(ordered.begin(), ordered.end(), group) == ordered.end()) ordered.push_back(group);
  return ordered;
}

Arguments Parser::parse(int argc, char** argv) {
  std::vector<std::string> command(argv, argv + argc);
  command.front() = program_;
  try {
    const cxxopts::ParseResult result = flags_->options.parse(argc, argv);
    if (result.count("help") > 0) {
      fmt::print("{}\nExamples:\n  {}\n", flags_->options.help(groups()), fmt::join(examples_, "\n  "));
      throw Finished{};
    }
    if (result.count("version") > 0) {
      fmt::print("{}", version_text());
      throw Finished{};
    }
    if (!result.unmatched().empty())
      throw UsageError(fmt::format("'{}' belongs to no flag", result.unmatched().front()));
    return {std::make_shared<const Arguments::Parsed>(Arguments::Parsed{result}), command};
  } catch (const cxxopts::exceptions::exception& e) {
    throw UsageError(usage_text(e.what(), names_));
  }
}

void add_common_flags(Parser& parser, bool with_device) {
  parser.toggle(kGeneral, "h,help", "this text")
      .toggle(kGeneral, "version", "versions of fathom, LibTorch, OpenCV; CPU capability and BLAS")
      .toggle(kGeneral, "json", "one JSON object on stdout; the human text goes to stderr")
      .toggle(kGeneral, "q,quiet", "no progress bar")
      .value(kData, "data-dir", "where data sets are looked for first", "DIR");
  if (!with_device) return;
  parser.value(kGeneral, "seed", "the same command line gives the same bytes on the same machine", "N", "0")
      .value(kDevice, "threads", "0: all cores that the process may use", "N", "0")
      .value(kDevice, "device", "auto|cpu|cuda[:N]", "NAME", "auto");
}

Common read_common(const Arguments& arguments, bool with_device) {
  Common common;
  if (with_device) {
    common.seed = static_cast<std::uint64_t>(arguments.integer("seed", 0, INT64_MAX));
    set_threads(static_cast<int>(arguments.integer("threads", 0, 1024)));
    keep_freed_memory();
    common.device = select_device(arguments.text("device"));
    if (const auto diagnosis = blas_diagnosis()) fmt::print(stderr, "note: {}\n", *diagnosis);
  }
  if (const auto dir = arguments.optional("data-dir")) common.data_dir = *dir;
  common.json = arguments.on("json");
  common.quiet = arguments.on("quiet");
  if (common.data_dir && !std::filesystem::is_directory(*common.data_dir))
    throw UsageError(fmt::format("--data-dir '{}' is not a folder", common.data_dir->string()));
  return common;
}

void add_model_flags(Parser& parser) {
  parser.value(kModel, "model", "a checkpoint, or any TorchScript classifier", "FILE")
      .value(kModel, "mean", "for a .pt without a card: mean per channel, in [0, 1]", "R,G,B")
      .value(kModel, "std", "its deviation per channel", "R,G,B")
      .value(kModel, "input-size", "side of its input in pixels", "N")
      .value(kModel, "channels", "its channels: rgb|bgr|grey", "ORDER", "rgb")
      .value(kModel, "labels", "text file with a class name per line", "FILE");
}

models::Classifier read_model(const Arguments& arguments, const Common& common) {
  models::FeedOptions feed;
  feed.mean = arguments.numbers("mean");
  feed.std = arguments.numbers("std");
  feed.input_size = arguments.optional_integer("input-size", 1, 4096).value_or(0);
  const std::string channels = arguments.choice("channels", {"rgb", "bgr", "grey"});
  feed.channels = channels == "rgb"   ? models::ChannelOrder::rgb
                  : channels == "bgr" ? models::ChannelOrder::bgr
                                      : models::ChannelOrder::grey;
  if (const auto labels = arguments.optional("labels")) feed.labels = lines(read_file(*labels));
  return models::load_classifier(arguments.required("model"), common.device, feed);
}

data::Catalog catalog(const Common& common, Extent folder_size) {
  return {data::search_directories(common.data_dir), image::read_picture_as, folder_size};
}

OpenedPicture open_picture(const std::string& name, const Common& common) {
  if (const auto in_set = data::parse_picture_name(name)) {
    const data::NamedPicture picture = data::load_picture(*in_set, catalog(common));
    return {picture.image, picture.label_name};
  }
  return {image::read_picture(name), {}};
}

std::vector<std::string> names_in(const std::string& flag, const std::string& list) {
  std::vector<std::string> names;
  std::istringstream stream(list + ",");
  for (std::string name; std::getline(stream, name, ',');) {
    if (name.empty()) throw UsageError(fmt::format("--{} '{}' holds an empty name", flag, list));
    names.push_back(name);
  }
  return names;
}

void say(const Common& common, const std::string& line) {
  FILE* const stream = common.json ? stderr : stdout;
  fmt::print(stream, "{}\n", line);
  std::fflush(stream);  // an epoch takes minutes; a reader of a log should not wait for the next
}

void report(const Common& common, const Json& json) {
  if (common.json) fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string named_percent(const std::string& name, double probability) {
  const double percent = 100 * probability;
  // Whole numbers, but never "100 %" for less or "0 %" for more.
  const bool extreme = percent > 99.5 ? percent < 100 : percent < 0.95;
  return extreme ? fmt::format("{} {:.1f} %", name, std::min(percent, 99.9))
                 : fmt::format("{} {:.0f} %", name, percent);
}

Interrupt::Interrupt() {
  interrupts = 0;
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
}

bool Interrupt::requested() const { return interrupts > 0; }

double seconds_since_process_start() {
  std::ifstream fields("/proc/self/stat");
  std::string field;
  // The second field, the program's name, may hold spaces; it ends with the last ')'. The start is the 22nd
  // field.
  std::getline(fields, field, ')');
  for (int i = 3; i <= 22; ++i) fields >> field;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const double start = std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 - start;
}

double Stopwatch::lap() {
  const auto now = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  return seconds;
}

}  // namespace fathom::cli
