#include "fathom/train/history.hpp"

#include <charconv>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::train {
namespace {

constexpr double kLastEpoch = 1e15;  // every whole number up to it is a double
constexpr const char* kHeading =
    "epoch,learning_rate,training_loss,training_accuracy,validation_loss,validation_accuracy,seconds,"
    "images_per_second";

/// One line's numbers; nothing for an empty field or one that is no number.
std::vector<std::optional<double>> fields_of(const std::string& line) {
  std::vector<std::optional<double>> fields;
  std::istringstream stream(line + ",");
  for (std::string field; std::getline(stream, field, ',');) {
    double value = 0;
    const char* const end = field.data() + field.size();
    const auto [stop, error] = std::from_chars(field.data(), end, value);
    fields.push_back(error == std::errc() && stop == end ? std::optional(value) : std::nullopt);
  }
  return fields;
}

std::string text(const std::optional<double>& value) { return value ? fmt::format("{:.6g}", *value) : ""; }

}  // namespace

std::string history_csv(const std::vector<EpochRecord>& history) {
  std::string csv = fmt::format("{}\n", kHeading);
  for (const EpochRecord& r : history)
    fmt::format_to(std::back_inserter(csv), "{},{:.6g},{:.6g},{:.6g},{},{},{:.3f},{:.1f}\n", r.epoch,
                   r.learning_rate, r.training_loss, r.training_accuracy, text(r.validation_loss),
                   text(r.validation_accuracy), r.seconds, r.images_per_second);
  return csv;
}

std::vector<EpochRecord> history_from_csv(const std::string& csv) {
  std::istringstream lines(csv);
  std::string line;
  if (!std::getline(lines, line) || line != kHeading)
    throw FormatError("line 1 is not the heading of a training history");
  std::vector<EpochRecord> history;
  while (std::getline(lines, line)) {
    const auto f = fields_of(line);
    const bool is_epoch = f.size() == 8 && f[0] && *f[0] >= 0 && *f[0] <= kLastEpoch;
    if (!is_epoch || !f[1] || !f[2] || !f[3] || !f[6] || !f[7])
      throw FormatError(fmt::format("line {} is not an epoch of a training history", history.size() + 2));
    history.push_back({.epoch = static_cast<std::int64_t>(*f[0]),
                       .learning_rate = *f[1],
                       .training_loss = *f[2],
                       .training_accuracy = *f[3],
                       .validation_loss = f[4],
                       .validation_accuracy = f[5],
                       .seconds = *f[6],
                       .images_per_second = *f[7]});
  }
  return history;
}

}  // namespace fathom::train
