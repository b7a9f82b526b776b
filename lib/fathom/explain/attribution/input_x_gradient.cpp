#include "fathom/explain/attribution/input_x_gradient.hpp"

#include "fathom/explain/attribution/gradient.hpp"

namespace fathom::explain {

Attribution input_x_gradient(const ScoreFunction& score, const torch::Tensor& image) {
  require_one_image(image, "input x gradient");
  const ScoreGradient g = score_gradient(score, image);
  const torch::Tensor values = image[0].cpu() * g.gradient[0];
  return {.values = values, .map = values.sum(0), .score = g.scores[0].item<float>()};
}

}  // namespace fathom::explain
