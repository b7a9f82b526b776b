#include "interview/material/looking_inside_sheets.hpp"

#include <fmt/format.h>

#include "fathom/draw/heatmap.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/explain/attribution/occlusion.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::interview {
namespace {

using models::LogitsFunction;

torch::Tensor enlarged(const torch::Tensor& image, std::int64_t side, bool pixelated = true) {
  return image::to_rgb(image::resize(image::to_picture(image), {side, side}, pixelated));
}

torch::Tensor heated(const torch::Tensor& image, const torch::Tensor& drop, std::int64_t side) {
  return draw::overlay(enlarged(image, side), drop, draw::symmetric_limit(drop), /*pixelated=*/true);
}

std::string named(const ClassNames& names, std::int64_t label, double share) {
  return fmt::format("{} {:.0f} %", names[static_cast<std::size_t>(label)], 100 * share);
}

/// "Sandal 99 %": the likeliest class.
std::string first_named(const LogitsFunction& logits, const torch::Tensor& image, const ClassNames& names) {
  const torch::Tensor said = torch::softmax(logits(image), 1)[0];
  return named(names, said.argmax().item<std::int64_t>(), said.max().item<double>());
}

constexpr std::int64_t kScale = 10;

draw::Panel covered_panel(const Covered& of, const Part& part, const std::string& title, draw::Colour colour,
                          const LogitsFunction& logits, const ClassNames& names) {
  const Patch& p = part.patch;
  const torch::Tensor image = explain::covered(of.image, p, cover());
  const std::string asked = named(names, of.label, part.probability),
                    said = first_named(logits, image, names);
  return {draw::framed(enlarged(image, kScale * of.image.size(3)),
                       {kScale * p.y, kScale * p.x, kScale * p.height, kScale * p.width}, colour, 3),
          title,
          {asked == said ? asked : asked + ", " + said}};
}

/// Of a class, the picture that shows it best.
std::vector<Covered> best_of_classes(const std::vector<Covered>& all, const ClassNames& names,
                                     const std::vector<std::string>& classes) {
  std::vector<Covered> best;
  for (const std::string& name : classes) {
    const Covered* found = nullptr;
    for (const Covered& of : all)
      if (names[static_cast<std::size_t>(of.label)] == name && (!found || of.contrast() > found->contrast()))
        found = &of;
    if (found) best.push_back(*found);
  }
  return best.empty() ? std::vector{all.front()} : best;
}

}  // namespace

torch::Tensor signs_sheet(const torch::Tensor& images, const std::vector<torch::Tensor>& trained,
                          const std::vector<torch::Tensor>& untrained) {
  std::vector<draw::Panel> panels;
  for (std::size_t i = 0; i < trained.size(); ++i) {
    const torch::Tensor image = images[static_cast<std::int64_t>(i)];
    const std::int64_t side = 9 * image.size(2);
    panels.push_back({enlarged(image, side), "one sign decides, three are decoys", {}});
    panels.push_back({heated(image, trained[i], side), "trained network", {}});
    panels.push_back({heated(image, untrained[i], side), "random weights", {}});
  }
  return draw::sheet(panels, {.columns = 3});
}

torch::Tensor occlusion_sheet(const std::vector<Covered>& pictures, const std::vector<std::string>& classes,
                              const LogitsFunction& logits, const ClassNames& names) {
  constexpr draw::Colour red = {202, 0, 32}, blue = {5, 113, 176};
  std::vector<draw::Panel> panels;
  for (const Covered& of : best_of_classes(pictures, names, classes)) {
    const auto score = [&](const torch::Tensor& x) {
      return torch::softmax(logits(x), 1).select(1, of.label);
    };
    const torch::Tensor drop =
        explain::occlusion(score, of.image,
                           {.window = kWindow, .stride = {1, 1}, .baseline = cover(), .batch = {}})
            .drop;
    panels.push_back(
        {enlarged(of.image, kScale * of.image.size(3)), "the picture", {named(names, of.label, of.whole)}});
    panels.push_back(covered_panel(of, of.harmless, "a harmless part covered", blue, logits, names));
    panels.push_back(covered_panel(of, of.important, "the important part covered", red, logits, names));
    panels.push_back({heated(of.image[0], drop, kScale * of.image.size(3)),
                      "evidence for the class",
                      {fmt::format("red: drop of up to {:.0f} points", 100 * drop.max().item<double>())}});
  }
  return draw::sheet(panels, {.columns = 4});
}

torch::Tensor maximised_sheet(const torch::Tensor& pictures, bool pixelated, const LogitsFunction& maker,
                              const LogitsFunction& judge, const ClassNames& names) {
  std::vector<draw::Panel> panels;
  for (std::int64_t k = 0; k < pictures.size(0); ++k) {
    const torch::Tensor picture = pictures.narrow(0, k, 1);
    panels.push_back({enlarged(picture, 6 * picture.size(3), pixelated),
                      names[static_cast<std::size_t>(k)],
                      {fmt::format("maker {:.0f} %", 100 * probability(maker, picture, k)),
                       "other: " + first_named(judge, picture, names)}});
  }
  return draw::sheet(panels, {.columns = 5});
}

}  // namespace fathom::interview
