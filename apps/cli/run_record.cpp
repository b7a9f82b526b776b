#include "cli/run_record.hpp"
#include "cli/sets.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "fathom/core/notes.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/io/json.hpp"

namespace fathom::cli {
namespace {

/// The random stream that draws the images kept by a limit.
constexpr std::uint64_t kLimitStream = 0x11317;

std::filesystem::path state_path(std::filesystem::path checkpoint) {
  return checkpoint.replace_extension(".train");
}

RunNote read_run_note(const Arguments& a, const Common& common, const RunKind& kind) {
  RunNote note{.data = a.text("data"),
               .data_note = a.optional("data-note").value_or(""),
               .command_line = a.command_line()};
  if (is_folder_set(note.data)) {
    note.image_size = a.integer("image-size", 4, 1024);
  } else {
    a.unused({"image-size"}, "without --data folder:PATH or csv:FILE");
  }
  note.skip_damaged = skips_damaged(a, note.data);
  note.kernels = kernels_name();
  if (kind.has_pictures && !kind.has_pictures(note.data)) {
    a.unused({"limit", "classifier"}, fmt::format("with --data {}", note.data));
    return note;
  }
  note.limit = a.optional_integer("limit", 1, INT64_MAX).value_or(0);
  if (note.limit > 0) note.limit_seed = common.seed;
  note.classifier = a.optional("classifier");
  return note;
}

/// The state of the run to resume.
std::string read_state(const RunFiles& files) {
  const std::filesystem::path path = resumed_state(files);
  if (!std::filesystem::exists(path))
    throw FileError(
        fmt::format("cannot resume '{}': its training state '{}' is missing", *files.resumed, path.string()));
  return io::read_file(path);
}

bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error);
}

/// Empty if the set is missing; its reader reports that.
std::vector<std::filesystem::path> data_files(const std::string& name, data::Split split,
                                              const Common& common) try {
  return data::set_files(name, split, catalog(common));
} catch (const Error&) {
  return {};
}

/// The folders that the run writes to, with links resolved.
std::vector<std::filesystem::path> output_folders(const Arguments& arguments, const RunFiles& files) {
  const auto folder_of = [](const std::filesystem::path& file) {
    std::error_code error;
    return std::filesystem::weakly_canonical(std::filesystem::absolute(file), error).parent_path();
  };
  std::vector<std::filesystem::path> folders = {folder_of(files.checkpoint)};
  for (const char* flag : {"history", "chart", "strip"})
    if (const auto file = arguments.optional(flag)) folders.push_back(folder_of(*file));
  if (const auto folder = arguments.optional("samples-dir")) folders.emplace_back(*folder);
  return folders;
}

/// The files of the run's data in the folders that it writes to. A data set may have many more files
/// elsewhere.
std::set<std::filesystem::path> exposed_data(const RunNote& note, const Common& common,
                                             const std::vector<std::filesystem::path>& folders) {
  std::set<std::filesystem::path> exposed;
  std::map<std::filesystem::path, bool> is_exposed;  // by folder
  for (const data::Split split : {data::Split::train, data::Split::test})
    for (const std::filesystem::path& file : data_files(note.data, split, common)) {
      const std::filesystem::path parent = file.has_parent_path() ? file.parent_path() : ".";
      if (!is_exposed.contains(parent))
        is_exposed[parent] = std::any_of(folders.begin(), folders.end(),
                                         [&](const auto& folder) { return is_same_file(folder, parent); });
      if (is_exposed.at(parent)) exposed.insert(file);
    }
  return exposed;
}

/// Registers the files that the run reads, so that its outputs cannot replace them.
void register_inputs(const Arguments& arguments, const Common& common, const RunKind& kind,
                     const RunStart& run) {
  Paths& paths = arguments.paths();
  if (arguments.has("augment")) paths.reads("augment", arguments.text("augment"));
  if (const auto judge = kind.judge ? kind.judge(run.note) : std::nullopt) paths.reads("classifier", *judge);
  if (run.files.resumed && !is_same_file(resumed_state(run.files), run.files.state())) {
    paths.reads("resume", *run.files.resumed);
    paths.reads("resume", resumed_state(run.files));
  }
  if (run.note.data.starts_with("csv:")) paths.reads("data", run.note.data.substr(4));
  for (const std::filesystem::path& file :
       exposed_data(run.note, common, output_folders(arguments, run.files)))
    paths.reads("data", file);
}

/// The file that is locked: the file itself, also if it is given by a link.
std::filesystem::path locked_file(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::is_symlink(file, error) ? std::filesystem::weakly_canonical(file, error) : file;
}

/// The other outputs that a run replaces again and again. A second run on one of them would lose what the
/// first has written. Devices have no content to lose.
std::vector<std::pair<std::string, std::filesystem::path>> replaced_files(const Arguments& arguments) {
  std::vector<std::pair<std::string, std::filesystem::path>> all;
  for (const char* flag : {"history", "chart", "strip"})
    if (const auto file = arguments.optional(flag))
      if (std::error_code error; !std::filesystem::is_other(*file, error)) all.emplace_back(flag, *file);
  return all;
}

std::filesystem::path lock_of(const std::filesystem::path& file) { return locked_file(file) += ".lock"; }

void register_outputs(const Arguments& arguments, RunFiles& files) {
  const std::string flag = arguments.has("out") || !files.resumed ? "out" : "resume";
  for (const std::filesystem::path& file : {files.checkpoint, files.state(), lock_of(files.checkpoint)})
    arguments.paths().writes(flag, file);
  for (const auto& [each, file] : replaced_files(arguments)) arguments.paths().writes(each, lock_of(file));
  files.history = arguments.optional_output("history");
}

