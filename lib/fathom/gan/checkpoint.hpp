/// A trained generator as a TorchScript program; it runs without fathom.
///
///   save_generator("gan.pt", *generator, card);
///   GanCheckpoint gan = load_generator("gan.pt");   // Python: torch.jit.load("gan.pt")(torch.randn(64, 64))
///
/// It holds the parameters under their names, `forward` in evaluation mode for any number of latent vectors
/// (a conditional GAN also accepts classes, int64 [N]; without them it cycles through all classes), and the
/// card as the extra file "fathom.json". The discriminator is stored only in the training state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fathom/gan/generator.hpp"

namespace fathom::gan {

struct GanCard {
  GanArchitecture architecture;
  std::vector<std::string> classes;  ///< of the data set, index = label; empty if it has none

  std::string data_set;       ///< "fashion-mnist"
  std::string data_checksum;  ///< data::checksum of the training set
  std::string data_note;      ///< a note for readers of the results; may be empty
  std::string loss;           ///< "ns", "hinge", "wgan-gp"
  std::uint64_t seed = 0;
  std::int64_t steps = 0;  ///< generator updates so far
  std::string scores;      ///< JSON object of measured scores, as `evaluate --gan` prints it; may be empty
  std::string fathom_version, torch_version;
  std::string kernels;  ///< kernels_name() of the machine; several, separated by "; ", if the run was resumed
                        ///< with others; empty in files of older versions
  std::string command_line;  ///< command that made it
};

/// Key order is fixed, so the same card gives the same text. from_text throws FormatError on missing or
/// contradictory keys, and if the card belongs to a classifier.
std::string to_text(const GanCard& card);
GanCard gan_card_from_text(const std::string& text);

struct GanCheckpoint {
  GanCard card;
  std::shared_ptr<Generator> generator;  ///< on the CPU, in evaluation mode
};

/// Writes the file atomically. The same generator and card give the same bytes. Throws FileError.
void save_generator(const std::filesystem::path& path, const Generator& generator, const GanCard& card);

/// Throws FileError (missing, unreadable), FormatError: truncated, damaged, not TorchScript, a classifier,
/// without a card, or with weights that do not fit the architecture in the card.
GanCheckpoint load_generator(const std::filesystem::path& path);

}  // namespace fathom::gan
