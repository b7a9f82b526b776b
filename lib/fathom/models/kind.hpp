/// The interface of a kind of network, and helpers that the kinds share.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "fathom/nn/activation.hpp"
#include "fathom/nn/initialisation.hpp"

namespace fathom::models {

class ImageModel;

/// The input of an image classifier: pixels in [0, 1], float [N, channels, height, width].
struct InputShape {
  std::int64_t channels = 1, height = 28, width = 28;
  bool operator==(const InputShape&) const = default;
  std::int64_t pixels() const { return height * width; }
};
nlohmann::json to_json(const InputShape& shape);         ///< [channels, height, width]
InputShape input_from_json(const nlohmann::json& json);  ///< throws what nlohmann::json throws

/// A kind of network is the struct of its options: plain values with defaults that give a valid network.
///
/// `dropout` (double), `batch_norm` (bool) and `activation` (nn::Activation) mean the same in every kind that
/// has them. They are checked, written and read in architecture.cpp, as are `input`, `classes` and `init`; a
/// kind's own functions and list handle its other options.
template <typename Options>
concept NetworkKind = requires(const Options& options) {
  { Options::kKind } -> std::convertible_to<std::string>;  // "mlp": its name in flags, cards and messages
  requires std::same_as<decltype(options.input), InputShape>;
  requires std::same_as<decltype(options.classes), std::int64_t>;
  requires std::same_as<decltype(options.init), nn::Init>;
  options.validate();  // throws InvalidArgument naming the first option that is out of range
  { options.parameter_count() } -> std::same_as<std::int64_t>;  // trainable ones, without building it
  Options::kFields;  // the list of its own options (core/fields.hpp)
  { options.make() } -> std::same_as<std::shared_ptr<ImageModel>>;  // for valid options; not initialised
};

/// A wider layer must be a typing error.
constexpr std::int64_t kLargestWidth = 65536;

}  // namespace fathom::models
