#include "fathom/io/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "fathom/core/error.hpp"

namespace fathom::io {
namespace {

constexpr std::size_t kBlockSize = 1 << 16;
constexpr int kMostLinks = 40;  // one after the other, as Linux follows them

FileError cannot(const char* verb, const std::filesystem::path& path, const std::string& why) {
  return FileError(fmt::format("cannot {} '{}': {}", verb, path.string(), why));
}

/// An open file that is closed at the end of its scope.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }
  /// False where the last bytes did not reach the disk, which some file systems say only now.
  bool close() {
    const int number = std::exchange(number_, -1);
    return number < 0 || ::close(number) == 0;
  }

 private:
  int number_;
};

/// Opens a regular file to read. Not blocking, since opening a pipe would wait for a writer for ever.
Descriptor open_to_read(const std::filesystem::path& path) { return Descriptor(path, O_RDONLY | O_NONBLOCK); }

/// The size of an open regular file. Throws for what cannot be read, or has no end.
std::uint64_t checked_size(const Descriptor& file, const std::filesystem::path& path) {
  if (!file.is_open()) throw cannot("read", path, file_error_text(errno));
  struct stat status = {};
  if (::fstat(file.number(), &status) != 0) throw cannot("read", path, file_error_text(errno));
  if (S_ISDIR(status.st_mode)) throw cannot("read", path, "it is a folder");
  if (!S_ISREG(status.st_mode)) throw cannot("read", path, "it is not a regular file");
  return static_cast<std::uint64_t>(status.st_size);
}

/// Up to `size` bytes; 0 at the end of the file.
std::size_t read_some(const Descriptor& file, char* to, std::size_t size, const std::filesystem::path& path) {
  for (;;) {
    const ssize_t count = ::read(file.number(), to, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw cannot("read", path, file_error_text(errno));
  }
}

void write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& target) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.number(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw cannot("write", target, file_error_text(errno));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Where a file at `path` really lies. A link stays and what it points to is replaced; a device or a folder
/// must not be.
std::filesystem::path checked_target(const std::filesystem::path& path) {
  if (!path.has_filename()) throw cannot("write", path, "it names a folder, not a file");
  const std::filesystem::path target = behind_links(path);
  std::error_code error;
  const auto status = std::filesystem::status(target, error);
  if (!std::filesystem::exists(status)) return target;
  if (std::filesystem::is_directory(status)) throw cannot("write", path, "it is a folder");
  if (!std::filesystem::is_regular_file(status)) throw cannot("write", path, "it is not a regular file");
  return target;
}

/// The checked target, in a folder that exists.
std::filesystem::path prepared(const std::filesystem::path& path) {
  const std::filesystem::path target = checked_target(path);
  make_folder_of(target);
  return target;
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file = open_to_read(path);
  std::string bytes(checked_size(file, path), '\0');
  std::size_t length = 0;
  while (length < bytes.size()) {
    const std::size_t count = read_some(file, bytes.data() + length, bytes.size() - length, path);
    if (count == 0) break;  // it was cut while we read
    length += count;
  }
  bytes.resize(length);
  return bytes;
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  AtomicFile file(path);
  Descriptor output(file.temporary(), O_WRONLY | O_TRUNC);
  if (!output.is_open()) throw cannot("write", path, file_error_text(errno));
  write_all(output, bytes, path);
  if (!output.close()) throw cannot("write", path, file_error_text(errno));
  file.commit();
}

AtomicFile::AtomicFile(std::filesystem::path target) : target_(prepared(target)), temporary_(target_) {}

void AtomicFile::commit() {
  if (committed_) return;
  put_in_place(temporary_.path(), target_);
  temporary_.release();
  committed_ = true;
}

void put_in_place(const std::filesystem::path& from, const std::filesystem::path& to) {
  Descriptor file(from, O_RDONLY);
  if (!file.is_open() || ::fsync(file.number()) != 0 || !file.close() ||
      ::rename(from.c_str(), to.c_str()) != 0) {
    throw cannot("write", to, file_error_text(errno));
  }
  // The new name reaches the disk with the folder. Where that cannot be flushed, the file is still whole.
  const std::filesystem::path folder = to.parent_path();
  const Descriptor directory(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
  if (directory.is_open()) (void)::fsync(directory.number());
}

void make_folder_of(const std::filesystem::path& target) {
  const std::filesystem::path folder = target.parent_path();
  if (folder.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw cannot(
        "write", target,
        fmt::format("cannot create the folder '{}': {}", folder.string(), file_error_text(error.value())));
}

std::filesystem::path behind_links(const std::filesystem::path& path) {
  std::filesystem::path target = path;
  std::error_code error;
  for (int followed = 0; std::filesystem::is_symlink(target, error); ++followed) {
    if (followed == kMostLinks) throw cannot("write", path, "its symbolic links lead round in a circle");
    const std::filesystem::path link = std::filesystem::read_symlink(target, error);
    if (error) throw cannot("write", path, file_error_text(error.value()));
    target = target.parent_path() / link;  // the link alone where that is an absolute path
  }
  if (!target.has_filename()) throw cannot("write", path, "it is a link to a folder");
  return target;
}

void require_writable(const std::filesystem::path& path) { const AtomicFile probe(path); }

void read_blocks(const std::filesystem::path& path, const std::function<void(std::string_view)>& consume) {
  const Descriptor file = open_to_read(path);
  checked_size(file, path);
  std::array<char, kBlockSize> block;
  while (const std::size_t count = read_some(file, block.data(), block.size(), path))
    consume(std::string_view(block.data(), count));
}

std::optional<std::filesystem::path> shipped_directory() {
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return std::nullopt;
  std::filesystem::path prefix = program.parent_path().parent_path();
  // Programs are in bin/ or, behind their launcher, in libexec/fathom/.
  if (program.parent_path().filename() == "fathom" && prefix.filename() == "libexec")
    prefix = prefix.parent_path();
  if (std::filesystem::is_regular_file(prefix.parent_path() / "CMakeLists.txt", failed))
    return prefix.parent_path();
  return prefix / "share" / "fathom";
}

std::string file_error_text(int error) {
  switch (error) {
    case ENOENT:
      return "no such file or folder";
    case ENOSPC:
    case EDQUOT:
      return "disk full";
    case EACCES:
    case EPERM:
      return "permission denied";
    case EROFS:
      return "the file system is read-only";
    case ENOTDIR:
      return "a part of the path is not a folder";
    case EFBIG:
      return "larger than the limit on file sizes (ulimit -f)";
    default:
      return std::generic_category().message(error);
  }
}

}  // namespace fathom::io
