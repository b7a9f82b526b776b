/// launcher: starts fathom's programs with the environment that suits the machine.
///
///   bin/occlusion -> ../libexec/fathom/launcher      a link for every program
///   libexec/fathom/occlusion                         the program itself
///
/// OpenBLAS and libgomp read their settings when they are loaded, before any code of a program runs.
/// Therefore a small program that loads neither sets them and then becomes the real one (exec): process,
/// signals, exit status and argv[0] are the program's own. Its work takes 1.3 ms. What it sets,
/// and when, is in settings.hpp. Called by its own name, it prints these settings, one NAME=VALUE per line:
///
///   export $(PREFIX/libexec/fathom/launcher)
#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "fathom/core/machine/chosen.hpp"
#include "launcher/settings.hpp"

namespace {

using namespace fathom;

constexpr int kNotStarted = 1;

std::string name_in(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// What a link names; empty if it is none.
std::string link_target(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  return length > 0 ? std::string(target, static_cast<std::size_t>(length)) : "";
}

/// The path by which the kernel was asked to start this process; argv[0] can be any text.
std::string started_as(const char* argv0) {
  const auto path =
      reinterpret_cast<const char*>(::getauxval(AT_EXECFN));  // NOLINT(performance-no-int-to-ptr)
  return path ? path : argv0 ? argv0 : "";
}

/// The program in `folder` that is meant: the name by which the launcher was started, or if there is no such
/// program, the name of a link on the way from there to the launcher. Empty if there is none.
std::string program_in(const std::string& folder, std::string path, const std::string& self) {
  constexpr int kMostLinks = 40;  // as the kernel
  for (int i = 0; i < kMostLinks && !path.empty(); ++i) {
    std::string program = folder + "/" + name_in(path);
    if (program == self && i > 0) break;
    if (::access(program.c_str(), F_OK) == 0) return program;
    const std::string target = link_target(path);
    path = target.empty() || target.front() == '/' ? target : path.substr(0, path.rfind('/') + 1) + target;
  }
  return "";
}

int fail(const std::string& program, const std::string& what) {
  std::fprintf(stderr, "%s: error: %s\n", program.c_str(), what.c_str());
  return kNotStarted;
}

int print(const std::vector<launcher::Setting>& settings) {
  for (const auto& [name, value] : settings)
    if (name != kChosenVariables) std::printf("%s=%s\n", name.c_str(), value.c_str());
  return std::fflush(stdout) == 0 ? 0 : kNotStarted;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string self = link_target("/proc/self/exe"), called = started_as(argc > 0 ? argv[0] : nullptr);
  const std::string name = name_in(called);
  if (self.empty()) return fail(name, "cannot find the programs: /proc is not mounted");
  const std::string folder = self.substr(0, self.rfind('/'));
  const std::string program = program_in(folder, called, self);
  // A copy of the launcher has its place, but not its name: 'cp -L' makes one of every link.
  const bool is_launcher = program == self && name_in(self) == "launcher";
  if (program.empty() || (program == self && !is_launcher))
    return fail(name,
                "there is no program '" + name + "' in '" + folder + "'; is fathom installed completely?");
  if (is_launcher && argc > 1) return fail(name, "it takes no arguments; it prints what it would set");
  const auto settings = launcher::settings_for(argc > 1 ? std::vector<std::string>(argv + 1, argv + argc)
                                                        : std::vector<std::string>());
  if (is_launcher) return print(settings);
  launcher::apply(settings);
  ::execv(program.c_str(), argv);
  return fail(name, "cannot start '" + program + "': " + std::strerror(errno));
}
