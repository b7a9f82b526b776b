/// Classes of a data set and of a model, compared by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fathom/data/image_set.hpp"

namespace fathom::data {

/// Letters in lower case and digits, with one space between words; bytes of other alphabets are kept. Names
/// are compared in this form: "T-shirt/top" and "t_shirt_top" are the same. A name without any is kept.
std::string comparable_name(const std::string& name);

/// Whether these are the names that stand in for missing ones: "class 0", "class 1", ...
bool are_placeholders(const std::vector<std::string>& classes);

/// The index of the model's class of this name, compared as below; nothing if it has none, or several of
/// which none has exactly this name.
std::optional<std::int64_t> find_class(const std::string& name, const std::vector<std::string>& model);

/// `set` with labels and classes numbered as a model with the classes `model` numbers them.
///
/// Names are equal if their letters (case ignored) and digits are: "T-shirt/top" and "t_shirt_top". If the
/// set has the model's classes in another order, or only some of them, its labels are renumbered; both is a
/// note (core/notes.hpp). Classes of the set without images need no counterpart.
///
/// If the model's names are placeholders, equal numbers of classes are taken in the order of the set. A set
/// with fewer classes whose names are numbers is taken by these. Both is a note.
///
/// Throws InvalidArgument with the names that the model does not have.
ImageSet with_classes_of(const ImageSet& set, const std::vector<std::string>& model);

/// For callers that cannot renumber. Throws InvalidArgument unless the model has as many classes as the set,
/// with the same names (as above) in the same order, or placeholders, which is a note.
void require_classes_of(const ImageSet& set, const std::vector<std::string>& model);

}  // namespace fathom::data
