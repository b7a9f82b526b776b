#include "fathom/image/codec.hpp"

#include <fmt/format.h>

#include <climits>
#include <opencv2/imgcodecs.hpp>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/image/stderr_capture.hpp"

namespace fathom::image {
namespace {

constexpr std::int64_t kMostPixels = 100'000'000;

/// One decoding, and what the codec said.
struct Attempt {
  cv::Mat picture;
  std::string said, exception;
  bool is_own = true;  ///< whether the words can only be about this picture
};

Attempt attempt(const cv::Mat& encoded, int flags, StderrCapture::Use use) {
  Attempt result;
  const StderrCapture capture(use);
  try {
    result.picture = cv::imdecode(encoded, flags);
  } catch (const cv::Exception& error) {
    result.exception = error.err.empty() ? "OpenCV gives no reason" : error.err;
  }
  result.said = capture.text();
  result.is_own = capture.is_own();
  return result;
}

}  // namespace

Promise checked_promise(const std::string& bytes, const std::string& cannot) {
  if (bytes.size() > INT_MAX) throw FormatError(cannot + "files over 2 GB are not supported");
  Promise promise = promised(bytes, cannot);
  const auto [height, width] = promise.size;
  if (height < 1 || width < 1) throw FormatError(cannot + "its header declares a picture without pixels");
  if (width > kMostPixels / height) {
    throw FormatError(fmt::format("{}{}x{} pixels exceed the limit of {} million", cannot, width, height,
                                  kMostPixels / 1'000'000));
  }
  return promise;
}

cv::Mat upright(const cv::Mat& stored, int orientation) {
  if (orientation <= 1 || orientation > 8) return stored;
  // 5 to 8 have rows and columns exchanged; what remains is a flip of one axis, of both, or of none.
  cv::Mat turned = stored;
  if (orientation >= 5) cv::transpose(stored, turned);
  constexpr int kColumns = 1, kRows = 0, kBoth = -1;
  cv::Mat seen;
  switch (orientation) {
    case 2:
    case 6:
      cv::flip(turned, seen, kColumns);
      return seen;
    case 3:
    case 7:
      cv::flip(turned, seen, kBoth);
      return seen;
    case 4:
    case 8:
      cv::flip(turned, seen, kRows);
      return seen;
    default:
      return turned;
  }
}

cv::Mat decode(const std::string& bytes, int flags, const std::string& what, const std::string& cannot) {
  const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8U, const_cast<char*>(bytes.data()));
  Attempt done = attempt(encoded, flags, StderrCapture::Use::shared);
  // Whose words they are, nobody can tell if other threads decode, too; few pictures have any.
  if (!done.said.empty() && !done.is_own) done = attempt(encoded, flags, StderrCapture::Use::alone);
  const auto& [decoded, said, exception, is_own] = done;
  if (!exception.empty()) throw FormatError(cannot + "damaged (" + exception + ")");
  if (decoded.empty()) {
    throw FormatError(cannot + "damaged, or in a format that OpenCV cannot decode" +
                      (said.empty() ? "" : " (" + said + ")"));
  }
  // What libpng only warns about does not change pixels: checksums have been checked before.
  const bool is_warning =
      said.starts_with("libpng warning: ") && said.find("libpng error: ") == std::string::npos;
  if (!said.empty() && !is_warning) note(fmt::format("'{}' was decoded, but its codec says: {}", what, said));
  return decoded;
}

}  // namespace fathom::image
