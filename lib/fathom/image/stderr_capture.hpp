/// Keeps what codecs write to stderr. Internal to this folder.
#pragma once

#include <mutex>
#include <string>

namespace fathom::image {

/// The codecs behind OpenCV (libpng, libjpeg, ...) say why they fail, or what they had to guess, on stderr
/// and in no other way. While an object of this class lives, the process's stderr is memory; then it is what
/// it was. One object lives at a time, others wait for it; what other threads write to stderr meanwhile is
/// kept like a codec's words. If the system has no memory file or no descriptor to spare, stderr stays as it
/// is.
class StderrCapture {
 public:
  StderrCapture();
  StderrCapture(const StderrCapture&) = delete;
  StderrCapture& operator=(const StderrCapture&) = delete;
  ~StderrCapture();

  /// What was written so far, as one line of at most 200 characters; "" if nothing was.
  std::string text() const;

 private:
  std::unique_lock<std::mutex> lock_;
  int saved_ = -1, kept_ = -1;
};

}  // namespace fathom::image
