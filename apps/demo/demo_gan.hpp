/// The demo page's section on a generator of the same data set.
#pragma once

#include <optional>
#include <string>

#include "demo/demo_sections.hpp"

namespace fathom::cli {

/// The generator that ships for a data set, where one does.
std::optional<std::string> shipped_generator(const std::string& data_set);

/// Samples, ways from one to another, and how they came to look so (the strip that train_gan wrote beside the
/// generator, where it is there). Throws what models::load_generator throws.
std::string generator_section(const DemoSubject& subject, const std::string& path);

}  // namespace fathom::cli
