#include "fathom/explain/faithfulness/substrate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/image/blur.hpp"

namespace fathom::explain {

torch::Tensor substrate_picture(const Substrate& substrate, const torch::Tensor& image) {
  require_one_image(image, "a substrate");
  if (substrate.colour.defined()) {
    if (substrate.colour.dim() != 1 || substrate.colour.size(0) != image.size(1))
      throw InvalidArgument(fmt::format("the substrate's colour is [{}]; it must be [{}]",
                                        fmt::join(substrate.colour.sizes(), ", "), image.size(1)));
    return substrate.colour.to(torch::kCPU, torch::kFloat)
        .view({1, -1, 1, 1})
        .expand(image.sizes())
        .contiguous();
  }
  if (!(substrate.blur > 0 && substrate.blur <= 1))
    throw InvalidArgument(fmt::format(
        "the substrate's blur must be above 0 and at most 1 (of the side), not {}", substrate.blur));
  const auto side = static_cast<double>(std::min(image.size(2), image.size(3)));
  return image::gaussian_blur(image.cpu(), substrate.blur * side);
}

}  // namespace fathom::explain
