/// info: what is this, and what is there to work with?
///
///   info cnn.pt
///   info photos/
///   info --models
///
/// Takes a file, a folder of pictures, a CSV file, or the name of a data set or of a shipped model. Looks at
/// the content, says what it is and what is in it: a model's card and the cost of its stages, a data set's
/// classes and counts and the command that trains on it, a picture's format and size. With --sets or --models
/// it lists what is known by name and where it was found.
#include <filesystem>

#include "cli/cli.hpp"
#include "cli/sets.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/public_sets.hpp"
#include "info/file_report.hpp"
#include "info/list_report.hpp"
#include "info/set_report.hpp"

namespace {

using namespace fathom;

cli::Parser parser() {
  cli::Parser parser("info", "Says what a file, a folder or a data set is and what is in it.",
                     {"info cifar10-cnn", "info fashion-mnist", "info --models --json"});
  cli::add_common_flags(parser, /*with_device=*/false);
  parser
      .positional("file",
                  "a file of any kind, a folder of pictures, a CSV file with the columns path and label, "
                  "SET:SPLIT:INDEX, or the name of a data set or a shipped model")
      .value(cli::kModel, "input-size",
             "for a TorchScript file without a card: size of its input in pixels, for the shapes", "HxW")
      .value(cli::kModel, "channels", "with --input-size: channels of the input, rgb|grey", "ORDER", "rgb")
      .toggle(cli::kData, "check", "read all pictures of a folder or CSV file, not 100, and list the damaged")
      .toggle("Lists", "sets", "list the data sets that have names, and where they were found")
      .toggle("Lists", "models", "list the models that have names, and where they were found");
  return parser;
}

bool is_table(const std::filesystem::path& file) {
  const std::string ending = lower_extension(file);
  return ending == ".csv" || ending == ".tsv";
}

/// "folder:PATH" and "csv:FILE", but not "folder:PATH:test:17", which is one picture.
bool is_whole_set(const std::string& name) {
  if (!cli::is_folder_set(name)) return false;
  const std::size_t colon = name.find(':');
  std::error_code ignored;
  if (colon == name.rfind(':') || std::filesystem::exists(name.substr(colon + 1), ignored)) return true;
  return !data::parse_picture_name(name);
}

/// A file or folder of that name comes first.
void describe(const cli::Arguments& arguments, const cli::Common& common, const std::string& name) {
  std::error_code ignored;
  const bool exists = std::filesystem::exists(name, ignored);
  std::string path = exists ? name : "";
  if (!exists && is_whole_set(name)) path = name.substr(name.find(':') + 1);
  const bool is_csv = is_table(path) || (!exists && !path.empty() && name.starts_with("csv:"));
  if (!path.empty() && (std::filesystem::is_directory(path, ignored) || is_csv || !exists)) {
    arguments.unused({"input-size", "channels"}, "on a data set");
    const bool check = arguments.on("check");
    arguments.refuse_unread();
    return is_csv ? cli::describe_csv(common, path, check) : cli::describe_folder(common, path, check);
  }
  arguments.unused({"check"}, "on anything but a folder or a CSV file");
  if (exists) return cli::describe_file(arguments, common, name);
  const bool is_set = data::find_public_set(name) != nullptr;
  if (!is_set && !data::parse_picture_name(name)) return cli::describe_file(arguments, common, name);
  arguments.refuse_unread("on a data set");
  is_set ? cli::describe_public_set(common, name) : cli::describe_picture_of_set(common, name);
}

void info(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments, /*with_device=*/false);
  const auto name = arguments.optional("file");
  const bool sets = arguments.on("sets"), models = arguments.on("models");
  if ((name ? 1 : 0) + (sets ? 1 : 0) + (models ? 1 : 0) != 1)
    throw cli::UsageError("give one file, folder or name, --sets or --models");
  if (name) return describe(arguments, common, *name);
  arguments.refuse_unread("without a file");
  sets ? cli::list_sets(common) : cli::list_models(common);
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, info); }
