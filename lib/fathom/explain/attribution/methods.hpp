/// The table of attribution methods: the name of each, what it requires, the options it reads, and how it is
/// bound to a classifier and a target.
///
///   MethodOptions options;
///   options.of<SmoothGradOptions>().samples = 20;
///   const AttributionFunction explain = attribution_method("smoothgrad", model, target, options);
///   const Attribution a = explain(image);
///
/// A new method needs two files and an entry in the table in methods.cpp; programs take their flags, help and
/// checks from there.
#pragma once

#include <torch/types.h>
#include <any>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <typeindex>
#include <variant>
#include <vector>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/geometry.hpp"
#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

/// The noise baseline that the other methods must beat.
inline constexpr const char* kFloorMethod = "random";

/// What a method requires of the classifier; each level includes those before it.
enum class Needs {
  scores,       ///< logits only: any classifier, including a black box
  gradients,    ///< logits that can be differentiated: any TorchScript classifier of the usual layers
  stages,       ///< a native network with convolutional stages
  relu_stages,  ///< and its activations are ReLUs
};

/// The options of all methods: each method's own struct, by its type. Unset options have their defaults.
class MethodOptions {
 public:
  template <typename Options>
  Options& of() {
    std::any& options = by_type_[typeid(Options)];
    if (!options.has_value()) options = Options{};
    return std::any_cast<Options&>(options);
  }
  template <typename Options>
  Options of() const {
    const auto found = by_type_.find(typeid(Options));
    return found == by_type_.end() ? Options{} : std::any_cast<Options>(found->second);
  }

  /// Seed of a method's random numbers: the same numbers for every call, but new ones for every call of
  /// kFloorMethod.
  std::uint64_t seed = 0;

 private:
  std::map<std::type_index, std::any> by_type_;
};

/// A switch, a number, a name, a size in pixels, or a colour or picture (float [C] or [C, H, W]).
using OptionValue = std::variant<bool, std::int64_t, double, std::string, Extent, torch::Tensor>;

/// An option of a method, for programs that read it from a command line.
struct MethodOption {
  std::string name;           ///< "samples"; of a switch: what it does when on: "no-relu"
  std::string meaning;        ///< a phrase: "noisy copies"
  std::string unit;           ///< what a value is, in a word: "N", "SHARE"; empty for a switch
  OptionValue default_value;  ///< its alternative is the option's type
  double low = 0, high = 0;   ///< range of a number
  std::function<void(MethodOptions&, const OptionValue&)> set;  ///< takes a value of that type
};

/// The inputs of a bound method: a classifier, one of its classes, and the options.
struct MethodInputs {
  checkpoint::Classifier model;  ///< copies share its weights
  std::int64_t target = 0;
  MethodOptions options;

  /// The target's logit, differentiable if gradients are requested, otherwise by the fastest path.
  ScoreFunction score() const;
};

struct Method {
  std::string name;     ///< as on command lines: "grad-cam"
  std::string summary;  ///< how its map is computed, in one line
  Needs needs = Needs::scores;
  std::function<AttributionFunction(const MethodInputs&)> make;  ///< without the checks of attribution_method
  std::vector<MethodOption> options;
  /// Sets the options whose default depends on the image's size; empty if there are none.
  std::function<void(MethodOptions&, Extent image)> suit;
  /// The sign gives the direction in which a pixel should change, not whether it supports the class. Pixels
  /// are then ranked with DeletionInsertionOptions::by_magnitude.
  bool is_directional = false;
};

/// In the order in which programs run and show them; kFloorMethod comes last.
const std::vector<Method>& attribution_methods();

/// The method with that name. Throws InvalidArgument, suggesting the closest.
const Method& find_attribution_method(const std::string& name);

/// The reason why `method` cannot explain this classifier, as a sentence for messages; empty if it can.
std::string why_not(const Method& method, const checkpoint::Classifier& model);

/// The method for the target's logit. The function keeps its own references and may outlive the classifier.
/// Throws InvalidArgument for an unknown name, a target that is not a class, a method that cannot explain
/// this classifier (with the reason), or a stage that the network does not have.
AttributionFunction attribution_method(const std::string& name, const checkpoint::Classifier& model,
                                       std::int64_t target, const MethodOptions& options = {});

}  // namespace fathom::explain
