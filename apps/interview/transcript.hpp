/// Questions and results as text for the terminal.
#pragma once

#include <string>

#include "fathom/experiment/results.hpp"

namespace fathom::interview {

/// The question, each claim and control with its figure, interval and mark, the verdict.
std::string transcript(const experiment::Result& result);

/// Question, answer, experiment, claims, controls, fine print and sources, before any run.
std::string explanation(const experiment::Experiment& experiment);

/// "11 of 12 supported; 1 refuted (question 8)"
std::string summary(const experiment::Results& results);

}  // namespace fathom::interview
