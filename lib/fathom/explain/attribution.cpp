#include "fathom/explain/attribution.hpp"

namespace fathom::explain {

Attribution attribution_of_map(const torch::Tensor& map, std::int64_t channels, float score, bool is_signed) {
  const torch::Tensor share = map / static_cast<double>(channels);
  return {.values = share.unsqueeze(0).repeat({channels, 1, 1}),
          .map = map,
          .score = score,
          .is_signed = is_signed};
}

}  // namespace fathom::explain
