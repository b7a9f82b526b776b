/// Reading whole files and writing files atomically.
///
///   write_file("out/cnn.json", text);          // makes out/, writes beside the target, flushes, renames
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fathom/core/text.hpp"
#include "fathom/io/temporary_file.hpp"

namespace fathom::io {

/// The whole file. Throws FileError (missing, a folder, a device or pipe, unreadable).
std::string read_file(const std::filesystem::path& path);
/// The same in blocks, for files that do not have to fit in memory. Throws FileError, and the exceptions of
/// `consume`.
void read_blocks(const std::filesystem::path& path, const std::function<void(std::string_view)>& consume);

/// Writes `bytes` to a temporary file in the same folder, flushes it to the disk and renames it to `path`, so
/// that a reader sees either the old or the complete new file. Missing folders are created. A symbolic link
/// is kept, and the file that it points to is written, whether or not that exists yet. Throws FileError
/// (folder not writable, disk full, `path` is a folder or device); the temporary file is then removed and an
/// old `path` is left as it was. A killed process leaves its temporary file, which the next write to the same
/// `path` removes.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The same in steps, for writers that need a path (OpenCV's video writer, gnuplot): write to `temporary()`,
/// then `commit()`. Without a commit the destructor removes the temporary file. The temporary name keeps the
/// extension of the target.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target);

  const std::filesystem::path& temporary() const { return temporary_.path(); }
  void commit();

 private:
  std::filesystem::path target_;
  TemporaryFile temporary_;
  bool committed_ = false;
};

/// Flushes the finished file `from` to the disk and renames it to `to`, in the same folder. Throws FileError.
void put_in_place(const std::filesystem::path& from, const std::filesystem::path& to);

/// Creates the folder of the file `target`, and those above it. Throws FileError.
void make_folder_of(const std::filesystem::path& target);

/// The file that writing to `path` creates or replaces: `path`, or the last target of its symbolic links,
/// which need not exist. Throws FileError if the links lead round in a circle or to a folder's name ("out/").
std::filesystem::path behind_links(const std::filesystem::path& path);

/// Throws FileError if a file cannot be written at `path` now (missing folders are created). Programs call it
/// before long computations.
void require_writable(const std::filesystem::path& path);

/// The folder with fathom's data/ and models/: the source tree in which this program was built
/// (build/bin/program), otherwise share/fathom of the prefix in which it was installed. It need not exist.
std::optional<std::filesystem::path> shipped_directory();

/// The text for an `errno` of a file operation, for messages: "disk full".
std::string file_error_text(int error);

}  // namespace fathom::io
