#include "cli/model_flags.hpp"

#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "cli/model_files.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

namespace fathom::cli {
namespace {

/// Of a text file, whatever ends them.
std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all = split(text, '\n');
  for (std::string& line : all)
    if (line.ends_with('\r')) line.pop_back();
  return all;
}

/// A name per line. A file that names nothing is a slip, and so is a line.
std::vector<std::string> read_labels(const std::filesystem::path& path) {
  const std::vector<std::string> names = lines(io::read_file(path));
  if (names.empty()) throw FormatError(fmt::format("class names '{}': the file is empty", path.string()));
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].find_first_not_of(" \t") == std::string::npos)
      throw FormatError(fmt::format("class names '{}': line {} is empty", path.string(), i + 1));
  return names;
}

checkpoint::FeedOptions read_feed(const Arguments& arguments) {
  checkpoint::FeedOptions feed;
  feed.mean = arguments.numbers("mean");
  feed.std = arguments.numbers("std");
  feed.input_size = arguments.optional_integer("input-size", 1, 4096).value_or(0);
  const std::string channels = arguments.choice("channels", {"rgb", "bgr", "grey"});
  feed.channels = channels == "rgb"   ? checkpoint::ChannelOrder::rgb
                  : channels == "bgr" ? checkpoint::ChannelOrder::bgr
                                      : checkpoint::ChannelOrder::grey;
  if (const auto labels = arguments.optional_input("labels")) feed.labels = read_labels(*labels);
  return feed;
}

}  // namespace

void add_model_flags(Parser& parser) {
  parser.value(kModel, "model", kModelHelp, "NAME")
      .value(kModel, "mean", "for a .pt without a card: mean per channel, in [0, 1]", "R,G,B")
      .sets("mean per channel")
      .value(kModel, "std", "standard deviation per channel", "R,G,B")
      .sets("deviation per channel")
      .value(kModel, "input-size", "side of the input in pixels", "N")
      .sets("input size")
      .value(kModel, "channels", "channels of the input: rgb|bgr|grey", "ORDER", "rgb")
      .sets("channel order")
      .value(kModel, "labels", "text file with a class name per line", "FILE")
      .sets("class names");
}

checkpoint::Classifier read_model(const Arguments& arguments, const Common& common) {
  unused_feed_flags(arguments, "on a model with a card, which says how to feed it");
  return checkpoint::load_classifier(model_input(arguments, "model"), common.device,
                                     [&] { return read_feed(arguments); });
}

void unused_feed_flags(const Arguments& arguments, const std::string& reason) {
  arguments.unused({"mean", "std", "input-size", "channels", "labels"}, reason);
}

}  // namespace fathom::cli
