/// A checkpoint is a TorchScript program; it runs without fathom.
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

/// The file is written atomically. The same network and card give the same bytes. Throws FileError.
void save_checkpoint(const std::filesystem::path& path, const models::ImageModel& network,
                     const ModelCard& card);

/// Throws FileError (missing, unreadable), FormatError: truncated or damaged (all checksums are verified),
/// not TorchScript, without a card (the message says so; it can still be run as a black box), or with weights
/// that do not fit the architecture in the card.
Checkpoint load_checkpoint(const std::filesystem::path& path);

/// The same from the bytes of a file; `what` begins error messages ("cannot read model 'cnn.pt'"). Empty if
/// the archive is intact but has no card.
std::optional<Checkpoint> checkpoint_from_bytes(const std::string& bytes, const std::string& what);

}  // namespace fathom::checkpoint
