/// The demo page's section on a generator of the same data set.
#pragma once

#include <string>

#include "demo/demo_sections.hpp"

namespace fathom::cli {

/// Samples, ways from one to another, and how they came to look so (the strip that train_gan wrote beside the
/// generator, where it is there). Throws what models::load_generator throws.
std::string generator_section(const DemoSubject& subject, const std::string& path);

}  // namespace fathom::cli
