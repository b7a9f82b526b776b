#include "cli/attribution_measures.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "fathom/core/runtime.hpp"
#include "fathom/explain/noise.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::cli {
namespace {

enum class Better { lower, higher };

/// How a measure is called, read and found.
struct Measure {
  std::string name;
  Better better;
  std::function<std::optional<double>(const explain::Faithfulness&)> of_picture;
  std::function<std::optional<Estimate>(const explain::FaithfulnessSummary&)> of_all;
};

const std::vector<Measure>& measures(MeasureSet set) {
  using F = explain::Faithfulness;
  using S = explain::FaithfulnessSummary;
  static const std::vector<Measure> all = {
      {"deletion", Better::lower, [](const F& f) { return f.deletion; },
       [](const S& s) { return s.deletion; }},
      {"insertion", Better::higher, [](const F& f) { return f.insertion; },
       [](const S& s) { return s.insertion; }},
      {"infidelity", Better::lower, [](const F& f) { return f.infidelity; },
       [](const S& s) { return s.infidelity; }},
      {"sensitivity", Better::lower, [](const F& f) { return f.sensitivity; },
       [](const S& s) { return s.sensitivity; }},
      {"randomization", Better::lower, [](const F& f) { return f.randomisation; },
       [](const S& s) { return s.randomisation; }}};
  static const std::vector<Measure> curves(all.begin(), all.begin() + 2);
  return set == MeasureSet::all ? all : curves;
}

/// Whether the intervals do not overlap, and on the better side.
bool is_clear_of(const Estimate& floor, const Estimate& method, Better better) {
  return better == Better::lower ? is_below(method.ci95, floor.ci95) : is_below(floor.ci95, method.ci95);
}

/// A single picture has none.
bool has_intervals(const explain::FaithfulnessSummary& summary) { return summary.images > 1; }

Json estimate_json(const std::optional<Estimate>& e) {
  if (!e) return nullptr;
  const bool is_bounded = std::isfinite(e->ci95.low) && std::isfinite(e->ci95.high);
  return {{"mean", e->mean}, {"ci95", is_bounded ? Json{e->ci95.low, e->ci95.high} : Json()}};
}

std::string estimate_text(const std::optional<Estimate>& e) {
  if (!e) return "-";
  if (!std::isfinite(e->ci95.low)) return fmt::format("{:.3g}", e->mean);
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", e->mean, e->ci95.low, e->ci95.high);
}

}  // namespace

Measures::Measures(const checkpoint::Classifier& model, MeasureSet set, std::int64_t curve_steps,
                   std::uint64_t seed)
    : model_(model), set_(set), curve_steps_(curve_steps), seed_(seed) {
  if (set == MeasureSet::all && model.network())
    forgetful_ = explain::randomised_from_the_top(*model.network(), make_generator(derive_seed(seed, 0xada)));
}

std::string Measures::why_no_randomisation() const {
  if (set_ == MeasureSet::curves || !forgetful_.empty()) return {};
  return "randomization needs a network whose layers can be re-initialised; this TorchScript program has no "
         "accessible layers";
}

Explained Measures::explain(const std::string& method, const explain::MethodOptions& options,
                            const Scene& scene, std::uint64_t picture) const {
  const explain::AttributionFunction function =
      explain::attribution_method(method, model_, scene.target, options);
  Explained explained{method, options, function(scene.input), {}};
  explained.faithfulness = measure(explained.attribution, function, method, scene, picture);
  if (!forgetful_.empty()) explained.faithfulness.randomisation = randomisation(explained, scene);
  return explained;
}

explain::Faithfulness Measures::measure(const explain::Attribution& attribution,
                                        const explain::AttributionFunction& function,
                                        const std::string& method, const Scene& scene,
                                        std::uint64_t picture) const {
  const explain::ScoreFunction score = [&](const torch::Tensor& x) {
    return model_.logits(x).select(1, scene.target);
  };
  const explain::ScoreFunction probability = [&](const torch::Tensor& x) {
    return torch::softmax(model_.logits(x), 1).select(1, scene.target);
  };
  explain::FaithfulnessOptions options;
  options.curves.steps = curve_steps_;
  options.curves.by_magnitude = explain::find_attribution_method(method).is_directional;
  const torch::Generator generator = make_generator(explain::judging_seed(seed_, picture));
  if (set_ == MeasureSet::all)
    return explain::faithfulness(attribution, function, probability, score, scene.input, options, generator);
  explain::Faithfulness f;
  f.curves =
      explain::deletion_insertion(probability, scene.input, attribution.map, options.curves, generator);
  f.deletion = f.curves.deletion.area;
  f.insertion = f.curves.insertion.area;
  return f;
}

