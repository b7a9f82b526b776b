/// Questions and results as text for the terminal.
#pragma once

#include <string>

#include "fathom/experiment/results.hpp"

namespace fathom::interview {

/// The question, each claim and control with its figure, interval and mark, the verdict.
std::string transcript(const experiment::Result& result);

/// Question, answer, experiment, claims, controls, fine print and sources, without results.
std::string explanation(const experiment::Experiment& experiment);

/// The caveats of all questions, a line each with the question's number. Empty for a run without causes,
/// which says nothing about the answers.
std::string caveats(const experiment::Results& results);

/// "11 of 12 supported; refuted: 8"
std::string summary(const experiment::Results& results);

}  // namespace fathom::interview
