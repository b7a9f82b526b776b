/// The recurrent network over the rows of a picture.
///
///   const std::shared_ptr<ImageModel> net = build(BiLstmOptions{.hidden = 128}, generator);
///   torch::Tensor states = net->forward_to(images, "states");   // [N, 28, 256], forward and backward side
///   by side
#pragma once

#include "fathom/models/kind.hpp"

namespace fathom::models {

/// Reads the rows of a picture from top to bottom as a sequence and classifies it at the end (many to one).
/// Long short-term memory (Hochreiter & Schmidhuber 1997), in both directions (Schuster & Paliwal 1997) or
/// forward only. Stages: "states" (after every row), "last" (the forward state after the last row and the
/// backward state after the first row, concatenated; each has then read the whole picture), "logits".
struct BiLstmOptions {
  InputShape input;
  std::int64_t classes = 10;
  std::int64_t hidden = 128;  ///< units per direction
  std::int64_t layers = 1;
  bool bidirectional = true;
  double dropout = 0.2;  ///< in [0, 1), between layers and before the logits
  nn::Init init = nn::Init::lecun;

  // Required by NetworkKind.
  static constexpr const char* kKind = "bilstm";
  static constexpr auto kFields = [](auto& field, auto& options) {
    field("hidden", options.hidden);
    field("layers", options.layers);
    field("bidirectional", options.bidirectional);
  };
  void validate() const;
  std::int64_t parameter_count() const;
  std::shared_ptr<ImageModel> make() const;
};

}  // namespace fathom::models
