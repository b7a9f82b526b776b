/// Which variables of the environment were set by fathom's launcher and not by the user.
#pragma once

#include <string>
#include <vector>

namespace fathom {

/// The variable in which the launcher lists the names that it has set, separated by spaces.
constexpr const char* kChosenVariables = "FATHOM_CHOSEN";

/// The names that the launcher has set for this process.
std::vector<std::string> chosen_variables();

/// Whether the launcher has set the variable.
bool is_chosen(const std::string& name);

/// The user's own setting of a variable; empty if there is none, or if the launcher has set it.
std::string users_setting(const std::string& name);

}  // namespace fathom
