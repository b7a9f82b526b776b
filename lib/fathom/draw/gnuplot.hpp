/// Runs gnuplot as a child process.
#pragma once

#include <string>

namespace fathom::draw {

/// The <svg> element that gnuplot draws for `commands`, which must set the terminal to svg. Throws FileError
/// if gnuplot is missing or fails.
std::string gnuplot_svg(const std::string& commands);

/// Quotes a text for gnuplot. Everything except letters and spaces becomes an octal escape, so that no text
/// can end the string or act as a command. Bytes that are not UTF-8 become U+FFFD.
std::string gnuplot_text(const std::string& text);

}  // namespace fathom::draw
