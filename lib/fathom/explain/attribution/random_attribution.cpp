#include "fathom/explain/attribution/random_attribution.hpp"

namespace fathom::explain {

Attribution random_attribution(const torch::Tensor& image, torch::Generator generator) {
  require_one_image(image, "random attribution");
  const torch::Tensor map = torch::randn({image.size(2), image.size(3)}, std::move(generator));
  return attribution_of_map(map, image.size(1), 0);
}

}  // namespace fathom::explain
