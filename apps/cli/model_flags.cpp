#include "cli/model_flags.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/model_files.hpp"
#include "fathom/core/names.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

namespace fathom::cli {
namespace {

/// Of a text file, without what ends them and blanks around them.
std::vector<std::string> lines(const std::string& text) {
  constexpr const char* blanks = " \t\r";
  std::vector<std::string> all = split(text, '\n');
  for (std::string& line : all) {
    const std::size_t begin = std::min(line.find_first_not_of(blanks), line.size());
    line = line.substr(begin, line.find_last_not_of(blanks) + 1 - begin);
  }
  return all;
}

/// A name per line, with or without a byte order mark. A file that names nothing is a slip, and so is an
/// empty line between names.
std::vector<std::string> read_labels(const std::filesystem::path& path) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  std::string text = io::read_file(path);
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    throw FormatError(
        fmt::format("class names '{}': the file is in UTF-16; save it in UTF-8", path.string()));
  if (text.starts_with(mark)) text.erase(0, mark.size());
  std::vector<std::string> names = lines(text);
  const std::size_t before = names.size();
  while (!names.empty() && names.back().empty()) names.pop_back();
  if (names.empty()) throw FormatError(fmt::format("class names '{}': the file is empty", path.string()));
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].empty())
      throw FormatError(fmt::format("class names '{}': line {} is empty", path.string(), i + 1));
  if (names.size() < before)
    note(fmt::format("class names '{}': the empty lines at the end are passed over", path.string()));
  return names;
}

constexpr Names<checkpoint::ChannelOrder, 3> kOrders = {{{checkpoint::ChannelOrder::rgb, "rgb"},
                                                         {checkpoint::ChannelOrder::bgr, "bgr"},
                                                         {checkpoint::ChannelOrder::grey, "grey"}}};

/// rgb, bgr, grey, rgba, or a number of channels.
void read_channels(const Arguments& arguments, checkpoint::FeedOptions& feed) {
  const std::string channels = arguments.text("channels");
  if (!channels.empty() && channels.find_first_not_of("0123456789") == std::string::npos) {
    feed.bands = arguments.integer("channels", 1, 64);
    if (feed.bands == 1) feed.channels = checkpoint::ChannelOrder::grey;
    return;
  }
  if (channels == "rgba") {
    feed.bands = 4;
    return;
  }
  for (const auto& [order, name] : kOrders)
    if (channels == name) {
      feed.channels = order;
      return;
    }
  throw UsageError(
      fmt::format("--channels must be rgb|bgr|grey|rgba or a number in 1 to 64, not '{}'", channels));
}

/// What nothing on the command line says.
void say_assumed(const Arguments& arguments) {
  const bool mean = arguments.has("mean"), std = arguments.has("std");
  if (mean && std) return;
  const char* const done = mean  ? "minus the mean, not divided by a deviation"
                           : std ? "divided by the deviation, without subtracting a mean"
                                 : "not normalised";
  std::vector<std::string> missing;
  for (const char* flag : {"channels", "mean", "std"})
    if (!arguments.has(flag)) missing.push_back(fmt::format("--{}", flag));
  note(fmt::format("the model has no card: its input is assumed to be {}pixels in [0, 1], {} (see {})",
                   arguments.has("channels") ? "" : "RGB ", done, fmt::join(missing, ", ")));
}

/// Empty: it is found.
std::optional<checkpoint::OutputScale> read_output_scale(const Arguments& arguments) {
  std::vector<std::string> words = {"auto"};
  for (const auto& [scale, name] : checkpoint::kOutputScales) words.emplace_back(name);
  const std::string word = arguments.choice("output-scale", words);
  if (word == "auto") return {};
  return value_of(checkpoint::kOutputScales, "output scale", word);
}

checkpoint::FeedOptions read_feed(const Arguments& arguments) {
  checkpoint::FeedOptions feed;
  feed.mean = arguments.numbers("mean");
  feed.std = arguments.numbers("std");
  for (const char* flag : {"crop", "input-size"})  // the latter if both are given; read_fit compares them
    if (arguments.has(flag)) feed.input_size = arguments.extent(flag);
  read_channels(arguments, feed);
  feed.output = arguments.optional("output").value_or("");
  if (arguments.has("output") && feed.output.empty())
    throw UsageError("--output '' names no output of the model");
  feed.output_scale = read_output_scale(arguments);
  if (const auto labels = arguments.optional_input("labels")) feed.labels = read_labels(*labels);
  say_assumed(arguments);
  return feed;
}

}  // namespace

void add_model_flags(Parser& parser) {
  parser.value(kModel, "model", kModelHelp, "NAME")
      .value(kModel, "mean", "for a .pt without a card: mean per channel, in [0, 1] or 0 to 255", "R,G,B")
      .sets("mean per channel")
      .value(kModel, "std", "standard deviation per channel, on the same scale", "R,G,B")
      .sets("deviation per channel")
      .value(kModel, "input-size", "side, or height x width, of the input in pixels", "N[xN]")
      .sets("input size")
      .value(kModel, "channels", "channels of the input: rgb|bgr|grey|rgba, or their number", "ORDER", "rgb")
      .sets("channel order")
      .value(kModel, "labels", "text file with a class name per line", "FILE")
      .sets("class names")
      .value(kModel, "output", "of several outputs, the scores of the classes: name or index", "NAME")
      .value(kModel, "output-scale",
             "auto|logits|probabilities|percentages|log-probabilities|sigmoids|log-sigmoids", "SCALE", "auto")
      .sets("output scale");
}

checkpoint::Classifier read_model(const Arguments& arguments, const Common& common) {
  unused_feed_flags(arguments, "on a model with a card, which says how to feed it");
  return checkpoint::load_classifier(model_input(arguments, "model"), common.device,
                                     [&] { return read_feed(arguments); });
}

void unused_feed_flags(const Arguments& arguments, const std::string& reason) {
  arguments.unused({"mean", "std", "input-size", "channels", "labels", "output", "output-scale"}, reason);
}

}  // namespace fathom::cli
