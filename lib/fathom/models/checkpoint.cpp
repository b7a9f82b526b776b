#include "fathom/models/checkpoint.hpp"

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/file.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/models/program_file.hpp"
#include "fathom/models/script.hpp"

namespace fathom::models {

void save_checkpoint(const std::filesystem::path& path, const ImageModel& network, const ModelCard& card) {
  write_program(path, to_script(network), to_text(card));
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
  require_covered(parameter_count(checkpoint.card.architecture), bytes, what);
  checkpoint.network = build(checkpoint.card.architecture, make_generator(0));
  copy_weights(bytes, *checkpoint.network, what);
  checkpoint.network->eval();
  return checkpoint;
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  const std::string what = fmt::format("cannot read model '{}'", path.string());
  std::optional<Checkpoint> checkpoint = checkpoint_from_bytes(read_file(path), what);
  if (!checkpoint)
    throw FormatError(
        what +
        ": it carries no card of fathom's; as a TorchScript classifier of other origin it is fed with "
        "--input-size, --mean, --std, --channels and --labels");
  return *std::move(checkpoint);
}

}  // namespace fathom::models
