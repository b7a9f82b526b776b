/// What the networks are made of, as plain values: enough to build one, to write it into a card, and to read
/// it back.
///
///   const Architecture a = CnnOptions{.input = {3, 32, 32}, .blocks = {64, 128, 160}};
///   std::shared_ptr<ImageModel> net = build(a, generator);
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "fathom/nn/activation.hpp"
#include "fathom/nn/initialisation.hpp"

namespace fathom::models {

/// What of the last maps the logits see: each channel's largest value or mean over the picture, which says
/// what is there but not where, or every value at its place.
enum class Head { max_pool, mean_pool, flatten };

/// What an image classifier takes in: pixels in [0, 1], float [N, channels, height, width].
struct InputShape {
  std::int64_t channels = 1, height = 28, width = 28;
  bool operator==(const InputShape&) const = default;
};

/// A multilayer perceptron: flatten, then per hidden layer linear, batch norm, activation, dropout; then
/// logits.
struct MlpOptions {
  InputShape input;
  std::int64_t classes = 10;
  std::vector<std::int64_t> hidden = {512, 256};
  double dropout = 0.2;  ///< in [0, 1)
  bool batch_norm = true;
  nn::Activation activation = nn::Activation::relu;
  nn::Init init = nn::Init::he;
};

/// A convolutional network: a stem of `stem` 3x3 filters, then per block two 3x3 convolutions, the first of
/// which halves the picture by max pooling; the head: features of what is left, dropout, logits.
struct CnnOptions {
  InputShape input;
  std::int64_t classes = 10;
  std::int64_t stem = 16;
  std::vector<std::int64_t> blocks = {32, 64};  ///< widths; the picture must survive that many halvings
  Head head = Head::max_pool;
  double dropout = 0.0;  ///< in [0, 1), before the logits
  bool batch_norm = true;
  nn::Activation activation = nn::Activation::relu;
  nn::Init init = nn::Init::he;
};

/// A recurrent network that reads the rows of a picture as a sequence, top to bottom, and names the class at
/// its end: many to one. Long short-term memory (Hochreiter & Schmidhuber 1997), in both directions (Schuster
/// & Paliwal 1997) or forward only.
struct BiLstmOptions {
  InputShape input;
  std::int64_t classes = 10;
  std::int64_t hidden = 128;  ///< units per direction
  std::int64_t layers = 1;
  bool bidirectional = true;
  double dropout = 0.2;  ///< in [0, 1), between layers and before the logits
  nn::Init init = nn::Init::lecun;
};

using Architecture = std::variant<MlpOptions, CnnOptions, BiLstmOptions>;

/// "mlp", "cnn", "bilstm".
std::string kind(const Architecture& architecture);
/// The default options of a kind. Throws InvalidArgument for another word (the closest is suggested).
Architecture default_architecture(const std::string& kind);

const InputShape& input_of(const Architecture& architecture);
std::int64_t classes_of(const Architecture& architecture);

/// Trainable numbers in a network of that architecture, without building it.
std::int64_t parameter_count(const Architecture& architecture);

/// Throws InvalidArgument naming the first option that is out of range.
void validate(const Architecture& architecture);

/// {"kind": "cnn", "input": [1, 28, 28], ...}; from_json throws FormatError where a key is missing or of
/// another type. A CNN without "head", as in older cards, has max-pool.
nlohmann::json to_json(const Architecture& architecture);
Architecture architecture_from_json(const nlohmann::json& json);

/// How many numbers the logits are computed from.
std::int64_t head_features(const CnnOptions& options);

std::string to_string(Head head);         ///< "max-pool", "mean-pool", "flatten"
Head head_from(const std::string& name);  ///< throws InvalidArgument

}  // namespace fathom::models
