#include "fathom/explain/attribution/saliency.hpp"

#include "fathom/explain/attribution/gradient.hpp"

namespace fathom::explain {

Attribution saliency(const ScoreFunction& score, const torch::Tensor& image) {
  require_one_image(image, "saliency");
  const ScoreGradient g = score_gradient(score, image);
  const torch::Tensor values = g.gradient[0].abs();
  return {.values = values, .map = values.amax(0), .score = g.scores[0].item<float>(), .is_signed = false};
}

}  // namespace fathom::explain
