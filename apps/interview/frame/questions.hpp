/// The questions, each with its experiment in a file of its own: question 7 in q07_adam.cpp.
#pragma once

#include <vector>

#include "fathom/experiment/experiment.hpp"

namespace fathom::interview {

/// All of them, by number, with the number and the slug of their file.
const std::vector<experiment::Experiment>& questions();

/// The one with that number. Throws InvalidArgument if there is none.
const experiment::Experiment& question(std::int64_t number);

}  // namespace fathom::interview
