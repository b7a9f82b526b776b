/// The checkpoint is a program: a TorchScript archive that anyone can run.
///
///   save_checkpoint("cnn.pt", *net, card);
///   Checkpoint c = load_checkpoint("cnn.pt");       // Python: torch.jit.load("cnn.pt")(x)
///
/// It holds the parameters under their module names, the traced `forward` in evaluation mode (any batch
/// size), and the card as the extra file "fathom.json".
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fathom/checkpoint/card.hpp"

namespace fathom::models {
class ImageModel;
}

namespace fathom::checkpoint {

struct Checkpoint {
  ModelCard card;
  std::shared_ptr<models::ImageModel> network;  ///< on the CPU, in evaluation mode
};

/// Written whole or not at all. The same network and card give the same bytes. Throws FileError.
void save_checkpoint(const std::filesystem::path& path, const models::ImageModel& network,
                     const ModelCard& card);

/// Throws FileError (missing, unreadable), FormatError: cut off or damaged (every member's checksum is
/// compared), not TorchScript, no card in it (say so: it may still be run as a black box), weights that do
/// not fit the card's architecture.
Checkpoint load_checkpoint(const std::filesystem::path& path);

/// The same from the bytes of a file, which `what` names in messages ("cannot read model 'cnn.pt'"); nothing
/// where the archive is whole but carries no card.
std::optional<Checkpoint> checkpoint_from_bytes(const std::string& bytes, const std::string& what);

}  // namespace fathom::checkpoint
