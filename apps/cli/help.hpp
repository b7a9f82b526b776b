/// The text of --help.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fathom::cli {

/// One flag, or one argument without a flag, as the help shows it.
struct HelpEntry {
  std::string group;        ///< "Model"; empty for an argument without a flag
  std::string flag;         ///< "epochs", or "o,out" with a short form
  std::string placeholder;  ///< for its value; empty for a flag without one
  std::string text;
  std::string otherwise;  ///< its default; empty if there is none
};

/// A heading per group, in the order of `groups`, with a line or more for each of its entries. The group ""
/// is headed "Arguments".
std::string help_text(const std::vector<HelpEntry>& entries, const std::vector<std::string>& groups);

/// `text` in lines of at most `width` characters. Lines end at blanks. A word that is longer than a line is
/// broken behind one of its `|` or `,`, or if it has none, not at all.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

}  // namespace fathom::cli
