#include "fathom/checkpoint/shipped_models.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

namespace fathom::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelEnding = ".pt";

bool is_model_file(const fs::path& path) {
  std::error_code ignored;
  return lower_extension(path) == kModelEnding && fs::is_regular_file(path, ignored);
}

}  // namespace

std::vector<fs::path> model_directories() {
  std::vector<fs::path> directories;
  if (const char* const named = std::getenv("FATHOM_MODELS"); named && *named)
    directories.emplace_back(named);
  if (const auto shipped = io::shipped_directory()) directories.push_back(*shipped / "models");
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  // A program behind the launcher is in libexec/fathom/, its name in bin/.
  const fs::path folder = program.parent_path(), above = folder.parent_path();
  const bool has_launcher = folder.filename() == "fathom" && above.filename() == "libexec";
  if (!failed) directories.push_back((has_launcher ? above.parent_path() / "bin" : folder) / "models");
  return directories;
}

std::vector<NamedModel> named_models() {
  std::map<std::string, fs::path> found;
  for (const fs::path& directory : model_directories()) {
    std::error_code failed;
    fs::directory_iterator entry(directory, failed);
    for (; !failed && entry != fs::directory_iterator(); entry.increment(failed))
      if (is_model_file(entry->path())) found.emplace(entry->path().stem().string(), entry->path());
  }
  std::vector<NamedModel> models;
  for (const auto& [name, file] : found) models.push_back({name, file});
  return models;
}

fs::path find_model(const std::string& name_or_path) {
  const fs::path path = name_or_path;
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_directory(path, ignored)) return path;
  if (path.has_parent_path() || name_or_path.empty()) return path;
  const std::string name = lower_extension(path) == kModelEnding ? path.stem().string() : name_or_path;
  const std::vector<NamedModel> models = named_models();
  const auto named =
      std::find_if(models.begin(), models.end(), [&](const NamedModel& m) { return m.name == name; });
  if (named != models.end()) return named->file;
  if (path.has_extension() || fs::is_directory(path, ignored)) return path;
  std::vector<std::string> names;
  for (const NamedModel& model : models) names.push_back(model.name);
  throw FileError(fmt::format(
      "no file '{0}', and no model has that name{1}", name_or_path,
      names.empty() ? " ($FATHOM_MODELS may name a folder with models)" : suggestion(name_or_path, names)));
}

}  // namespace fathom::checkpoint
