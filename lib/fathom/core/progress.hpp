/// Progress reports of long operations.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace fathom {

/// Called with the number of finished units and the total. The function that takes the callback documents the
/// unit (windows, images, bytes). `done` never decreases and ends at `total`. May be empty.
using ProgressCallback = std::function<void(std::int64_t done, std::int64_t total)>;

/// A bar on stderr: label, done/total, rate, time left; the unit "bytes" is shown as megabytes. Draws at most
/// ten times a second, and nothing at all if stderr is not a terminal or `quiet` is set. The destructor ends
/// the line.
///
///   ProgressBar bar("occlusion", "windows", quiet);
///   occlusion(score, image, options, bar.callback());
class ProgressBar {
 public:
  ProgressBar(std::string label, std::string unit, bool quiet);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  void update(std::int64_t done, std::int64_t total);
  /// Text shown after the figures until it is set again, such as the running loss.
  void note(std::string text) { note_ = std::move(text); }
  /// Starts over with another label (the next epoch) on a new line.
  void restart(std::string label);
  /// Ends the line, so that other text can follow; the next update starts a new one.
  void finish();
  /// Refers to this bar, which must outlive it.
  ProgressCallback callback();
  bool visible() const { return visible_; }

 private:
  void draw(std::int64_t done, std::int64_t total, double seconds) const;

  std::string label_, unit_, note_;
  bool visible_, drawn_ = false;
  std::int64_t head_start_ = 0;  ///< units done before the clock started; not counted in the rate
  std::chrono::steady_clock::time_point start_, last_;
};

/// "0:07", "12:05", "1:02:03"; "-:--" for NaN or infinity.
std::string duration_text(double seconds);

}  // namespace fathom
