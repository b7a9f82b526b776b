/// What a pipeline's file may hold, for editors and checkers.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace fathom::augment {

/// JSON Schema (draft 2020-12) of the files that pipeline_from_json reads, made from the catalogue: every
/// operation with its parameters, their ranges and usual values. What it cannot say: a range goes from its
/// smaller to its larger end, mixings stand at the end, and operations lie at most 16 deep within each other.
nlohmann::ordered_json pipeline_schema();

}  // namespace fathom::augment
