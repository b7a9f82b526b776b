/// Files that are there until their content is complete. Internal to io/; programs use AtomicFile.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>

namespace fathom::io {

/// A new empty file in the folder of `target` with a name that no other writer has: ".cnn.4711-0.pt" for
/// "cnn.pt" in process 4711. Before, files that a killed process left there for the same target are removed:
/// its process must be gone and its lock free. The folder must exist.
class TemporaryFile {
 public:
  /// Throws FileError.
  explicit TemporaryFile(const std::filesystem::path& target);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  /// Removes the file, unless it was released.
  ~TemporaryFile();

  const std::filesystem::path& path() const { return path_; }
  /// The file has its final name now, and stays.
  void release();

 private:
  std::filesystem::path path_;
  int lock_ = -1;          // locked for as long as the file is being written
  std::size_t place_ = 0;  // in the list for remove_temporary_files()
  bool released_ = false;
};

/// Puts a file into the list of remove_temporary_files(), if there is room. The place, for unlist().
std::size_t list_for_removal(const std::filesystem::path& path);
void unlist(std::size_t place);

/// Removes the temporary and lock files of this process; for signal handlers that end it.
void remove_temporary_files() noexcept;

}  // namespace fathom::io
