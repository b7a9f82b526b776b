#include "fathom/checkpoint/card.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "fathom/core/error.hpp"
#include "fathom/io/json.hpp"

namespace fathom::checkpoint {
namespace {

using Json = nlohmann::ordered_json;

/// Raised when a key changes its meaning, so that an old program refuses a new card instead of misreading it.
constexpr int kFormat = 1;

void require_consistent(const ModelCard& card) {
  const auto classes = static_cast<std::size_t>(classes_of(card.architecture));
  if (card.classes.size() != classes)
    throw FormatError(fmt::format("the card names {} classes, but the network has {} outputs",
                                  card.classes.size(), classes));
  const auto channels = static_cast<std::size_t>(models::input_of(card.architecture).channels);
  if (card.mean.size() != channels || card.std.size() != channels)
    throw FormatError(fmt::format("the card's mean and deviation do not fit {} channels", channels));
}

}  // namespace

std::string to_text(const ModelCard& card) {
  Json j;
  j["format"] = kFormat;
  j["architecture"] = to_json(card.architecture);
  j["classes"] = card.classes;
  j["mean"] = card.mean;
  j["std"] = card.std;
  j["data_set"] = card.data_set;
  j["data_checksum"] = card.data_checksum;
  j["data_note"] = card.data_note;
  j["seed"] = card.seed;
  j["epochs"] = card.epochs;
  j["test_images"] = card.test_images;
  j["test_accuracy"] = card.test_accuracy;
  j["test_accuracy_ci95"] = {card.test_accuracy_ci95.low, card.test_accuracy_ci95.high};
  j["fathom_version"] = card.fathom_version;
  j["torch_version"] = card.torch_version;
  if (!card.kernels.empty()) j["kernels"] = card.kernels;
  j["command_line"] = card.command_line;
  return j.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

ModelCard card_from_text(const std::string& text) {
  try {
    const Json j = io::parse_json(text, io::kLargestCard);
    if (j.contains("generator_format"))
      throw FormatError("it is a generator, but a classifier is needed; use sample_gan to draw from it");
    if (j.at("format") != kFormat)
      throw FormatError("the card has a format that this version of fathom does not support");
    ModelCard card;
    card.architecture = models::architecture_from_json(nlohmann::json(j.at("architecture")));
    j.at("classes").get_to(card.classes);
    j.at("mean").get_to(card.mean);
    j.at("std").get_to(card.std);
    j.at("data_set").get_to(card.data_set);
    j.at("data_checksum").get_to(card.data_checksum);
    j.at("data_note").get_to(card.data_note);
    j.at("seed").get_to(card.seed);
    j.at("epochs").get_to(card.epochs);
    j.at("test_images").get_to(card.test_images);
    j.at("test_accuracy").get_to(card.test_accuracy);
    card.test_accuracy_ci95 = {j.at("test_accuracy_ci95").at(0), j.at("test_accuracy_ci95").at(1)};
    j.at("fathom_version").get_to(card.fathom_version);
    j.at("torch_version").get_to(card.torch_version);
    card.kernels = j.value("kernels", "");
    j.at("command_line").get_to(card.command_line);
    require_consistent(card);
    return card;
  } catch (const Json::exception& e) {
    throw FormatError(fmt::format("the card is invalid: {}", e.what()));
  }
}

}  // namespace fathom::checkpoint
