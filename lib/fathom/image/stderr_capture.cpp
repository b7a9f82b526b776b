#include "fathom/image/stderr_capture.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <shared_mutex>

#include "fathom/core/text.hpp"

namespace fathom::image {
namespace {

constexpr std::size_t kLongestText = 200;

/// What all captures of the process share. stderr is exchanged when the first begins, and given back when the
/// last ends.
struct CapturedStream {
  std::shared_mutex turn;  // those that share hold it together, one that is alone holds it for itself
  std::mutex mutex;        // of what follows
  int users = 0;
  std::uint64_t entries = 0;
  int memory = -1;  // the memory file; it is made once
  int saved = -1, kept = -1;

  void exchange() {
    saved = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (saved < 0) return;  // it is closed: nobody would read it anyway
    if (memory < 0) memory = ::memfd_create("fathom-stderr", MFD_CLOEXEC);
    if (memory < 0) return;
    if (::lseek(memory, 0, SEEK_END) > 0 && ::ftruncate(memory, 0) == 0) ::lseek(memory, 0, SEEK_SET);
    if (::dup2(memory, STDERR_FILENO) >= 0) kept = memory;
  }
  void give_back() {
    if (kept >= 0) ::dup2(saved, STDERR_FILENO);
    if (saved >= 0) ::close(saved);
    saved = kept = -1;
  }
};

CapturedStream& captured_stream() {
  static CapturedStream stream;
  return stream;
}

}  // namespace

StderrCapture::StderrCapture(Use use) : use_(use) {
  CapturedStream& stream = captured_stream();
  if (use_ == Use::alone)
    stream.turn.lock();
  else
    stream.turn.lock_shared();
  const std::scoped_lock lock(stream.mutex);
  if (stream.users++ == 0) stream.exchange();
  began_alone_ = stream.users == 1;
  entry_ = ++stream.entries;
  if (stream.kept >= 0) begin_ = std::max<off_t>(::lseek(stream.kept, 0, SEEK_END), 0);
}

StderrCapture::~StderrCapture() {
  CapturedStream& stream = captured_stream();
  {
    const std::scoped_lock lock(stream.mutex);
    if (--stream.users == 0) stream.give_back();
  }
  if (use_ == Use::alone)
    stream.turn.unlock();
  else
    stream.turn.unlock_shared();
}

bool StderrCapture::is_own() const {
  CapturedStream& stream = captured_stream();
  const std::scoped_lock lock(stream.mutex);
  return began_alone_ && stream.entries == entry_;
}

std::string StderrCapture::text() const {
  const int kept = captured_stream().kept;  // does not change while this object lives
  if (kept < 0) return {};
  std::array<char, 4 * kLongestText> bytes;
  const ssize_t length = ::pread(kept, bytes.data(), bytes.size(), begin_);
  std::string line;
  for (ssize_t i = 0; i < length; ++i) {
    const char c = bytes[static_cast<std::size_t>(i)];
    const bool is_blank = (c >= 0 && c <= ' ') || c == '\x7f';
    if (!is_blank)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.size() > kLongestText) line = line.substr(0, kLongestText) + " ...";
  return valid_utf8(line);
}

}  // namespace fathom::image
