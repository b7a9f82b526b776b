#include "fathom/core/machine/chosen.hpp"

#include <algorithm>
#include <cstdlib>

namespace fathom {
namespace {

std::string variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value ? value : "";
}

}  // namespace

std::vector<std::string> chosen_variables() {
  std::vector<std::string> names;
  const std::string list = variable(kChosenVariables);
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(' ', at), list.size());
    if (end > at) names.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

bool is_chosen(const std::string& name) {
  const std::vector<std::string> names = chosen_variables();
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string users_setting(const std::string& name) { return is_chosen(name) ? "" : variable(name); }

}  // namespace fathom
