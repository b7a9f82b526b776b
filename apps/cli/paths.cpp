#include "cli/paths.hpp"

#include <sys/stat.h>

#include <algorithm>

#include <fmt/format.h>

#include "cli/arguments.hpp"
#include "fathom/io/file.hpp"

namespace fathom::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as the kernel follows

/// Where a path leads, also if nothing is there yet.
fs::path resolved(fs::path path) {
  std::error_code error;
  path = fs::absolute(path, error);
  for (int i = 0; i < kMostLinks && fs::is_symlink(path, error); ++i) {
    const fs::path target = fs::read_symlink(path, error);
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  const fs::path canonical = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal() : canonical;
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

}  // namespace

std::optional<Paths::Stamp> Paths::stamp_of(const fs::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return Stamp{status.st_dev, status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

Paths::File Paths::file(const std::string& flag, const fs::path& path) {
  return {flag, path, resolved(path), {}, stamp_of(path)};
}

/// Whether writing `output` would change what `input` names, which may be another output.
void Paths::require_apart(const File& output, const File& input) {
  const auto refuse = [&](const std::string& why) {
    throw UsageError(fmt::format("--{} '{}' {}", output.flag, output.path.string(), why));
  };
  if (is_same(output.resolved, input.resolved))
    refuse(fmt::format("would overwrite --{} '{}'", input.flag, input.path.string()));
  if (output.is_own_name && input.resolved.parent_path() == output.resolved &&
      output.is_own_name(input.resolved.filename().string()))
    refuse(fmt::format("would overwrite --{} '{}'", input.flag, input.path.string()));
}

void Paths::add_output(File output) {
  for (const File& input : inputs_) {
    require_apart(output, input);
    if (is_folder(input.resolved) && output.before && !output.is_own_name &&
        is_in(output.resolved, input.resolved))
      throw UsageError(fmt::format("--{} '{}' would overwrite a file that --{} '{}' reads", output.flag,
                                   output.path.string(), input.flag, input.path.string()));
  }
  for (const File& other : outputs_) {
    require_apart(output, other);
    require_apart(other, output);
  }
  outputs_.push_back(std::move(output));
}

void Paths::reads(const std::string& flag, const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  const File input = file(flag, path);
  for (const File& output : outputs_) require_apart(output, input);
  inputs_.push_back(input);
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
    names.push_back(
        fmt::format("{}'{}'", output.is_own_name ? "files in " : "", output.path.filename().string()));
  }
  return names.empty() ? ""
                       : fmt::format("{} {} written before", fmt::join(names, ", "),
                                     names.size() == 1 && !names[0].starts_with("files") ? "was" : "were");
}

}  // namespace fathom::cli
