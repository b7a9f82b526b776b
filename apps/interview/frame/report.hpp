/// The page of verdicts.
#pragma once

#include <string>

#include "fathom/experiment/results.hpp"

namespace fathom::interview {

/// One page that needs nothing but itself: all verdicts at a glance, then a card per question with figures,
/// charts, pictures, fine print and the command that runs it alone. Throws FileError where gnuplot is
/// missing.
std::string report_html(const experiment::Results& results);

/// The command that runs one question with the same settings.
std::string command_of(const experiment::Results& results, int number);

/// Where the question's experiment is written: "apps/interview/questions/q07_adam.cpp".
std::string source_file(const experiment::Result& result);

}  // namespace fathom::interview
