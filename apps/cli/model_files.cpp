#include "cli/model_files.hpp"

#include "fathom/checkpoint/shipped_models.hpp"

namespace fathom::cli {

std::filesystem::path model_input(const Arguments& arguments, const std::string& flag) {
  const std::filesystem::path file = checkpoint::find_model(arguments.required(flag));
  arguments.paths().reads(flag, file);
  return file;
}

std::optional<std::filesystem::path> optional_model_input(const Arguments& arguments,
                                                          const std::string& flag) {
  return arguments.has(flag) ? std::optional(model_input(arguments, flag)) : std::nullopt;
}

}  // namespace fathom::cli
