#include "fathom/explain/faithfulness/faithfulness.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "fathom/core/error.hpp"

namespace fathom::explain {
namespace {

template <typename Member>
Estimate estimate(const std::vector<Faithfulness>& of_images, const Member& member) {
  std::vector<double> values;
  for (const Faithfulness& f : of_images) values.push_back(member(f));
  return mean95(values);
}

}  // namespace

Faithfulness faithfulness(const Attribution& attribution, const AttributionFunction& method,
                          const ScoreFunction& probability, const ScoreFunction& score,
                          const torch::Tensor& image, const FaithfulnessOptions& options,
                          torch::Generator generator) {
  Faithfulness result;
  result.curves = deletion_insertion(probability, image, attribution.map, options.curves, generator);
  result.deletion = result.curves.deletion.area;
  result.insertion = result.curves.insertion.area;
  const Infidelity measured = infidelity(score, image, attribution, options.infidelity, generator);
  result.infidelity = measured.value;
  result.infidelity_of_nothing = measured.of_nothing;
  result.sensitivity = sensitivity(method, image, attribution, options.sensitivity, generator);
  return result;
}

FaithfulnessSummary summarise(const std::vector<Faithfulness>& of_images) {
  if (of_images.empty()) throw InvalidArgument("there are no pictures to summarise");
  FaithfulnessSummary summary;
  summary.images = std::ssize(of_images);
  summary.deletion = estimate(of_images, [](const Faithfulness& f) { return f.deletion; });
  summary.insertion = estimate(of_images, [](const Faithfulness& f) { return f.insertion; });
  summary.infidelity = estimate(of_images, [](const Faithfulness& f) { return f.infidelity; });
  std::vector<Faithfulness> bounded;
  std::copy_if(of_images.begin(), of_images.end(), std::back_inserter(bounded),
               [](const Faithfulness& f) { return std::isfinite(f.sensitivity); });
  summary.unbounded = std::ssize(of_images) - std::ssize(bounded);
  if (!bounded.empty())
    summary.sensitivity = estimate(bounded, [](const Faithfulness& f) { return f.sensitivity; });
  summary.infidelity_of_nothing =
      estimate(of_images, [](const Faithfulness& f) { return f.infidelity_of_nothing; });
  if (std::all_of(of_images.begin(), of_images.end(),
                  [](const Faithfulness& f) { return f.randomisation.has_value(); }))
    summary.randomisation = estimate(of_images, [](const Faithfulness& f) { return *f.randomisation; });
  return summary;
}

}  // namespace fathom::explain
