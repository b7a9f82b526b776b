/// The faithfulness measures of `attribution`, for each picture and as a summary.
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

/// A method bound to the target of a picture, its attribution, and the measures of its faithfulness.
struct Explained {
  std::string method;
  explain::MethodOptions options;
  explain::Attribution attribution;
  explain::Faithfulness faithfulness;
};

/// The set of measures.
enum class MeasureSet {
  curves,  ///< deletion and insertion, a few hundred forward passes
  all,     ///< also infidelity, sensitivity and, if the model allows it, randomisation
};

/// Measures attributions of one model.
class Measures {
 public:
  /// `curve_steps`: of deletion and insertion. `seed` draws what the measures draw, and the weights of the
  /// randomisation check.
  Measures(const checkpoint::Classifier& model, MeasureSet set, std::int64_t curve_steps, std::uint64_t seed);

  MeasureSet set() const { return set_; }
  /// The reason why the randomisation check is missing from all measures; empty if it is not missing.
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
  std::vector<explain::RandomisedNetwork> forgetful_;  // empty without the check
};

/// "deletion 0.12, insertion 0.85", and the other measures if they were taken.
std::string measures_text(const explain::Faithfulness& faithfulness, MeasureSet set);
/// Deletion and insertion as captions of a panel, whose narrowest is 168 pixels wide.
std::vector<std::string> curves_captions(const explain::Faithfulness& faithfulness);
Json measures_json(const explain::Faithfulness& faithfulness, MeasureSet set);

/// A method's measures over all pictures.
struct MethodSummary {
  std::string method;
  explain::FaithfulnessSummary faithfulness;
};

/// The summary of random attribution; null if it is not among `methods`.
const explain::FaithfulnessSummary* floor_among(const std::vector<MethodSummary>& methods);

/// Keys by measure, each {"mean", "ci95"}; where random attribution, `floor`, was measured too, deletion and
/// insertion say whether their interval is clear of its.
Json summary_json(const explain::FaithfulnessSummary& summary, MeasureSet set,
                  const explain::FaithfulnessSummary* floor);

/// A line per method, a column per measure, for people.
std::vector<std::string> measures_table(const std::vector<MethodSummary>& methods);

}  // namespace fathom::cli
