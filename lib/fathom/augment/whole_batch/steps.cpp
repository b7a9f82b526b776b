#include "fathom/augment/whole_batch/steps.hpp"

#include <algorithm>

#include "fathom/augment/operations/crop.hpp"
#include "fathom/augment/operations/erasing.hpp"
#include "fathom/augment/operations/pixels.hpp"
#include "fathom/augment/whole_batch/copy.hpp"
#include "fathom/augment/whole_batch/warp.hpp"

namespace fathom::augment {
namespace {

// Each returns whether it could.

bool flip_columns(const Step&, const PlanarView& from, std::uint8_t* to) {
  if (to == from.pixels)
    mirror_columns(to, from.channels, from.size);
  else
    copy_mirrored(from, to, /*columns=*/true, /*rows=*/false);
  return true;
}

bool flip_rows(const Step&, const PlanarView& from, std::uint8_t* to) {
  copy_mirrored(from, to, /*columns=*/false, /*rows=*/true);
  return true;
}

/// values: padding, height, width, x, y, border, fill.
bool crop_planes(const Step& step, const PlanarView& from, std::uint8_t* to) {
  copy_part(from, to, crop_part(step.values, from.size), border_type(step.values[5]), step.values[6]);
  return true;
}

/// values: x, y, border, fill.
bool translate_planes(const Step& step, const PlanarView& from, std::uint8_t* to) {
  const auto m = step.kind->matrix(step.values, from.size);
  copy_part(
      from, to,
      {-static_cast<std::int64_t>(m[5]), -static_cast<std::int64_t>(m[2]), from.size.height, from.size.width},
      border_type(step.values[2]), step.values[3]);
  return true;
}

/// values: size, x, y, fill.
bool cutout_planes(const Step& step, const PlanarView& from, std::uint8_t* to) {
  copy_covered(from, to, cutout_patch(step.values, from.size), step.values[3]);
  return true;
}

/// values: area, ratio, x, y, fill, with, noise.
bool erase_planes(const Step& step, const PlanarView& from, std::uint8_t* to) {
  const Patch part = erased_patch(step.values, from.size);
  const bool noise = step.values[5] != 0;
  copy_covered(from, to, part, noise ? 0 : step.values[4]);
  if (!noise) return true;
  Random random(static_cast<std::uint64_t>(step.values[6]));
  const std::int64_t width = from.size.width, plane = width * from.size.height;
  for (std::int64_t y = part.y; y < part.y + part.height; ++y)
    for (std::int64_t x = part.x; x < part.x + part.width; ++x)
      for (std::int64_t c = 0; c < std::min<std::int64_t>(3, from.channels); ++c)
        to[c * plane + y * width + x] = static_cast<std::uint8_t>(random() >> 56U);
  return true;
}

bool warp_by_map(const Step& step, const PlanarView& from, std::uint8_t* to) {
  return warp_planes(step, from, fastest_instructions(), to);
}

using Function = bool (*)(const Step&, const PlanarView&, std::uint8_t*);

/// By the number of the kind in the catalogue; null where there is none.
const std::vector<Function>& planar_functions() {
  static const std::vector<Function> all = [] {
    const std::vector<OperationKind>& kinds = operation_kinds();
    std::vector<Function> functions;
    for (const OperationKind& kind : kinds) functions.push_back(kind.matrix ? warp_by_map : nullptr);
    const auto give = [&](const char* name, Function f) {
      functions[static_cast<std::size_t>(&operation_kind(name) - kinds.data())] = f;
    };
    give("hflip", flip_columns);
    give("vflip", flip_rows);
    give("translate", translate_planes);
    give("crop", crop_planes);
    give("cutout", cutout_planes);
    give("erasing", erase_planes);
    return functions;
  }();
  return all;
}

}  // namespace

bool may_overwrite(const Step& step) {
  static const OperationKind* const hflip = &operation_kind("hflip");
  return step.kind->group == Group::erasing || step.kind == hflip;
}

bool run_planar(const Step& step, const PlanarView& from, std::uint8_t* to) {
  const auto number = static_cast<std::size_t>(step.kind - operation_kinds().data());
  const Function f = planar_functions()[number];
  return f && f(step, from, to);
}

}  // namespace fathom::augment
