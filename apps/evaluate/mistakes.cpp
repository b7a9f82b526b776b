#include "evaluate/mistakes.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/sheets/figures.hpp"
#include "fathom/core/text.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

constexpr std::size_t kMostMistakes = 18, kMostPairs = 6, kMostOfPair = 8;
constexpr std::int64_t kMistakeColumns = 6, kMistakeSide = 140, kPairSide = 56;
constexpr std::int64_t kWidestOfMistake = 200, kWidestOfPair = 500;  // of words

const std::string& class_of(const data::ImageSet& set, std::int64_t label) {
  return set.classes[static_cast<std::size_t>(label)];
}

draw::Panel mistake_panel(const data::ImageSet& set, const Mistake& mistake, const std::string& name) {
  return {
      at_panel_size(set.images[mistake.index], kMistakeSide),
      "taken for " + named_percent(printable(class_of(set, mistake.predicted)) + ",", mistake.probability),
      {"true class: " + class_of(set, mistake.label), name}};
}

draw::Panel pair_panel(const data::ImageSet& set, const ConfusedPair& pair) {
  std::vector<torch::Tensor> pictures;
  for (std::size_t i = 0; i < std::min(pair.mistakes.size(), kMostOfPair); ++i)
    pictures.push_back(at_panel_size(set.images[pair.mistakes[i].index], kPairSide));
  const auto of_class = set.labels.eq(pair.label).sum().item<std::int64_t>();
  return {draw::tiled(torch::stack(pictures), kMostOfPair, 1, 4),
          fmt::format("{} taken for {}", class_of(set, pair.label), class_of(set, pair.predicted)),
          {fmt::format("{} of {} {}", grouped(pair.mistakes.size()),
                       grouped(static_cast<std::uint64_t>(of_class)), class_of(set, pair.label))}};
}

/// On white, in the middle.
torch::Tensor widened(const torch::Tensor& picture, std::int64_t width) {
  torch::Tensor wide = torch::full({3, picture.size(1), width}, 255, torch::kByte);
  wide.narrow(2, (width - picture.size(2)) / 2, picture.size(2)).copy_(picture);
  return wide;
}

}  // namespace

std::vector<Mistake> mistakes(const data::ImageSet& set, const train::Evaluation& result) {
  std::vector<Mistake> wrong;
  const torch::Tensor at = result.predictions.ne(set.labels).nonzero().flatten();
  for (std::int64_t i = 0; i < at.size(0); ++i) {
    const auto index = at[i].item<std::int64_t>();
    wrong.push_back({index, set.labels[index].item<std::int64_t>(),
                     result.predictions[index].item<std::int64_t>(),
                     result.probabilities[index].item<double>()});
  }
  std::stable_sort(wrong.begin(), wrong.end(),
                   [](const Mistake& a, const Mistake& b) { return a.probability > b.probability; });
  return wrong;
}

std::vector<ConfusedPair> confused_pairs(const std::vector<Mistake>& mistakes) {
  std::map<std::pair<std::int64_t, std::int64_t>, ConfusedPair> by_classes;
  for (const Mistake& mistake : mistakes) {
    ConfusedPair& pair = by_classes[{mistake.label, mistake.predicted}];
    pair.label = mistake.label;
    pair.predicted = mistake.predicted;
    pair.mistakes.push_back(mistake);
  }
  std::vector<ConfusedPair> pairs;
  for (const auto& [classes, pair] : by_classes) pairs.push_back(pair);
  std::stable_sort(pairs.begin(), pairs.end(), [](const ConfusedPair& a, const ConfusedPair& b) {
    return a.mistakes.size() > b.mistakes.size();
  });
  return pairs;
}

torch::Tensor mistakes_sheet(const data::ImageSet& set, const std::vector<Mistake>& mistakes,
                             const std::vector<ConfusedPair>& pairs, const PictureNamer& names,
                             const std::string& title) {
  std::vector<draw::Panel> singles, strips;
  for (std::size_t i = 0; i < std::min(mistakes.size(), kMostMistakes); ++i)
    singles.push_back(mistake_panel(set, mistakes[i], names(mistakes[i].index).shown));
  for (std::size_t i = 0; i < std::min(pairs.size(), kMostPairs); ++i)
    strips.push_back(pair_panel(set, pairs[i]));
  const torch::Tensor upper = draw::sheet(singles, {.columns = kMistakeColumns,
                                                    .heading = "The most confident mistakes",
                                                    .widest_words = kWidestOfMistake}),
                      lower = draw::sheet(strips, {.columns = 2,
                                                   .heading = "The most confused classes",
                                                   .widest_words = kWidestOfPair});
  const std::int64_t width = std::max(upper.size(2), lower.size(2));
  return draw::sheet({{torch::cat({widened(upper, width), widened(lower, width)}, 1), "", {}}},
                     {.heading = title});
}

Json mistakes_json(const data::ImageSet& set, const std::vector<Mistake>& mistakes,
                   const std::vector<ConfusedPair>& pairs, const PictureNamer& names) {
  Json json = {{"mistakes", Json::array()}, {"confused_pairs", Json::array()}};
  for (std::size_t i = 0; i < std::min(mistakes.size(), kMostMistakes); ++i) {
    const PictureNames picture = names(mistakes[i].index);
    json["mistakes"].push_back({{"name", picture.shown},
                                {"image", picture.image},
                                {"index", picture.index},
                                {"true_class", class_of(set, mistakes[i].label)},
                                {"predicted", class_of(set, mistakes[i].predicted)},
                                {"probability", mistakes[i].probability}});
  }
  for (std::size_t i = 0; i < std::min(pairs.size(), kMostPairs); ++i)
    json["confused_pairs"].push_back({{"true_class", class_of(set, pairs[i].label)},
                                      {"predicted", class_of(set, pairs[i].predicted)},
                                      {"images", pairs[i].mistakes.size()}});
  return json;
}

}  // namespace fathom::cli
