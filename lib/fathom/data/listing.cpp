#include "fathom/data/listing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/class_match.hpp"
#include "fathom/data/opened_batch.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

/// In a set without splits, one picture of a class in so many is for testing.
constexpr std::size_t kTestShare = 10;
/// So many damaged pictures are named in a line, and so many classes with their counts.
constexpr std::size_t kMostNamed = 20, kMostCounted = 8;

/// FNV-1a, mixed: the same number for a name on every machine.
std::uint64_t number_of(const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  return hash ^ (hash >> 33);
}

std::vector<std::int64_t> class_counts(const PictureList& list, std::size_t classes) {
  std::vector<std::int64_t> counts(classes, 0);
  for (const std::int64_t label : list.labels) ++counts[static_cast<std::size_t>(label)];
  return counts;
}

std::string listed_names(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kMostNamed);
  const std::string more = names.size() > shown ? fmt::format(" and {} more", names.size() - shown) : "";
  return fmt::format(
      "{}{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "), more);
}

std::string split_name(Split split) { return split == Split::train ? "training" : "test"; }

/// The name of a file as messages give it: without the folder of the set.
std::string short_name(const Listing& listing, const fs::path& file) {
  const fs::path relative = file.lexically_relative(listing.root);
  return relative.empty() || *relative.begin() == ".." ? file.string() : relative.string();
}

/// Pictures of a list that cannot be read, and why not.
struct Damage {
  std::vector<std::string> missing, damaged;  // names
  std::vector<Failure> failures;              // of the damaged ones

  bool empty() const { return missing.empty() && damaged.empty(); }
};

bool is_nowhere(const fs::path& file) {
  std::error_code failed;
  return !fs::exists(file, failed) && !failed;
}

/// Reads the pictures of `list` into `images` [N, 3, H, W], or into nothing if that is undefined, on all
/// threads. Appends the indices of the readable ones to `kept`.
Damage read_list(const Listing& listing, const PictureList& list, const ReadOptions& options,
                 const torch::Tensor& images, std::vector<std::int64_t>& kept) {
  const auto file = [&](std::int64_t i) -> const fs::path& {
    return list.files[static_cast<std::size_t>(i)];
  };
  std::vector<char> is_missing(list.files.size(), 0);  // no bits: threads write them
  const std::vector<std::string> failures = failures_on_all_threads(list.size(), [&](std::int64_t i) {
    try {
      const torch::Tensor picture = read_checked(options.read, file(i), options.size);
      if (images.defined()) images[i].copy_(picture);
    } catch (const FileError&) {
      is_missing[static_cast<std::size_t>(i)] = is_nowhere(file(i)) ? 1 : 0;
      throw;
    }
  });
  Damage damage;
  for (std::int64_t i = 0; i < list.size(); ++i) {
    const std::string& reason = failures[static_cast<std::size_t>(i)];
    if (reason.empty()) {
      kept.push_back(i);
      continue;
    }
    const std::string name = short_name(listing, file(i));
    if (is_missing[static_cast<std::size_t>(i)] != 0) {
      damage.missing.push_back(name);
    } else {
      damage.damaged.push_back(name);
      damage.failures.push_back({name, reason});
    }
  }
  return damage;
}

/// `kind` is "test picture". "2 of 8 test pictures cannot be read: 1.png, 5.png"
std::string damage_text(const Damage& damage, std::int64_t pictures, const std::string& kind) {
  std::vector<std::string> texts;
  const auto add = [&](const std::vector<std::string>& names, const std::string& verb) {
    if (names.empty()) return;
    const std::string which = pictures == 1
                                  ? fmt::format("the only {}", kind)
                                  : fmt::format("{} of {} {}s", grouped(names.size()),
                                                grouped(static_cast<std::uint64_t>(pictures)), kind);
    texts.push_back(fmt::format("{} {}: {}", which, verb, listed_names(names)));
  };
  add(damage.missing, damage.missing.size() == 1 ? "is missing" : "are missing");
  add(damage.damaged, "cannot be read");
  return fmt::format("{}", fmt::join(texts, "; "));
}

