/// Packed files for tests, made by another program than the library under test.
#pragma once

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "fathom/io/file.hpp"
#include "temporary_folder.hpp"

/// `content` as the gzip program packs it; -n leaves name and date out.
inline std::string gzip(const std::string& content) {
  const TemporaryFolder folder;
  const std::string plain = folder.path() / "plain", packed = folder.path() / "packed";
  std::ofstream(plain, std::ios::binary) << content;
  if (std::system(("gzip -n <'" + plain + "' >'" + packed + "'").c_str()) != 0) {
    throw std::runtime_error("the gzip program does not run here");
  }
  return fathom::io::read_file(packed);
}
