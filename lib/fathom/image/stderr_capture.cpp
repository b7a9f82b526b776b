#include "fathom/image/stderr_capture.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>

#include "fathom/core/text.hpp"

namespace fathom::image {
namespace {

constexpr std::size_t kLongestText = 200;

std::mutex& capture_mutex() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

StderrCapture::StderrCapture() : lock_(capture_mutex()) {
  saved_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (saved_ < 0) return;  // it is closed: nobody would read it anyway
  kept_ = ::memfd_create("fathom-stderr", MFD_CLOEXEC);
  if (kept_ >= 0 && ::dup2(kept_, STDERR_FILENO) < 0) {
    ::close(kept_);
    kept_ = -1;
  }
}

StderrCapture::~StderrCapture() {
  if (kept_ >= 0) {
    ::dup2(saved_, STDERR_FILENO);
    ::close(kept_);
  }
  if (saved_ >= 0) ::close(saved_);
}

std::string StderrCapture::text() const {
  if (kept_ < 0) return {};
  std::array<char, 4 * kLongestText> bytes;
  const ssize_t length = ::pread(kept_, bytes.data(), bytes.size(), 0);
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