/// " (1.png: file is truncated)"; nothing if all are missing.
std::string reasons_of(const Damage& damage) {
  return damage.failures.empty() ? "" : fmt::format(" ({})", failures_text(damage.failures));
}

/// "training + test: cat 9 + 1, dog 18 + 2"; of many classes only the smallest and the largest.
std::string class_counts_text(const Listing& listing) {
  const std::size_t classes = listing.classes.size();
  const auto train = class_counts(listing.train, classes), test = class_counts(listing.test, classes);
  const auto counts = [&](std::size_t k) {
    return fmt::format("{} {} + {}", excerpt(listing.classes[k], 30), train[k], test[k]);
  };
  if (classes > kMostCounted) {
    std::size_t smallest = 0, largest = 0;
    const auto all = [&](std::size_t k) { return train[k] + test[k]; };
    for (std::size_t k = 1; k < classes; ++k) {
      if (all(k) < all(smallest)) smallest = k;
      if (all(k) > all(largest)) largest = k;
    }
    return fmt::format("training + test: the smallest is {}, the largest {}", counts(smallest),
                       counts(largest));
  }
  std::vector<std::string> by_class;
  for (std::size_t k = 0; k < classes; ++k) by_class.push_back(counts(k));
  return fmt::format("training + test: {}", fmt::join(by_class, ", "));
}

[[noreturn]] void refuse_damage(const Listing& listing, const Damage& damage, const std::string& text) {
  const std::string kinds = damage.damaged.empty()   ? "missing"
                            : damage.missing.empty() ? "damaged"
                                                     : "missing and damaged";
  const std::string advice = damage.damaged.empty() ? "correct the list" : "repair or remove them";
  throw FormatError(fmt::format("data set '{}' has {} pictures: {}{}; {}, or leave them out", listing.name,
                                kinds, text, reasons_of(damage), advice));
}

/// `kind` is "training picture"; `other` is a list whose damaged pictures are named too.
ImageSet read_checked_list(const Listing& listing, const PictureList& list, const std::string& kind,
                           const PictureList& other, const ReadOptions& options) {
  if (options.size.height < 1 || options.size.width < 1)
    throw InvalidArgument(
        fmt::format("pictures cannot be resized to {}x{}", options.size.height, options.size.width));
  for (const std::string& text : listing.notes) note(text);
  note(counts_text(listing));
  torch::Tensor images =
      torch::empty({list.size(), 3, options.size.height, options.size.width}, torch::kUInt8);
  torch::Tensor labels = torch::tensor(list.labels, torch::kInt64);
  std::vector<std::int64_t> kept;
  Damage damage = read_list(listing, list, options, images, kept);
  if (damage.empty()) return {images, labels, listing.classes, listing.name};

  std::string text = damage_text(damage, list.size(), kind);
  if (!options.skip_damaged) {
    std::vector<std::int64_t> ignored;
    const Damage more = read_list(listing, other, options, {}, ignored);
    if (!more.empty()) text += "; " + damage_text(more, other.size(), "test picture");
    damage.failures.insert(damage.failures.end(), more.failures.begin(), more.failures.end());
    refuse_damage(listing, damage, text);
  }
  if (kept.empty())
    throw FormatError(
        fmt::format("no {} of '{}' can be read: {}{}", kind, listing.name, text, reasons_of(damage)));
  note(fmt::format("left out, {}{}", text, reasons_of(damage)));
  const torch::Tensor indices = torch::tensor(kept, torch::kInt64);
  return {images.index_select(0, indices), labels.index_select(0, indices), listing.classes, listing.name};
}

}  // namespace

void PictureList::add(fs::path file, std::int64_t label) {
  files.push_back(std::move(file));
  labels.push_back(label);
}

void divide(const std::vector<std::vector<fs::path>>& pictures, bool draws, Listing& listing) {
  for (std::size_t k = 0; k < pictures.size(); ++k) {
    const std::vector<fs::path>& files = pictures[k];
    const bool is_drawn = draws && files.size() > 1 && files.size() < kTestShare;
    const std::size_t drawn = is_drawn ? number_of(listing.classes[k]) % files.size() : 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const bool for_test = is_drawn ? i == drawn : i % kTestShare == kTestShare - 1;
      (for_test ? listing.test : listing.train).add(files[i], static_cast<std::int64_t>(k));
    }
  }
  listing.notes.push_back(
      fmt::format("there is no test split, so every tenth picture of each class is used for testing{}",
                  draws ? ", and one picture of each class that has 2 to 9" : ""));
}

