#include "cli/run_record.hpp"

#include "fathom/io/json.hpp"

namespace fathom::cli {
namespace {

std::filesystem::path state_path(std::filesystem::path checkpoint) {
  return checkpoint.replace_extension(".train");
}

}  // namespace

std::filesystem::path RunFiles::state() const { return state_path(checkpoint); }

RunFiles read_run_files(const Arguments& arguments, const std::string& fresh) {
  RunFiles files;
  files.resumed = arguments.optional("resume");
  files.history = arguments.optional("history");
  files.checkpoint = arguments.optional("out").value_or(files.resumed.value_or(fresh));
  if (files.checkpoint.extension() != ".pt")
    throw UsageError("--out must end in .pt, not '" + files.checkpoint.string() + "'");
  io::require_writable(files.checkpoint);
  if (files.history) io::require_writable(*files.history);
  return files;
}

void add_run_flags(Parser& parser) {
  parser.fixed_value(kData, "limit", "use only the first N training images", "N")
      .fixed_value(kData, "image-size", "side to which pictures of a folder are resized", "N", "32")
      .fixed_value(kData, "data-note", "note about the data for readers of the results; stored in the card",
                   "TEXT");
}

std::string RunNote::text() const {
  Json j = {{"data", data},
            {"limit", limit},
            {"image_size", image_size},
            {"data_note", data_note},
            {"command_line", command_line}};
  if (classifier) j["classifier"] = *classifier;
  return j.dump();
}

RunNote RunNote::from(const std::string& text) try {
  const Json j = io::parse_json(text, io::kLargestRecord);
  RunNote note{j.at("data"), j.at("limit"), j.at("image_size"), j.at("data_note"), j.at("command_line"), {}};
  if (j.contains("classifier")) note.classifier = j.at("classifier").get<std::string>();
  return note;
} catch (const Json::exception&) {
  throw FormatError("the training state was not written by this program");
} catch (const FormatError& e) {
  throw FormatError(fmt::format("the training state was not written by this program: {}", e.what()));
}

RunNote read_run_note(const Arguments& a) {
  return {a.text("data"),
          a.optional_integer("limit", 1, INT64_MAX).value_or(0),
          a.integer("image-size", 4, 1024),
          a.optional("data-note").value_or(""),
          a.command_line(),
          a.optional("classifier")};
}

data::ImageSet read_set(const RunNote& note, data::Split split, const Common& common) {
  data::ImageSet set = data::load(note.data, split, catalog(common, {note.image_size, note.image_size}));
  return split == data::Split::train && note.limit > 0 ? set.first(note.limit) : set;
}

std::string read_state(const RunFiles& files, const Arguments& arguments, const std::string& changeable) {
  arguments.refuse_fixed(changeable);
  const std::filesystem::path path = state_path(*files.resumed);
  if (!std::filesystem::exists(path))
    throw FileError(
        fmt::format("cannot resume '{}': its training state '{}' is missing", *files.resumed, path.string()));
  return io::read_file(path);
}

}  // namespace fathom::cli
