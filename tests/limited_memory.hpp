/// Less memory for a test than the machine has.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <fstream>

/// Lets this process take `more` bytes of address space, as `ulimit -v` does, until the end of its scope.
class LimitedMemory {
 public:
  explicit LimitedMemory(std::uint64_t more) {
    ::getrlimit(RLIMIT_AS, &before_);
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = before_;
    limit.rlim_cur = pages * 4096 + more;
    ::setrlimit(RLIMIT_AS, &limit);
  }
  LimitedMemory(const LimitedMemory&) = delete;
  LimitedMemory& operator=(const LimitedMemory&) = delete;
  ~LimitedMemory() { ::setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_ = {};
};
