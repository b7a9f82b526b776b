/// Reading the small files of /proc and /sys.
#pragma once

#include <string>

namespace fathom {

/// At most the first 64 KiB of a file; empty if it cannot be read.
std::string small_file(const std::string& path);

}  // namespace fathom
