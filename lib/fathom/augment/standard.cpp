#include "fathom/augment/standard.hpp"

#include <algorithm>
#include <utility>

namespace fathom::augment {
namespace {

Operation shift(std::int64_t pixels, const std::string& border) {
  Operation crop = usual(operation_kind("crop"));
  const auto padding = static_cast<double>(pixels);
  set(crop, "padding", {padding, padding});
  choose(crop, "border", border);
  return crop;
}

Operation flip() {
  Operation flip = usual(operation_kind("hflip"));
  flip.probability = 0.5;
  return flip;
}

}  // namespace

Pipeline standard_pipeline(const std::string& data_set, Extent size) {
  const std::int64_t side = std::min(size.height, size.width);
  std::vector<Operation> operations;
  if (data_set == "mnist") operations = {shift(std::min<std::int64_t>(2, side - 1), "constant")};
  // Clothes are centred in their frame, so a shift would only make the task harder than the test is.
  else if (data_set == "fashion-mnist")
    operations = {flip()};
  else
    operations = {shift(side / 16, "reflect"), flip()};
  return {.name = "standard", .operations = std::move(operations)};
}

}  // namespace fathom::augment
