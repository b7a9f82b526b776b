/// One writer at a time for files that a program replaces again and again.
///
///   const FileLock lock("cnn.pt");      // makes cnn.pt.lock, with the number of this process in it
#pragma once

#include <cstddef>
#include <filesystem>

namespace fathom::io {

/// Held until the end of its scope, when the lock file is removed. The lock file of a killed process is taken
/// over.
class FileLock {
 public:
  /// Missing folders are created. Throws FileError if another process holds the lock (with its number), or
  /// the lock file cannot be made.
  explicit FileLock(const std::filesystem::path& target);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  std::filesystem::path path_;
  int file_ = -1;
  std::size_t place_ = 0;  // in the list for remove_temporary_files()
};

}  // namespace fathom::io
