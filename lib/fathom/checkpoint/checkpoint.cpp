#include "fathom/checkpoint/checkpoint.hpp"

#include <fmt/format.h>

#include "fathom/checkpoint/file_kind.hpp"
#include "fathom/checkpoint/torchscript_export.hpp"
#include "fathom/checkpoint/torchscript_file.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/io/file.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::checkpoint {

void save_checkpoint(const std::filesystem::path& path, const models::ImageModel& network,
                     const ModelCard& card) {
  write_torchscript(path, to_torchscript(network), to_text(card));
}

std::optional<Checkpoint> checkpoint_from_bytes(const std::string& bytes, const std::string& what) {
  const std::optional<std::string> text = card_text(bytes, what);
  if (!text) return std::nullopt;
  Checkpoint checkpoint;
  try {
    checkpoint.card = card_from_text(*text);
  } catch (const FormatError& e) {
    throw FormatError(what + ": " + e.what());
  }
  require_covered(models::parameter_count(checkpoint.card.architecture), bytes, what);
  checkpoint.network = models::build(checkpoint.card.architecture, make_generator(0));
  copy_weights(bytes, *checkpoint.network, what);
  checkpoint.network->eval();
  return checkpoint;
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  const std::string what = fmt::format("cannot read model '{}'", path.string());
  const std::string bytes = io::read_file(path);
  require_program(bytes, path.string(), what);
  std::optional<Checkpoint> checkpoint = checkpoint_from_bytes(bytes, what);
  if (!checkpoint)
    throw FormatError(what +
                      ": it has no fathom card; a TorchScript classifier without a card needs an input size, "
                      "mean per channel, deviation per channel, channel order and class names");
  return *std::move(checkpoint);
}

}  // namespace fathom::checkpoint
