/// fetch_data: download a data set.
///
///   fetch_data mnist
///
/// Fetches the files of a public data set, checks their sums, and puts them where the other programs look.
/// What an interrupted call left is continued; what is already there stays.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/data/download.hpp"
#include "fathom/data/public_sets.hpp"

namespace {

using namespace fathom;

cli::Parser parser() {
  const std::vector<std::string>& sets = data::set_names();
  cli::Parser parser(
      "fetch_data",
      fmt::format("Downloads a data set and verifies its checksums: {} or {}.",
                  fmt::join(sets.begin(), sets.end() - 1, ", "), sets.back()),
      {"fetch_data mnist", "fetch_data cifar10 --data-dir . --mirror http://mirror.local/cifar/"});
  cli::add_common_flags(parser, /*with_device=*/false);
  parser.positional("set", fmt::format("{}", fmt::join(sets, "|")))
      .value(cli::kData, "mirror", "base URL to download from instead of the official addresses", "URL");
  return parser;
}

std::filesystem::path destination(const cli::Arguments& arguments) {
  if (const auto directory = data::download_directory(arguments.optional("data-dir"))) return *directory;
  throw cli::UsageError("no download folder: give one with --data-dir");
}

void fetch_data(const cli::Arguments& arguments) {
  // Not read_common, for which --data-dir must exist: here it is made.
  cli::Common common;
  common.json = arguments.on("json");
  common.quiet = arguments.on("quiet");
  if (!arguments.has("set"))
    throw cli::UsageError(fmt::format("name a data set: {} (as in 'fetch_data {}')",
                                      fmt::join(data::set_names(), ", "), data::set_names().front()));
  const data::RemoteSet set = data::remote_set(arguments.text("set"));
  const std::filesystem::path folder = std::filesystem::absolute(destination(arguments));
  const std::string mirror = arguments.optional("mirror").value_or("");
  arguments.refuse_unread();

  ProgressBar bar(set.name, "bytes", common.quiet);
  const auto starts = [&](const std::string& file) { bar.restart(file); };
  const data::Fetched fetched = data::fetch(set, folder, mirror, starts, bar.callback());
  bar.finish();

  const std::size_t there = set.files.size() - fetched.downloaded.size();
  cli::say(common, fmt::format("{} is in {} ({} downloaded, {} already there)", set.name,
                               fetched.folder.string(), fetched.downloaded.size(), there));
  cli::report(common,
              {{"data", set.name}, {"folder", fetched.folder.string()}, {"downloaded", fetched.downloaded}});
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, fetch_data); }
