/// Network architectures as plain values: enough to build a network, write it to a card and read it back.
///
///   const Architecture a = CnnOptions{.input = {3, 32, 32}, .blocks = {64, 128, 160}};
///   std::shared_ptr<ImageModel> net = build(a, generator);
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "fathom/models/bilstm.hpp"
#include "fathom/models/cnn.hpp"
#include "fathom/models/mlp.hpp"

namespace fathom::models {

template <NetworkKind... Kinds>
using OneOf = std::variant<Kinds...>;

/// The table of kinds, in the order in which programs list them. All other code gets what it needs to know
/// about a kind from its options.
using Architecture = OneOf<CnnOptions, MlpOptions, BiLstmOptions>;

/// The names of all kinds.
std::vector<std::string> kinds();

/// "mlp", "cnn", "bilstm".
std::string kind(const Architecture& architecture);
/// The default options of a kind. Throws InvalidArgument for another word (the closest is suggested).
Architecture default_architecture(const std::string& kind);

InputShape input_of(const Architecture& architecture);
std::int64_t classes_of(const Architecture& architecture);
nn::Init init_of(const Architecture& architecture);

/// The options that have the same meaning in several kinds; null if this kind does not have it.
struct SharedOptions {
  double* dropout = nullptr;
  bool* batch_norm = nullptr;
  nn::Activation* activation = nullptr;
};

/// Pointers into `architecture`, which must live as long as they are used.
SharedOptions shared_options(Architecture& architecture);

/// Number of trainable parameters, without building the network.
std::int64_t parameter_count(const Architecture& architecture);

/// Throws InvalidArgument naming the first option that is out of range.
void validate(const Architecture& architecture);

/// {"kind": "cnn", "input": [1, 28, 28], ...}; from_json throws FormatError if a key is missing or has
/// another type. A CNN without "head", as in older cards, uses max-pool.
nlohmann::json to_json(const Architecture& architecture);
Architecture architecture_from_json(const nlohmann::json& json);

}  // namespace fathom::models
