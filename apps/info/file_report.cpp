#include "info/file_report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/sets.hpp"
#include "fathom/checkpoint/file_kind.hpp"
#include "fathom/checkpoint/shipped_models.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/image/format.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/archive.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/npy.hpp"
#include "info/model_report.hpp"

namespace fathom::cli {
namespace {

using checkpoint::FileKind;

/// An input for the program, as the flags describe it; undefined if they do not.
torch::Tensor read_example(const Arguments& arguments) {
  if (!arguments.has("input-size")) {
    arguments.unused({"channels"}, "without --input-size");
    return {};
  }
  const Extent size = arguments.extent("input-size");
  const std::int64_t channels = arguments.choice("channels", {"rgb", "grey"}) == "rgb" ? 3 : 1;
  return torch::zeros({1, channels, size.height, size.width});
}

/// What the header says, and what decoding gives.
void describe_picture(const Common& common, Json& report, const std::string& bytes, const std::string& file) {
  const image::Promise header = image::promised(bytes, fmt::format("cannot read picture '{}': ", file));
  const torch::Tensor picture = image::decode_picture(bytes, file);
  const bool is_grey = picture.size(0) == 1;
  report["shape"] = picture.sizes().vec();
  report["format"] = image::to_string(header.format);
  report["bits"] = header.bits;
  report["channels"] = is_grey ? "grey" : "rgb";
  report["orientation"] = header.orientation;
  report["frames"] = std::max<std::int64_t>(header.frames, 1);
  say(common, fmt::format("  {} (channels x height x width)",
                          fmt::join(report["shape"].get<std::vector<std::int64_t>>(), "x")));
  say(common, fmt::format("  {}, {} per sample, read as {}, {}", report["format"].get<std::string>(),
                          counted(header.bits, "bit"), is_grey ? "grey" : "RGB",
                          header.orientation == 1
                              ? "upright"
                              : fmt::format("turned upright from orientation {}", header.orientation)));
}

/// "float32"
std::string type_name(const torch::Tensor& array) {
  return array.scalar_type() == torch::kFloat    ? "float32"
         : array.scalar_type() == torch::kDouble ? "float64"
         : array.scalar_type() == torch::kLong   ? "int64"
                                                 : "uint8";
}

/// A map or a mask that programs wrote, or any other array.
void describe_array(const Common& common, Json& report, const std::string& file) {
  torch::Tensor array;
  try {
    array = io::read_npy(file);
  } catch (const FormatError& error) {
    return note(error.what());
  }
  const std::vector<std::int64_t> shape = array.sizes().vec();
  report["shape"] = shape;
  report["type"] = type_name(array);
  std::string text = fmt::format("  {} [{}]", type_name(array), fmt::join(shape, ", "));
  if (array.numel() > 0) {
    const double low = array.min().item<double>(), high = array.max().item<double>();
    report["min"] = low;
    report["max"] = high;
    text += fmt::format(", {:.6g} to {:.6g}", low, high);
  }
  say(common, text);
}

}  // namespace

void describe_file(const Arguments& arguments, const Common& common, const std::string& name) {
  const std::string file = checkpoint::find_model(name).string();
  const std::string bytes = io::read_file(file);
  const FileKind kind = checkpoint::kind_of(bytes);
  torch::Tensor example;
  if (kind == FileKind::torchscript)
    example = read_example(arguments);
  else
    arguments.unused({"input-size", "channels"},
                     "on a file that is not a TorchScript program without a card");
  arguments.refuse_unread();
  if (kind == FileKind::unknown && bytes.starts_with("PK"))
    io::verify_archive(bytes, fmt::format("cannot read '{}'", file));  // says where it is damaged

  Json report = {{"file", file},
                 {"kind", checkpoint::to_string(kind)},
                 {"description", checkpoint::description(kind)},
                 {"bytes", bytes.size()},
                 {"card", nullptr},
                 {"stages", Json::array()}};
  say(common, fmt::format("{}: {}, {} bytes", file, checkpoint::description(kind),
                          grouped(static_cast<std::uint64_t>(bytes.size()))));
  if (kind == FileKind::checkpoint) describe_checkpoint(common, report, file);
  if (kind == FileKind::generator) describe_generator(common, report, file);
  if (kind == FileKind::torchscript) describe_program(common, report, file, bytes, example);
  if (kind == FileKind::picture) describe_picture(common, report, bytes, file);
  if (kind == FileKind::numpy) describe_array(common, report, file);
  if (const std::string lines = checkpoint::export_lines(kind, bytes, file); !lines.empty()) {
    report["export"] = lines;
    say(common, "to use it here, export it in Python as TorchScript: " + lines);
  }
  cli::report(common, report);
}

void describe_picture_of_set(const Common& common, const std::string& name) {
  const data::NamedPicture picture = data::load_picture(*data::parse_picture_name(name), catalog(common));
  constexpr const char* kDescription = "a picture of a data set";
  const std::vector<std::int64_t> shape = picture.image.sizes().vec();
  say(common, fmt::format("{}: {}, class {}", name, kDescription, picture.label_name));
  say(common, fmt::format("  {} (channels x height x width)", fmt::join(shape, "x")));
  report(common, {{"file", nullptr},
                  {"kind", "picture_of_set"},
                  {"description", kDescription},
                  {"class", picture.label_name},
                  {"shape", shape}});
}

}  // namespace fathom::cli
