#include "fathom/gan/architecture.hpp"

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"

namespace fathom::gan {
namespace {

using nlohmann::json;

void validate_gan(const DcganOptions& o) {
  require_between("the number of channels", o.image.channels, 1, 16);
  require_between("the picture's height", o.image.height, 4, 1024);
  require_between("the picture's width", o.image.width, 4, 1024);
  require_between("the number of latent values", o.latent, 1, 65536);
  require_between("the number of classes", o.classes, 0, 65536);
  require_between("the number of widths", std::ssize(o.widths), 1, 8);
  for (const std::int64_t width : o.widths) require_between("a width", width, 1, 8192);
  require_between("the number of hidden units", o.hidden, 0, 65536);
  const std::int64_t step = std::int64_t{1} << o.widths.size();
  if (o.image.height % step != 0 || o.image.width % step != 0)
    throw InvalidArgument(fmt::format("the sides of a picture must be divisible by {}, not {} x {}", step,
                                      o.image.height, o.image.width));
}

void validate_gan(const PointGanOptions& o) {
  require_between("the number of latent values", o.latent, 1, 65536);
  require_between("the number of hidden units", o.hidden, 1, 65536);
}

/// Filters of 4 x 4 from each width to the one before it, and so to the picture's channels.
std::int64_t filters(const DcganOptions& o) {
  std::int64_t total = 0, previous = o.image.channels;
  for (const std::int64_t width : o.widths) {
    total += 16 * previous * width;
    previous = width;
  }
  return total;
}

std::int64_t innermost(const DcganOptions& o) {
  const std::size_t halvings = o.widths.size();
  return o.widths.back() * (o.image.height >> halvings) * (o.image.width >> halvings);
}

std::int64_t count(const DcganOptions& o) {
  std::int64_t norms = 0;
  for (const std::int64_t width : o.widths) norms += 2 * width * (1 + o.classes);
  return (o.latent + o.classes) * innermost(o) + filters(o) + norms + o.image.channels;
}

std::int64_t count(const PointGanOptions& o) {
  return o.hidden * (o.latent + 1) + o.hidden * (o.hidden + 1) + 2 * (o.hidden + 1);
}

GanFlops flops(const DcganOptions& o) {
  GanFlops total;
  std::int64_t previous = o.image.channels, area = o.image.height * o.image.width;
  for (const std::int64_t width : o.widths) {
    area /= 4;  // where either network multiplies with these filters
    const std::int64_t stage = 2 * 16 * previous * width * area;
    if (total.discriminator == 0) total.first = stage;
    total.generator += stage;
    total.discriminator += stage;
    previous = width;
  }
  total.generator += 2 * o.latent * innermost(o);
  const std::int64_t features = o.hidden > 0 ? o.hidden : innermost(o);
  total.discriminator += 2 * o.hidden * innermost(o) + 2 * features * (o.classes > 0 ? 2 : 1);
  return total;
}

GanFlops flops(const PointGanOptions& o) {
  return {2 * o.hidden * (o.latent + o.hidden + 2), 2 * o.hidden * (2 + o.hidden + 1), 4 * o.hidden};
}

/// Names of the kinds in JSON.
constexpr const char *kDcgan = "dcgan", *kPoints = "points";

constexpr auto kDcganFields = [](auto& field, auto& o) {
  field("image", o.image, models::input_from_json);
  field("latent", o.latent);
  field("classes", o.classes);
  field("widths", o.widths);
  field("hidden", o.hidden);
  field("batch_norm", o.batch_norm);
  field("spectral_norm", o.spectral_norm);
};

constexpr auto kPointFields = [](auto& field, auto& o) {
  field("latent", o.latent);
  field("hidden", o.hidden);
  field("spectral_norm", o.spectral_norm);
};

}  // namespace

std::int64_t latent_of(const GanArchitecture& architecture) {
  return std::visit([](const auto& o) { return o.latent; }, architecture);
}

std::int64_t classes_of(const GanArchitecture& architecture) {
  const auto* const images = std::get_if<DcganOptions>(&architecture);
  return images ? images->classes : 0;
}

std::int64_t generator_parameters(const GanArchitecture& architecture) {
  return std::visit([](const auto& o) { return count(o); }, architecture);
}

GanFlops gan_flops(const GanArchitecture& architecture) {
  return std::visit([](const auto& o) { return flops(o); }, architecture);
}

void validate(const GanArchitecture& architecture) {
  std::visit([](const auto& o) { validate_gan(o); }, architecture);
}

json to_json(const GanArchitecture& architecture) {
  const auto* const images = std::get_if<DcganOptions>(&architecture);
  json j = images ? written_fields(*images, kDcganFields)
                  : written_fields(std::get<PointGanOptions>(architecture), kPointFields);
  j["kind"] = images ? kDcgan : kPoints;
  return j;
}

GanArchitecture gan_architecture_from_json(const json& j) try {
  std::string kind;
  const FieldReader read(j);
  read("kind", kind);
  if (kind != kDcgan && kind != kPoints) throw FormatError("unknown kind of GAN '" + kind + "'");
  GanArchitecture architecture;
  if (kind == kDcgan)
    read_fields(j, architecture.emplace<DcganOptions>(), kDcganFields);
  else
    read_fields(j, architecture.emplace<PointGanOptions>(), kPointFields);
  validate(architecture);
  return architecture;
} catch (const FormatError& e) {
  throw FormatError(fmt::format("the description of the GAN is invalid: {}", e.what()));
} catch (const InvalidArgument& e) {
  throw FormatError(fmt::format("the GAN cannot be built: {}", e.what()));
}

}  // namespace fathom::gan
