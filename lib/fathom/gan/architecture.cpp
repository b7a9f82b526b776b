#include "fathom/gan/architecture.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

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

json options_of(const DcganOptions& o) {
  return {{"kind", "dcgan"},
          {"image", {o.image.channels, o.image.height, o.image.width}},
          {"latent", o.latent},
          {"classes", o.classes},
          {"widths", o.widths},
          {"hidden", o.hidden},
          {"batch_norm", o.batch_norm},
          {"spectral_norm", o.spectral_norm}};
}

json options_of(const PointGanOptions& o) {
  return {{"kind", "points"}, {"latent", o.latent}, {"hidden", o.hidden}, {"spectral_norm", o.spectral_norm}};
}

DcganOptions dcgan_from(const json& j) {
  const auto image = j.at("image").get<std::array<std::int64_t, 3>>();
  return {.image = {image[0], image[1], image[2]},
          .latent = j.at("latent"),
          .classes = j.at("classes"),
          .widths = j.at("widths"),
          .hidden = j.at("hidden"),
          .batch_norm = j.at("batch_norm"),
          .spectral_norm = j.at("spectral_norm")};
}

PointGanOptions points_from(const json& j) {
  return {.latent = j.at("latent"), .hidden = j.at("hidden"), .spectral_norm = j.at("spectral_norm")};
}

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
  return std::visit([](const auto& o) { return options_of(o); }, architecture);
}

GanArchitecture gan_architecture_from_json(const json& j) {
  try {
    const std::string kind = j.at("kind");
    if (kind != "dcgan" && kind != "points") throw FormatError("unknown kind of GAN '" + kind + "'");
    const GanArchitecture architecture =
        kind == "dcgan" ? GanArchitecture(dcgan_from(j)) : GanArchitecture(points_from(j));
    validate(architecture);
    return architecture;
  } catch (const json::exception& e) {
    throw FormatError(fmt::format("the description of the GAN is invalid: {}", e.what()));
  } catch (const InvalidArgument& e) {
    throw FormatError(fmt::format("the GAN cannot be built: {}", e.what()));
  }
}

}  // namespace fathom::gan
