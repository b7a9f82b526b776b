/// The files that a command line names, checked against each other before anything runs: an output may
/// replace an older file, but no input of this run and no other output of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fathom::cli {

class Paths {
 public:
  /// A file or a folder that the run reads. What does not exist is left to the code that opens it.
  void reads(const std::string& flag, const std::filesystem::path& path);

  /// A file that the run writes. Throws UsageError where it is one of the inputs, links resolved, an existing
  /// file in an input folder or behind a link in it, or another output; FileError where it cannot be written.
  void writes(const std::string& flag, const std::filesystem::path& path);

  /// A folder into which the run writes files whose names `is_own_name` knows; other files in it stay. Throws
  /// as writes().
  void writes_into(const std::string& flag, const std::filesystem::path& folder,
                   const std::function<bool(const std::string& name)>& is_own_name);

  /// For a run that failed: "'sheet.png' was written before"; empty where nothing was.
  std::string written() const;

 private:
  using Identity = std::pair<std::uint64_t, std::uint64_t>;  // of an existing file: its device and number
  struct Stamp {
    std::uint64_t device = 0, number = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct File {
    std::string flag;
    std::filesystem::path path, resolved;
    std::function<bool(const std::string&)> is_own_name;  // of an output folder
    std::map<Identity, std::filesystem::path> replaced;   // of an output: the files that are there now
    std::set<Identity> linked;                            // of an input folder: what links in it lead to
    std::optional<Stamp> before;                          // as it was when the run began
  };

  static std::optional<Stamp> stamp_of(const std::filesystem::path& path);
  static File file(const std::string& flag, const std::filesystem::path& path);
  static void require_apart(const File& output, const File& other);
  static void require_unread(const File& output, const File& input);
  void add_output(File output);

  std::vector<File> inputs_, outputs_;
};

/// Whether `name` is one of "0000.png" to that of `count` - 1, for writes_into: numbers of at least `digits`
/// digits.
bool is_numbered_png(const std::string& name, int digits, std::int64_t count);

}  // namespace fathom::cli
