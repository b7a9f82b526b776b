#include "fathom/data/public_sets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "fathom/data/cifar.hpp"
#include "fathom/data/idx.hpp"

namespace fathom::data {

const std::vector<PublicSet>& public_sets() {
  // LeCun's file names, which other idx sets have kept.
  const std::vector<SetFile> idx_training = {{"train-images-idx3-ubyte"}, {"train-labels-idx1-ubyte"}};
  const std::vector<SetFile> idx_test = {{"t10k-images-idx3-ubyte"}, {"t10k-labels-idx1-ubyte"}};
  static const std::vector<PublicSet> sets = {
      {.name = "mnist",
       .read = read_idx_set,
       .classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
       .folder = "mnist",
       .training = idx_training,
       .test = idx_test,
       .may_be_packed = true,
       .addresses = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                     "https://storage.googleapis.com/cvdf-datasets/mnist/"},
       .published = {{"train-images-idx3-ubyte.gz",
                      "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9912422},
                     {"train-labels-idx1-ubyte.gz",
                      "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28881},
                     {"t10k-images-idx3-ubyte.gz",
                      "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1648877},
                     {"t10k-labels-idx1-ubyte.gz",
                      "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4542}},
       .augmentation = "crop(2)",
       .preset = "digits",
       .classifier = "mnist-cnn.pt"},
      // The sums are of the published files, whose MD5 the set's own README gives. Debian's package holds the
      // same data without name and date in the gzip headers, so its files have others.
      {.name = "fashion-mnist",
       .read = read_idx_set,
       .classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
                   "Ankle boot"},
       .folder = "fashion-mnist",
       .training = idx_training,
       .test = idx_test,
       .may_be_packed = true,
       .addresses = {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
       .published = {{"train-images-idx3-ubyte.gz",
                      "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26421880},
                     {"train-labels-idx1-ubyte.gz",
                      "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29515},
                     {"t10k-images-idx3-ubyte.gz",
                      "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4422102},
                     {"t10k-labels-idx1-ubyte.gz",
                      "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5148}},
       // Clothes are centred in their frame, so a shift would only make the task harder than the test is.
       .augmentation = "hflip(p=0.5)",
       .preset = "fashion",
       .package = "dataset-fashion-mnist",
       .classifier = "fashion-cnn.pt",
       .generator = "fashion-gan.pt"},
      {.name = "cifar10",
       .read = read_cifar10,
       .classes = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
       .folder = "cifar-10-batches-bin",
       .training = {{"data_batch_1.bin", 30'730'000},
                    {"data_batch_2.bin", 30'730'000},
                    {"data_batch_3.bin", 30'730'000},
                    {"data_batch_4.bin", 30'730'000},
                    {"data_batch_5.bin", 30'730'000}},
       .test = {{"test_batch.bin", 30'730'000}},
       .addresses = {"https://www.cs.toronto.edu/~kriz/"},
       .published = {{"cifar-10-binary.tar.gz",
                      "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", 170052171}},
       .augmentation = "crop(2, border=reflect) | hflip(p=0.5)",
       .preset = "cifar",
       .classifier = "cifar10-cnn.pt"}};
  return sets;
}

const PublicSet* find_public_set(const std::string& name) {
  const std::vector<PublicSet>& sets = public_sets();
  const auto found =
      std::find_if(sets.begin(), sets.end(), [&](const auto& set) { return set.name == name; });
  return found == sets.end() ? nullptr : &*found;
}

const std::vector<std::string>& set_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const PublicSet& set : public_sets()) all.push_back(set.name);
    return all;
  }();
  return names;
}

std::string set_choices() { return fmt::format("{}|folder:PATH|csv:FILE", fmt::join(set_names(), "|")); }

std::string usual_augmentation(const std::string& name) {
  const PublicSet* const set = find_public_set(name);
  return set ? set->augmentation : "";
}

}  // namespace fathom::data