double Measures::randomisation(const Explained& explained, const Scene& scene) const {
  explain::MethodOptions options = explained.options;
  const auto method_of = [&](const std::shared_ptr<models::ImageModel>& network) {
    ++options.seed;  // what the method draws says nothing of the network
    return explain::attribution_method(explained.method, {network, *model_.card(), model_.device()},
                                       scene.target, options);
  };
  return explain::randomisation(method_of, forgetful_, scene.input, explained.attribution).final;
}

std::string measures_text(const explain::Faithfulness& faithfulness, MeasureSet set) {
  std::string text;
  for (const Measure& m : measures(set))
    if (const std::optional<double> value = m.of_picture(faithfulness))
      text += fmt::format("{}{} {:.3g}", text.empty() ? "" : ", ", m.name, *value);
  return text;
}

std::vector<std::string> curves_captions(const explain::Faithfulness& f) {
  return {fmt::format("deletion {:.2f}", f.deletion), fmt::format("insertion {:.2f}", f.insertion)};
}

Json measures_json(const explain::Faithfulness& faithfulness, MeasureSet set) {
  Json json = Json::object();
  for (const Measure& m : measures(set)) {
    const std::optional<double> value = m.of_picture(faithfulness);
    json[m.name] = value && std::isfinite(*value) ? Json(*value) : Json();
  }
  if (set == MeasureSet::all) json["infidelity_of_nothing"] = faithfulness.infidelity_of_nothing;
  return json;
}

Json summary_json(const explain::FaithfulnessSummary& summary, MeasureSet set,
                  const explain::FaithfulnessSummary* floor) {
  Json json = {{"images", summary.images}};
  for (const Measure& m : measures(set)) json[m.name] = estimate_json(m.of_all(summary));
  if (set == MeasureSet::all) {
    json["infidelity_of_nothing"] = estimate_json(summary.infidelity_of_nothing);
    json["unbounded_sensitivities"] = summary.unbounded;
  }
  if (floor != nullptr && floor != &summary)
    for (const Measure& m : measures(MeasureSet::curves))
      json[m.name]["clear_of_random"] =
          has_intervals(summary) ? Json(is_clear_of(*m.of_all(*floor), *m.of_all(summary), m.better))
                                 : Json();
  return json;
}

const explain::FaithfulnessSummary* floor_among(const std::vector<MethodSummary>& methods) {
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [](const MethodSummary& m) { return m.method == explain::kFloorMethod; });
  return found == methods.end() ? nullptr : &found->faithfulness;
}

std::vector<std::string> measures_table(const std::vector<MethodSummary>& methods) {
  const explain::FaithfulnessSummary* floor = floor_among(methods);
  std::string head = fmt::format("{:<22}", "mean [95 % interval]");
  for (const Measure& m : measures(MeasureSet::all))
    head += fmt::format("{:<24}", m.name + (m.better == Better::lower ? ", low" : ", high"));
  std::vector<std::string> lines = {head};
  for (const auto& [method, summary] : methods) {
    lines.push_back(fmt::format("{:<22}", method));
    for (const Measure& m : measures(MeasureSet::all)) {
      std::string cell = estimate_text(m.of_all(summary));
      const bool is_curve = m.name == "deletion" || m.name == "insertion";
      if (is_curve && floor != nullptr && floor != &summary && has_intervals(summary) &&
          !is_clear_of(*m.of_all(*floor), *m.of_all(summary), m.better))
        cell += " *";
      lines.back() += fmt::format("{:<24}", cell);
    }
  }
  if (floor != nullptr)
    lines.emplace_back(
        has_intervals(*floor)
            ? "* not clearly better than random in deletion or insertion: the intervals overlap, or it is "
              "worse"
            : "one picture: no interval, so nothing is compared with random; give more pictures");
  if (!methods.empty())
    lines.push_back(fmt::format("infidelity of a map of zeros: {}",
                                estimate_text(methods.front().faithfulness.infidelity_of_nothing)));
  return lines;
}

}  // namespace fathom::cli
