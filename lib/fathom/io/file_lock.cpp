#include "fathom/io/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/temporary_file.hpp"

namespace fathom::io {
namespace {

/// Who holds a lock, as it wrote itself into the lock file: digits, or nothing yet.
std::string holder_in(int file) {
  std::array<char, 16> text = {};
  const ssize_t length = ::pread(file, text.data(), text.size(), 0);
  std::string digits;
  for (ssize_t i = 0;
       i < length && text[static_cast<std::size_t>(i)] >= '0' && text[static_cast<std::size_t>(i)] <= '9';
       ++i)
    digits += text[static_cast<std::size_t>(i)];
  return digits;
}

/// Whether `path` still is the open file. A holder removes its lock file before it lets go of it.
bool is_still(int file, const std::filesystem::path& path) {
  struct stat open = {}, named = {};
  return ::fstat(file, &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
         open.st_dev == named.st_dev;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& target) : path_(target.string() + ".lock") {
  make_folder_of(path_);
  for (;;) {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file_ < 0)
      throw FileError(fmt::format("cannot write '{}': {}", path_.string(), file_error_text(errno)));
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      const std::string holder = holder_in(file_);
      ::close(file_);
      throw FileError(fmt::format("'{}' is being written by another run{}{}; wait for it, or write elsewhere",
                                  target.string(), holder.empty() ? "" : ", process ", holder));
    }
    if (is_still(file_, path_)) break;
    ::close(file_);
  }
  place_ = list_for_removal(path_);
  const std::string process = fmt::format("{}\n", ::getpid());
  const bool told = ::ftruncate(file_, 0) == 0 && ::pwrite(file_, process.data(), process.size(), 0) > 0;
  if (!told) {  // the lock holds all the same, but an empty name helps nobody
    const std::string why = file_error_text(errno);
    ::unlink(path_.c_str());
    unlist(place_);
    ::close(file_);
    throw FileError(fmt::format("cannot write '{}': {}", path_.string(), why));
  }
}

FileLock::~FileLock() {
  ::unlink(path_.c_str());
  unlist(place_);
  ::close(file_);
}

}  // namespace fathom::io
