/// The live window of `augment_preview`.
#pragma once

#include <functional>

#include "augment_preview/augment_sheet.hpp"

namespace fathom::cli {

/// Throws Error if no display can be reached; otherwise the toolkit would end the program.
void require_display();

/// Shows the preview's grid with sliders for its magnitude and its probability until q, Esc or the window's
/// closing, and leaves it as it was last seen; `save` is called on s.
void run_window(Preview& preview, const std::function<void()>& save);

}  // namespace fathom::cli
