#include "cli/model_flags.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

namespace fathom::cli {
namespace {

/// Of a text file, without what ends them, blanks around them, and empty lines at the end.
std::vector<std::string> lines(const std::string& text) {
  constexpr const char* blanks = " \t\r";
  std::vector<std::string> all = split(text, '\n');
  for (std::string& line : all) {
    const std::size_t begin = std::min(line.find_first_not_of(blanks), line.size());
    line = line.substr(begin, line.find_last_not_of(blanks) + 1 - begin);
  }
  while (!all.empty() && all.back().empty()) all.pop_back();
  return all;
}

/// A name per line, with or without a byte order mark. A file that names nothing is a slip, and so is a line.
std::vector<std::string> read_labels(const std::filesystem::path& path) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  std::string text = io::read_file(path);
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    throw FormatError(
        fmt::format("class names '{}': the file is in UTF-16; save it in UTF-8", path.string()));
  if (text.starts_with(mark)) text.erase(0, mark.size());
  const std::vector<std::string> names = lines(text);
  if (names.empty()) throw FormatError(fmt::format("class names '{}': the file is empty", path.string()));
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].empty())
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
  parser.value(kModel, "model", "a checkpoint, or any TorchScript classifier", "FILE")
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
  return checkpoint::load_classifier(arguments.input("model"), common.device,
                                     [&] { return read_feed(arguments); });
}

void unused_feed_flags(const Arguments& arguments, const std::string& reason) {
  arguments.unused({"mean", "std", "input-size", "channels", "labels"}, reason);
}

}  // namespace fathom::cli
