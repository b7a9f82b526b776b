/// Whether a model is measured on pictures that it was trained on.
#pragma once

#include <string>

#include "fathom/checkpoint/card.hpp"
#include "fathom/data/catalog.hpp"

namespace fathom::cli {

/// A note if `set` has pictures of the training set that the card names, and how many. `set` was read as
/// `name` in `split` ("train" or "all"; of "test" nothing is said). They are certain if the card's checksum
/// is theirs; otherwise, as after a --limit, they are "up to" so many.
void note_training_pictures(const checkpoint::ModelCard& card, const data::ImageSet& set,
                            const std::string& name, const std::string& split, const data::Catalog& catalog);

}  // namespace fathom::cli
