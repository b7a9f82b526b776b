#include "fathom/core/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "fathom/core/text.hpp"

namespace fathom {
namespace {

constexpr auto kRedrawAfter = std::chrono::milliseconds(100);
// Work that is already done when the clock starts, such as the first half of a resumed download, is no speed.
constexpr auto kHeadStart = std::chrono::milliseconds(20);
constexpr double kBarCells = 20;

std::size_t terminal_width() {
  winsize size = {};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

/// "1,200/5,000 windows"; bytes in megabytes.
std::string count_text(std::int64_t done, std::int64_t total, const std::string& unit) {
  if (unit == "bytes")
    return fmt::format("{:.1f}/{:.1f} MB", static_cast<double>(done) / 1e6, static_cast<double>(total) / 1e6);
  return fmt::format("{}/{} {}", grouped(static_cast<std::uint64_t>(done)),
                     grouped(static_cast<std::uint64_t>(total)), unit);
}

std::string rate_text(double per_second, const std::string& unit) {
  if (unit == "bytes") return fmt::format("{:.1f} MB/s", per_second / 1e6);
  return fmt::format("{:.{}f}/s", per_second, per_second < 10 ? 1 : 0);
}

}  // namespace

ProgressBar::ProgressBar(std::string label, std::string unit, bool quiet)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      visible_(!quiet && ::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() { finish(); }

void ProgressBar::finish() {
  if (drawn_) std::fputs("\n", stderr);
  drawn_ = false;
}

void ProgressBar::update(std::int64_t done, std::int64_t total) {
  if (!visible_) return;
  total = std::max<std::int64_t>(total, 0);
  done = std::clamp<std::int64_t>(done, 0, total);
  const auto now = std::chrono::steady_clock::now();
  if (!drawn_) head_start_ = now - start_ < kHeadStart ? done : 0;
  if (drawn_ && done < total && now - last_ < kRedrawAfter) return;
  last_ = now;
  drawn_ = true;
  draw(done, total, std::chrono::duration<double>(now - start_).count());
}

void ProgressBar::draw(std::int64_t done, std::int64_t total, double seconds) const {
  const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 1.0;
  const auto filled = static_cast<std::size_t>(share * kBarCells);
  std::string line = fmt::format("{} [{}{}] {}", label_, std::string(filled, '#'),
                                 std::string(static_cast<std::size_t>(kBarCells) - filled, '-'),
                                 count_text(done, total, unit_));
  if (const std::int64_t made = done - head_start_; made > 0 && seconds > 0) {
    const double per_second = static_cast<double>(made) / seconds;
    const std::string time = done < total
                                 ? duration_text(static_cast<double>(total - done) / per_second) + " left"
                                 : "in " + duration_text(seconds);
    line += fmt::format("  {}  {}", rate_text(per_second, unit_), time);
  }
  if (!note_.empty()) line += "  " + note_;
  // A line that wraps could not be drawn over. "\033[K" wipes what a longer line left behind.
  line.resize(std::min(line.size(), terminal_width() - 1));
  std::fputs(("\r" + line + "\033[K").c_str(), stderr);
}

void ProgressBar::restart(std::string label) {
  finish();
  label_ = std::move(label);
  start_ = std::chrono::steady_clock::now();
}

ProgressCallback ProgressBar::callback() {
  return [this](std::int64_t done, std::int64_t total) { update(done, total); };
}

std::string duration_text(double seconds) {
  constexpr double longest = 999.0 * 3600.0;
  if (!std::isfinite(seconds) || seconds < 0 || seconds > longest) return "-:--";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
  return fmt::format("{}:{:02}", minutes, whole % 60);
}

}  // namespace fathom
