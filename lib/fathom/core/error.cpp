#include "fathom/core/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fathom/core/text.hpp"

namespace fathom {
namespace {

constexpr std::size_t kLongestWord = 64;  // longer ones are no slip of the pen
constexpr std::size_t kMostListed = 20;   // classes of ImageNet would fill the screen

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment) between two words.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> two_back(b.size() + 1), back(b.size() + 1), row(b.size() + 1);
  std::iota(back.begin(), back.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = back[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({back[j] + 1, row[j - 1] + 1, substituted});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_back[j - 2] + 1);
    }
    std::swap(two_back, back);
    std::swap(back, row);
  }
  return back[b.size()];
}

/// One slip in four letters: "tset" is "test", but "cow" is not "dog".
std::size_t allowed_slips(std::size_t length) { return (length + 2) / 4; }

template <typename Value>
void require(bool fulfilled, const char* option, const char* range, Value value) {
  if (!fulfilled) throw InvalidArgument(fmt::format("{} must be {}, not {}", option, range, value));
}

}  // namespace

std::string closest(const std::string& word, const std::vector<std::string>& candidates) {
  if (word.size() > kLongestWord) return "";
  const std::string wanted = lower_case(word);
  std::string best;
  std::size_t best_distance = kLongestWord;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const std::size_t distance = edit_distance(wanted, lower_case(candidate));
    const std::size_t allowed = allowed_slips(std::max(word.size(), candidate.size()));
    if (distance <= allowed && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  if (const std::string near = closest(word, candidates); !near.empty())
    return fmt::format("; did you mean '{}'?", near);
  if (candidates.empty()) return "";
  const std::size_t listed = std::min(candidates.size(), kMostListed);
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(listed);
  const std::string more =
      listed < candidates.size() ? fmt::format(" and {} more", candidates.size() - listed) : "";
  return fmt::format("; one of: {}{}", fmt::join(candidates.begin(), end, ", "), more);
}

void require_between(const char* option, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high)
    throw InvalidArgument(fmt::format("{} must be between {} and {}, not {}", option, low, high, value));
}

void require_at_least(const char* option, std::int64_t value, std::int64_t low) {
  if (value < low) throw InvalidArgument(fmt::format("{} must be at least {}, not {}", option, low, value));
}

void require_at_least(const char* option, double value, double low) {
  if (!(value >= low && std::isfinite(value)))
    throw InvalidArgument(fmt::format("{} must be a number of at least {}, not {}", option, low, value));
}

void require_positive(const char* option, double value) {
  require(value > 0 && std::isfinite(value), option, "a number above 0", value);
}

void require_share(const char* option, double value) {
  require(value >= 0 && value < 1, option, "in [0, 1)", value);
}

void require_fraction(const char* option, double value) {
  require(value >= 0 && value <= 1, option, "in [0, 1]", value);
}

}  // namespace fathom
