/// The model card stored in a checkpoint: everything needed to rebuild the network, prepare its input and
/// interpret its accuracy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fathom/core/statistics.hpp"
#include "fathom/models/architecture.hpp"

namespace fathom::checkpoint {

struct ModelCard {
  models::Architecture architecture;
  std::vector<std::string> classes;  ///< index = label
  std::vector<float> mean, std;      ///< per channel, in units of pixels in [0, 1]

  std::string data_set;       ///< "fashion-mnist"
  std::string data_checksum;  ///< data::checksum of the training set
  std::string data_note;      ///< a note for readers of the results, such as "a JPEG copy"; may be empty
  std::uint64_t seed = 0;
  std::int64_t epochs = 0;       ///< epochs of training
  std::int64_t test_images = 0;  ///< 0: not tested
  double test_accuracy = 0;
  Interval test_accuracy_ci95;  ///< Wilson's
  std::string fathom_version, torch_version;
  std::string kernels;  ///< kernels_name() of the machine; several, separated by "; ", if the run was resumed
                        ///< with others; empty in files of older versions
  std::string command_line;  ///< command that made it
};

/// Key order is fixed, so the same card gives the same text. from_json throws FormatError on missing or
/// contradictory keys.
std::string to_text(const ModelCard& card);
ModelCard card_from_text(const std::string& text);

}  // namespace fathom::checkpoint
