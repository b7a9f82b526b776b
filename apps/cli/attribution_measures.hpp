/// How far attributions can be believed: what `attribution` measures of each, and says of all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "cli/scene.hpp"
#include "fathom/explain/attribution/methods.hpp"
#include "fathom/explain/faithfulness/faithfulness.hpp"
#include "fathom/explain/faithfulness/randomisation.hpp"

namespace fathom::cli {

/// A method bound to a picture's target, what it found there, and how far that can be believed.
struct Explained {
  std::string method;
  explain::MethodOptions options;
  explain::Attribution attribution;
  explain::Faithfulness faithfulness;
};

/// Which measures are taken.
enum class MeasureSet {
  curves,  ///< deletion and insertion, a few hundred forward passes
  all,     ///< and infidelity, sensitivity and, where the model allows, randomisation
};

/// Takes the measures of attributions of one model.
class Measures {
 public:
  /// `curve_steps`: of deletion and insertion. `seed` draws what the measures draw, and the weights of the
  /// randomisation check.
  Measures(const checkpoint::Classifier& model, MeasureSet set, std::int64_t curve_steps, std::uint64_t seed);

  MeasureSet set() const { return set_; }
  /// Why there is no randomisation check though all measures are asked for; empty where there is one.
  std::string why_no_randomisation() const;

  /// The method's attribution of the scene with its measures; `picture` numbers the pictures, so that every
  /// method is tried on the same changes of each.
  Explained explain(const std::string& method, const explain::MethodOptions& options, const Scene& scene,
                    std::uint64_t picture) const;

 private:
  explain::Faithfulness measure(const explain::Attribution& attribution,
                                const explain::AttributionFunction& function, const std::string& method,
                                const Scene& scene, std::uint64_t picture) const;
  double randomisation(const Explained& explained, const Scene& scene) const;

  checkpoint::Classifier model_;
  MeasureSet set_;
  std::int64_t curve_steps_ = 0;
  std::uint64_t seed_ = 0;
  std::vector<explain::RandomisedNetwork> forgetful_;  // empty where the check is not made
};

/// "deletion 0.12, insertion 0.85", and the others where they were taken.
std::string measures_text(const explain::Faithfulness& faithfulness, MeasureSet set);
/// Deletion and insertion as captions of a panel, whose narrowest is 168 pixels wide.
std::vector<std::string> curves_captions(const explain::Faithfulness& faithfulness);
Json measures_json(const explain::Faithfulness& faithfulness, MeasureSet set);

/// A method's measures over all pictures.
struct MethodSummary {
  std::string method;
  explain::FaithfulnessSummary faithfulness;
};

/// What random attribution has among them; null where it was not measured.
const explain::FaithfulnessSummary* floor_among(const std::vector<MethodSummary>& methods);

/// Keys by measure, each {"mean", "ci95"}; where random attribution, `floor`, was measured too, deletion and
/// insertion say whether their interval is clear of its.
Json summary_json(const explain::FaithfulnessSummary& summary, MeasureSet set,
                  const explain::FaithfulnessSummary* floor);

/// A line per method, a column per measure, for people.
std::vector<std::string> measures_table(const std::vector<MethodSummary>& methods);

}  // namespace fathom::cli
