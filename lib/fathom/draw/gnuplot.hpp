/// gnuplot, called as a process.
#pragma once

#include <string>

namespace fathom::draw {

/// The <svg> element that gnuplot draws for `commands`, which set its terminal to svg. Throws FileError where
/// gnuplot is missing or fails.
std::string gnuplot_svg(const std::string& commands);

/// As a string of gnuplot's in which all but letters and blanks is written as an octal code, so that no text
/// can end it or be taken for a command. Bytes that are not UTF-8 become U+FFFD.
std::string gnuplot_text(const std::string& text);

}  // namespace fathom::draw
