#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/data/cifar.hpp"
#include "fathom/data/download.hpp"

namespace fathom::data {
namespace {

/// The files of both splits.
std::vector<std::filesystem::path> all_files(const std::string& name) {
  std::vector<std::filesystem::path> files = set_files(name, Split::train).paths;
  for (std::filesystem::path& file : set_files(name, Split::test).paths) files.push_back(std::move(file));
  return files;
}

/// `sums`: SHA-256 and size of each packed file, training before test and images before labels.
RemoteSet idx_set(const std::string& name, const std::vector<std::string>& addresses,
                  const std::array<std::pair<const char*, std::uint64_t>, 4>& sums) {
  const std::vector<std::filesystem::path> paths = all_files(name);
  RemoteSet set{name, paths.at(0).parent_path().string(), {}, {}};
  for (size_t i = 0; i < sums.size(); ++i) {
    set.files.push_back({paths.at(i).filename().string() + ".gz", addresses, sums[i].first, sums[i].second});
  }
  return set;
}

RemoteSet mnist() {
  const std::vector<std::string> addresses = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                                              "https://storage.googleapis.com/cvdf-datasets/mnist/"};
  return idx_set("mnist", addresses,
                 {{{"440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9912422},
                   {"3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28881},
                   {"8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1648877},
                   {"f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4542}}});
}

/// The sums are of the published files, whose MD5 the set's own README gives. Debian's dataset-fashion-mnist
/// holds the same data without name and date in the gzip headers, so its files have others.
RemoteSet fashion_mnist() {
  return idx_set("fashion-mnist", {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
                 {{{"3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26421880},
                   {"a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29515},
                   {"346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4422102},
                   {"67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5148}}});
}

RemoteSet cifar10() {
  RemoteFile archive{"cifar-10-binary.tar.gz",
                     {"https://www.cs.toronto.edu/~kriz/"},
                     "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                     170052171};
  RemoteSet set{"cifar10", "", {std::move(archive)}, {}};
  for (std::filesystem::path& file : all_files(set.name))
    set.unpacked.push_back({std::move(file), cifar10_batch_size});
  return set;
}

}  // namespace

RemoteSet remote_set(const std::string& name) {
  if (name == "mnist") return mnist();
  if (name == "fashion-mnist") return fashion_mnist();
  if (name == "cifar10") return cifar10();
  throw InvalidArgument(fmt::format("no data set '{}' to download{}", name, suggestion(name, set_names())));
}

}  // namespace fathom::data
