/// The targets of `activation_max`, from its flags.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "fathom/checkpoint/classifier.hpp"
#include "fathom/explain/maximise/objective.hpp"

namespace fathom::cli {

/// --class, --all-classes, --objective, --stage, --channel, --all-channels, --unit, --variants, --diversity,
/// --list-stages.
void add_target_flags(Parser& parser);

/// Flags that contradict each other, or that nothing would read, are slips that would pass unnoticed. Throws
/// UsageError.
void require_consistent_targets(const Arguments& arguments);

/// What is maximised: one entry per picture, the variants of a target side by side.
struct Targets {
  std::vector<std::int64_t> indices;
  std::vector<std::string> names;
  std::string stage = "logits";
  std::int64_t variants = 1;

  bool are_classes() const { return stage == "logits"; }
  /// What the reported numbers are.
  std::string value_name() const { return are_classes() ? "logit" : "activation"; }
};

Targets read_targets(const Arguments& arguments, const checkpoint::Classifier& model);

/// The reported value: the plain activation, without terms that help the ascent.
explain::Objective activation_of(const Arguments& arguments, const Targets& targets);

/// The maximised objective: for classes as chosen by --objective, plus the diversity term for variants.
explain::Objective read_objective(const Arguments& arguments, const Common& common,
                                  const checkpoint::Classifier& model, const Targets& targets);

}  // namespace fathom::cli