std::string counts_text(const Listing& listing) {
  const std::size_t classes = listing.classes.size();
  std::string text = fmt::format(
      "'{}' has {} training and {} test {} in {} {} ({})", listing.name, grouped(listing.train.files.size()),
      grouped(listing.test.files.size()), plural(listing.test.size(), "picture"), classes,
      plural(static_cast<std::int64_t>(classes), "class", "classes"), class_counts_text(listing));
  if (listing.further.size() > 0)
    text += fmt::format(", {} in a further split", grouped(listing.further.files.size()));
  if (listing.passed_over > 0)
    text += fmt::format("; passed over: {} other {} ({}{})", listing.passed_over,
                        plural(listing.passed_over, "file"), fmt::join(listing.examples, ", "),
                        listing.passed_over > std::ssize(listing.examples) ? ", ..." : "");
  return text;
}

void note_alike_classes(Listing& listing) {
  std::map<std::string, std::string> known;
  for (const std::string& name : listing.classes) {
    const auto [before, is_new] = known.emplace(comparable_name(name), name);
    if (!is_new)
      listing.notes.push_back(fmt::format("the classes '{}' and '{}' have nearly the same name; they are two",
                                          excerpt(before->second, 30), excerpt(name, 30)));
  }
}

void require_pictures(const Listing& listing, Split split) {
  if (listing.of(split).size() > 0) return;
  const std::int64_t others = listing.of(split == Split::train ? Split::test : Split::train).size();
  const std::string way_out =
      others == 0 ? ""
                  : fmt::format("; its pictures are all for {}: use that split, or all of them",
                                split == Split::train ? "testing" : "training");
  throw FormatError(
      fmt::format("'{}' has no {} picture (without a test split, every tenth picture of each class is used "
                  "for testing, and one picture of each class that has 2 to 9){}",
                  listing.name, split_name(split), way_out));
}

PictureFile picture_of(const Listing& listing, Split split, std::int64_t index) {
  require_pictures(listing, split);
  const PictureList& list = listing.of(split);
  require_index(listing.name, split, index, list.size());
  const auto at = static_cast<std::size_t>(index);
  const std::int64_t label = list.labels[at];
  return {list.files[at], label, listing.classes[static_cast<std::size_t>(label)]};
}

ImageSet read_pictures(const Listing& listing, Split split, const ReadOptions& options) {
  require_pictures(listing, split);
  return read_checked_list(listing, listing.of(split), split_name(split) + " picture",
                           split == Split::train ? listing.test : PictureList{}, options);
}

ImageSet read_all_pictures(const Listing& listing, const ReadOptions& options) {
  PictureList all = listing.train;
  for (const PictureList* list : {&listing.test, &listing.further}) {
    all.files.insert(all.files.end(), list->files.begin(), list->files.end());
    all.labels.insert(all.labels.end(), list->labels.begin(), list->labels.end());
  }
  if (all.size() == 0) require_pictures(listing, Split::test);
  return read_checked_list(listing, all, "picture", {}, options);
}

torch::Tensor read_checked(const PictureReader& read, const fs::path& file, Extent size) {
  if (!read) throw InvalidArgument("a folder of pictures needs a function that reads pictures");
  torch::Tensor picture = read(file, size);
  const bool is_rgb = picture.defined() && picture.scalar_type() == torch::kUInt8 && picture.dim() == 3 &&
                      picture.size(0) == 3 && picture.numel() > 0;
  if (!is_rgb || (size != Extent{} && Extent{picture.size(1), picture.size(2)} != size)) {
    throw InvalidArgument(fmt::format(
        "the function that reads pictures returned a wrong shape or type for '{}'", file.string()));
  }
  return picture;
}

}  // namespace fathom::data
