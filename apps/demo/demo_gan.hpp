/// The demo page's section on a generator of the same data set.
#pragma once

#include <string>

#include "demo/demo_sections.hpp"

namespace fathom::cli {

/// Samples, interpolations, and the same samples during training (the strip that train_gan wrote beside the
/// generator, if it exists). Throws as gan::load_generator.
std::string generator_section(const DemoSubject& subject, const std::string& path);

}  // namespace fathom::cli
