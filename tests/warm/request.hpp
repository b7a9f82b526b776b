/// What run_warm sends to a program that waits under warm_start.so.
#pragma once

#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

#include <unistd.h>

namespace warm {

/// Whether libraries read a variable, "NAME=value", while they are loaded.
inline bool is_of_loading(const char* variable) {
  for (const char* start : {"OMP_", "GOMP_", "OPENBLAS_", "ATEN_", "OPENCV_", "LD_", "MALLOC_", "GLIBC_"})
    if (std::strncmp(variable, start, std::strlen(start)) == 0) return true;
  return false;
}

/// These variables as one text. A run with others than the waiting program's must be started from nothing.
inline std::string loading_environment() {
  std::set<std::string> variables;  // sorted: a shell passes them in another order
  for (char** each = environ; *each; ++each)
    if (is_of_loading(*each)) variables.insert(*each);
  std::string text;
  for (const std::string& each : variables) text.append(each).append("\n");
  return text;
}

}  // namespace warm