/// Compares the kernels of a run to resume with those of this process and adds these; true: they are others.
bool note_other_kernels(RunNote& note) {
  const std::size_t last = note.kernels.rfind("; ");
  const std::string before = last == std::string::npos ? note.kernels : note.kernels.substr(last + 2);
  const std::string now = kernels_name();
  if (before.empty() || before == now) return false;
  fathom::note(
      fmt::format("the run was computed with other kernels ({}) than now ({}); its bits may differ from an "
                  "uninterrupted run",
                  before, now));
  note.kernels += "; " + now;
  return true;
}

}  // namespace

std::filesystem::path RunFiles::state() const { return state_path(checkpoint); }

std::filesystem::path resumed_state(const RunFiles& files) { return state_path(*files.resumed); }

RunStart read_run(const Arguments& arguments, const Common& common, const RunKind& kind) {
  RunStart run;
  RunFiles& files = run.files;
  files.resumed = arguments.optional("resume");
  files.checkpoint = arguments.optional("out").value_or(files.resumed.value_or(kind.fresh));
  if (files.checkpoint.extension() != ".pt")
    throw UsageError("--out must end in .pt, not '" + files.checkpoint.string() + "'");
  if (files.resumed) arguments.refuse_fixed(kind.changeable);
  if (!files.resumed) run.note = read_run_note(arguments, common, kind);
  // Before the state is read, because a process that holds the lock could replace it.
  files.locks = std::make_shared<std::list<io::FileLock>>();
  files.locks->emplace_back(locked_file(files.checkpoint));
  if (files.resumed) {
    run.state = read_state(files);
    run.note = from_state(resumed_state(files), [&] { return RunNote::from(kind.note_of(run.state)); });
    run.other_kernels = note_other_kernels(run.note);
  }
  register_inputs(arguments, common, kind, run);
  register_outputs(arguments, files);
  for (const auto& [flag, file] : replaced_files(arguments)) files.locks->emplace_back(locked_file(file));
  return run;
}

void add_run_flags(Parser& parser) {
  parser.fixed_value(kData, "limit", "use only N training images, drawn with the shares of the classes", "N")
      .fixed_value(kData, "image-size", "side to which pictures of a folder are resized", "N", "32")
      .fixed_value(kData, "data-note", "note about the data for readers of the results; stored in the card",
                   "TEXT");
  add_set_flags(parser);
}

std::string RunNote::text() const {
  Json j = {{"data", data},
            {"limit", limit},
            {"image_size", image_size},
            {"data_note", data_note},
            {"command_line", command_line}};
  if (classifier) j["classifier"] = *classifier;
  if (limit_seed) j["limit_seed"] = *limit_seed;
  if (skip_damaged) j["skip_damaged"] = true;
  if (!kernels.empty()) j["kernels"] = kernels;
  if (is_folder_set(data)) j["every_picture"] = folder_rules == fathom::data::FolderRules::every_picture;
  return j.dump();
}

RunNote RunNote::from(const std::string& text) try {
  const Json j = io::parse_json(text, io::kLargestRecord);
  RunNote note{.data = j.at("data"),
               .limit = j.at("limit"),
               .image_size = j.at("image_size"),
               .data_note = j.at("data_note"),
               .command_line = j.at("command_line")};
  if (j.contains("classifier")) note.classifier = j.at("classifier").get<std::string>();
  if (j.contains("limit_seed")) note.limit_seed = j.at("limit_seed").get<std::uint64_t>();
  note.skip_damaged = j.value("skip_damaged", false);
  note.kernels = j.value("kernels", "");
  if (!j.value("every_picture", false)) note.folder_rules = data::FolderRules::before;
  return note;
} catch (const Json::exception&) {
  throw FormatError("the training state was not written by this program");
} catch (const FormatError& e) {
  throw FormatError(fmt::format("the training state was not written by this program: {}", e.what()));
}

data::ImageSet limited_set(const data::ImageSet& set, std::int64_t limit, std::uint64_t seed) {
  data::ImageSet drawn = data::drawn_subset(set, limit, make_generator(derive_seed(seed, kLimitStream)));
  const std::vector<std::string> before = data::missing_classes(set), missing = data::missing_classes(drawn);
  if (missing.size() > before.size())
    fathom::note(fmt::format("{} images are fewer than the classes; none is of {}", drawn.size(),
                             fmt::join(missing, ", ")));
  return drawn;
}

data::ImageSet read_set(const RunNote& note, data::Split split, const Common& common) {
  data::Catalog sets = catalog(common, {note.image_size, note.image_size});
  sets.skip_damaged = note.skip_damaged;
  sets.folder_rules = note.folder_rules;
  data::ImageSet set = data::load(note.data, split, sets);
  if (split == data::Split::test || note.limit == 0) return set;
  return note.limit_seed ? limited_set(set, note.limit, *note.limit_seed) : set.first(note.limit);
}

data::ImageSet read_resumed_set(const RunNote& note, data::Split split, const Common& common) {
  const std::filesystem::path place =
      is_folder_set(note.data) ? note.data.substr(note.data.find(':') + 1) : std::string();
  std::error_code ignored;
  if (!place.empty() && !std::filesystem::exists(place, ignored))
    throw FileError(fmt::format(
        "the run trains on '{}', and there is no '{}'{}; put the data set, or a link to it, there to resume",
        note.data, place.string(),
        place.is_relative()
            ? fmt::format(" in '{}' (its path starts in the folder where the run was started)",
                          std::filesystem::current_path(ignored).string())
            : ""));
  return read_set(note, split, common);
}

}  // namespace fathom::cli
