#include "cli/paths.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "cli/arguments.hpp"
#include "fathom/io/file.hpp"

namespace fathom::cli {
namespace {

namespace fs = std::filesystem;

/// Where a path leads, also if nothing is there yet.
fs::path resolved(fs::path path) {
  std::error_code error;
  path = fs::absolute(path, error);
  try {
    path = io::behind_links(path);
  } catch (const FileError&) {  // links in a circle, or to a folder: whoever opens it says so
  }
  const fs::path canonical = fs::weakly_canonical(path, error);
  path = error ? path.lexically_normal() : canonical;
  return path.has_filename() ? path : path.parent_path();  // "folder/" is "folder"
}

bool is_same(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return a == b || fs::equivalent(a, b, error);
}

bool is_in(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

using FileIdentity = std::pair<std::uint64_t, std::uint64_t>;

std::optional<FileIdentity> identity_of(const fs::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return FileIdentity{status.st_dev, status.st_ino};
}

/// What the symbolic links in a folder and below it lead to.
std::set<FileIdentity> linked_from(const fs::path& folder) {
  std::set<FileIdentity> linked;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
    if (std::error_code ignored; entry->is_symlink(ignored))
      if (const auto identity = identity_of(entry->path())) linked.insert(*identity);
  return linked;
}

/// The files of a folder whose names pass, links resolved.
std::map<FileIdentity, fs::path> existing_files(const fs::path& folder,
                                                const std::function<bool(const std::string&)>& is_own_name) {
  std::map<FileIdentity, fs::path> files;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    if (is_own_name(entry->path().filename().string()))
      if (const auto identity = identity_of(entry->path())) files[*identity] = resolved(entry->path());
  return files;
}

/// What a path is called without its folders; a folder's may end in a slash.
std::string name_of(const fs::path& path) {
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

}  // namespace

std::optional<Paths::Stamp> Paths::stamp_of(const fs::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return Stamp{status.st_dev, status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

Paths::File Paths::file(const std::string& flag, const fs::path& path) {
  return {flag, path, resolved(path), {}, {}, {}, stamp_of(path)};
}

/// Throws where `output` writes what `other` names: an input, or another output.
void Paths::require_apart(const File& output, const File& other) {
  const bool is_own = output.is_own_name && other.resolved.parent_path() == output.resolved &&
                      output.is_own_name(other.resolved.filename().string());
  const bool is_replaced =
      other.before && output.replaced.contains({other.before->device, other.before->number});
  if (is_own || is_replaced || is_same(output.resolved, other.resolved))
    throw UsageError(fmt::format("--{} '{}' would overwrite --{} '{}'", output.flag, output.path.string(),
                                 other.flag, other.path.string()));
}

/// Throws where `output` writes what the input names, or a file that is read in a folder that it names.
void Paths::require_unread(const File& output, const File& input) {
  require_apart(output, input);
  if (!is_folder(input.resolved)) return;
  for (const auto& [identity, file] : output.replaced)
    if (is_in(file, input.resolved) || input.linked.contains(identity))
      throw UsageError(fmt::format("--{} '{}' would overwrite a file that --{} '{}' reads", output.flag,
                                   output.path.string(), input.flag, input.path.string()));
}

void Paths::add_output(File output) {
  if (output.is_own_name)
    output.replaced = existing_files(output.resolved, output.is_own_name);
  else if (output.before)
    output.replaced[{output.before->device, output.before->number}] = output.resolved;
  for (const File& input : inputs_) require_unread(output, input);
  for (const File& other : outputs_) {
    require_apart(output, other);
    require_apart(other, output);
  }
  outputs_.push_back(std::move(output));
}

void Paths::reads(const std::string& flag, const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  File input = file(flag, path);
  if (is_folder(input.resolved)) input.linked = linked_from(input.resolved);
  for (const File& output : outputs_) require_unread(output, input);
  inputs_.push_back(std::move(input));
}

void Paths::writes(const std::string& flag, const fs::path& path) {
  add_output(file(flag, path));
  io::require_writable(path);
}

void Paths::writes_into(const std::string& flag, const fs::path& folder,
                        const std::function<bool(const std::string& name)>& is_own_name) {
  File output = file(flag, folder);
  output.is_own_name = is_own_name;
  add_output(std::move(output));
  io::require_writable(folder / "probe");
  outputs_.back().before = stamp_of(folder);  // the folder may be new, and the probe was in it
}

std::string Paths::written() const {
  std::vector<std::string> names;
  for (const File& output : outputs_) {
    const std::optional<Stamp> now = stamp_of(output.path);
    if (!now || now == output.before) continue;
    names.push_back(fmt::format("{}'{}'", output.is_own_name ? "files in " : "", name_of(output.path)));
  }
  return names.empty() ? ""
                       : fmt::format("{} {} written before", fmt::join(names, ", "),
                                     names.size() == 1 && !names[0].starts_with("files") ? "was" : "were");
}

bool is_numbered_png(const std::string& name, int digits, std::int64_t count) {
  std::int64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number < count && name == fmt::format("{:0{}}.png", number, digits);
}

}  // namespace fathom::cli
