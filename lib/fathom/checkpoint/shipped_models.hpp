/// Models by name: "cifar10-cnn" from any folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fathom::checkpoint {

/// Where named models are looked for, in this order: $FATHOM_MODELS, models/ beside the program's project or
/// share/fathom/models of the prefix in which it was installed, models/ beside the program.
std::vector<std::filesystem::path> model_directories();

struct NamedModel {
  std::string name;            ///< "cifar10-cnn"
  std::filesystem::path file;  ///< a .pt file
};

/// The models in these directories, sorted by name; of two with one name, the one that is found first.
std::vector<NamedModel> named_models();

/// The file that a user's word means: a file that exists, or else the model of that name, with or without
/// ".pt". A word that is neither is given back, if it looks like a path (a folder in it, or an ending), for
/// whoever opens it; else FileError says which names there are.
std::filesystem::path find_model(const std::string& name_or_path);

}  // namespace fathom::checkpoint
