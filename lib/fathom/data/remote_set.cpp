#include <fmt/format.h>

#include <filesystem>

#include "fathom/core/error.hpp"
#include "fathom/data/download.hpp"
#include "fathom/data/public_sets.hpp"

namespace fathom::data {

RemoteSet remote_set(const std::string& name) {
  const PublicSet* const set = find_public_set(name);
  if (!set)
    throw InvalidArgument(fmt::format("no data set '{}' to download{}", name, suggestion(name, set_names())));
  RemoteSet remote{.name = set->name};
  for (const PublishedFile& file : set->published)
    remote.files.push_back({file.name, set->addresses, file.sha256, file.size});
  for (const std::vector<SetFile>* files : {&set->training, &set->test})
    for (const SetFile& file : *files)
      if (file.size > 0)
        remote.unpacked.push_back({std::filesystem::path(set->folder) / file.name, file.size});
  // An archive lands beside the folder that it is unpacked to.
  if (remote.unpacked.empty()) remote.folder = set->folder;
  return remote;
}

}  // namespace fathom::data
