#include "fathom/core/machine/small_file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace fathom {

std::string small_file(const std::string& path) {
  constexpr std::size_t kMost = 64 << 10;
  std::string text;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  char block[4096];
  for (ssize_t count = 0; text.size() < kMost && (count = ::read(file, block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(count));
  ::close(file);
  return text;
}

}  // namespace fathom
