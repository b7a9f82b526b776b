/// The JSON Schema of pipeline files, for editors and validators.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace fathom::augment {

/// JSON Schema (draft 2020-12) of the files that pipeline_from_json reads, made from the catalogue: all
/// operations with their parameters, ranges and default values. Three rules cannot be expressed: the lower
/// end of a range comes first, mixings come last, and operations are nested at most 16 deep.
nlohmann::ordered_json pipeline_schema();

}  // namespace fathom::augment
