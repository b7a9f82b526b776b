/// The page of verdicts.
#pragma once

#include <string>

#include "fathom/experiment/results.hpp"

namespace fathom::interview {

/// One self-contained page: an overview of all verdicts, then a card per question with figures, charts,
/// pictures, fine print and the command that runs it alone. Throws FileError if gnuplot is missing.
std::string report_html(const experiment::Results& results);

/// The command that runs one question with the same settings.
std::string command_of(const experiment::Results& results, int number);

/// Where the question's experiment is written: "apps/interview/questions/q07_adam.cpp".
std::string source_file(const experiment::Result& result);

}  // namespace fathom::interview
