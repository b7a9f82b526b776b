#include "evaluate/training_pictures.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"

namespace fathom::cli {
namespace {

/// The same name, or the same folder or file in other words.
bool is_same_set(const std::string& a, const std::string& b) {
  if (a == b) return true;
  if (!data::is_picture_set(a) || !data::is_picture_set(b)) return false;
  std::error_code failed;
  return std::filesystem::equivalent(a.substr(a.find(':') + 1), b.substr(b.find(':') + 1), failed);
}

/// How many of the pictures of a set are for training; they come first. Damaged ones, which may have been
/// left out, count as well.
std::int64_t training_pictures(const data::ImageSet& all, const std::string& name,
                               const data::Catalog& catalog) {
  return data::is_picture_set(name) ? data::list_set(name, catalog.folder_rules).train.size()
                                    : all.size() - data::load(name, data::Split::test, catalog).size();
}

/// The number of first pictures, at most `most`, that have the checksum; 0 if there is none close to `most`.
std::int64_t size_with_checksum(const data::ImageSet& set, std::int64_t most, const std::string& checksum,
                                bool may_be_fewer) {
  constexpr std::int64_t kMostLeftOut = 8;
  for (std::int64_t n = most; n >= 1 && n >= (may_be_fewer ? most - kMostLeftOut : most); --n)
    if (data::checksum(set.first(n)) == checksum) return n;
  return 0;
}

}  // namespace

void note_training_pictures(const checkpoint::ModelCard& card, const data::ImageSet& set,
                            const std::string& name, const std::string& split, const data::Catalog& catalog) {
  if (split == "test" || !is_same_set(card.data_set, name)) return;
  const std::int64_t most =
      split == "train" ? set.size() : std::min(set.size(), training_pictures(set, name, catalog));
  if (most < 1) return;
  const std::int64_t certain = size_with_checksum(set, most, card.data_checksum, catalog.skip_damaged);
  note(fmt::format(
      "{}{} of the {} of --split {} were in the training set of the model; its accuracy on new "
      "pictures is that of --split test",
      certain > 0 ? "" : "up to ", grouped(static_cast<std::uint64_t>(certain > 0 ? certain : most)),
      counted(static_cast<std::uint64_t>(set.size()), "picture"), split));
}

}  // namespace fathom::cli
