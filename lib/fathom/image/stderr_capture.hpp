/// Keeps what codecs write to stderr. Internal to this folder.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace fathom::image {

/// The codecs behind OpenCV (libpng, libjpeg, ...) say why they fail, or what they had to guess, on stderr
/// and in no other way. While an object of this class lives, the process's stderr is memory; with the last
/// one it is what it was. What other threads write to stderr meanwhile is kept like a codec's words. If the
/// system has no memory file or no descriptor to spare, stderr stays as it is.
class StderrCapture {
 public:
  /// `shared`: several may live at a time, so that several threads decode; `is_own` says whether text() can
  /// come from another. `alone`: waits until no other lives, and others wait for this one.
  enum class Use { shared, alone };

  explicit StderrCapture(Use use);
  StderrCapture(const StderrCapture&) = delete;
  StderrCapture& operator=(const StderrCapture&) = delete;
  ~StderrCapture();

  /// What was written since this object began, as one line of at most 200 characters; "" if nothing was.
  std::string text() const;
  /// Whether no other object has lived since this one began.
  bool is_own() const;

 private:
  Use use_;
  bool began_alone_ = true;
  std::uint64_t entry_ = 0;  // the how manieth object of the process
  off_t begin_ = 0;          // of its words in the memory file
};

}  // namespace fathom::image
