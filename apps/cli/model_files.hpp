/// Models that a command line names: files, or names of shipped models ("cifar10-cnn").
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/arguments.hpp"

namespace fathom::cli {

/// For the help of flags that take a model.
inline constexpr const char* kModelHelp =
    "a checkpoint, any TorchScript classifier, or a shipped model's name";

/// The file of the model that `flag` names (checkpoint::find_model), an input of the run. Throws UsageError
/// without the flag, and FileError if nothing has that name.
std::filesystem::path model_input(const Arguments& arguments, const std::string& flag);
/// The same; empty without the flag.
std::optional<std::filesystem::path> optional_model_input(const Arguments& arguments,
                                                          const std::string& flag);

}  // namespace fathom::cli
