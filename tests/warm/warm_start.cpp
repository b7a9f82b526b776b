/// Loads a program's libraries once for many runs of it: most of a short run is loading them.
///
///   LD_PRELOAD=warm_start.so FATHOM_WARM_LISTEN=9 occlusion
///
/// The program stops before main, waits for requests of run_warm on the listening socket 9, and runs main
/// for each in a new process, with the request's arguments, environment, folder, stdin, stdout and stderr.
/// Nothing of the program has run until then. A launcher that executes the program is passed through.
#include <dlfcn.h>
#include <link.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "request.hpp"

namespace {

using Main = int (*)(int, char**, char**);

// __libc_start_main has no argument for what it replaces.
Main program = nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

bool has_libtorch() {
  const auto is_torch = [](dl_phdr_info* library, std::size_t, void*) {
    return std::strstr(library->dlpi_name, "/libtorch_cpu.so") ? 1 : 0;
  };
  return dl_iterate_phdr(is_torch, nullptr) != 0;
}

/// The number of bytes that follow, with the three files.
bool receive_head(int connection, std::size_t& length, std::array<int, 3>& files) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof files)> control = {};
  iovec part = {&length, sizeof length};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(connection, &message, MSG_WAITALL) != static_cast<ssize_t>(sizeof length)) return false;
  const cmsghdr* const head = CMSG_FIRSTHDR(&message);
  if (!head || head->cmsg_len != CMSG_LEN(sizeof files)) return false;
  std::memcpy(files.data(), CMSG_DATA(head), sizeof files);
  return true;
}

/// What the launcher has set for the program.
std::vector<std::string> chosen_variables() {
  std::vector<std::string> chosen;
  for (char** each = environ; *each; ++each)
    if (std::strncmp(*each, "FATHOM_CHOSEN=", 14) == 0 ||
        (warm::is_of_loading(*each) && std::strncmp(*each, "LD_", 3) != 0))
      chosen.emplace_back(*each);
  return chosen;
}

void set_variable(const std::string& variable, bool replace) {
  const std::size_t equals = variable.find('=');
  setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), replace ? 1 : 0);
}

/// In the new process of a run: never returns.
[[noreturn]] void run(const std::string& text, const std::array<int, 3>& files) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size(); at += words.back().size() + 1) words.emplace_back(&text[at]);
  if (chdir(words.at(0).c_str()) != 0) _exit(126);
  const std::size_t count = std::stoul(words.at(1));
  const std::vector<std::string> chosen = chosen_variables();
  clearenv();
  for (std::size_t i = 2 + count; i < words.size(); ++i) set_variable(words[i], true);
  for (const std::string& variable : chosen) set_variable(variable, false);
  std::vector<char*> arguments;
  for (std::size_t i = 2; i < 2 + count; ++i) arguments.push_back(words[i].data());
  arguments.push_back(nullptr);
  for (int i = 0; i < 3; ++i) dup2(files[static_cast<std::size_t>(i)], i);
  for (const int file : files)
    if (file > 2) close(file);
  std::exit(program(static_cast<int>(count), arguments.data(), environ));
}

/// Runs the program for one request, and answers with what waitpid says of it.
void answer(int connection) {
  std::size_t length = 0;
  std::array<int, 3> files = {};
  if (!receive_head(connection, length, files)) _exit(1);
  std::string text(length, '\0');
  for (std::size_t at = 0; at < length;) {
    const ssize_t part = read(connection, text.data() + at, length - at);
    if (part <= 0) _exit(1);
    at += static_cast<std::size_t>(part);
  }
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(connection);
    run(text, files);
  }
  for (const int file : files) close(file);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  _exit(write(connection, &status, sizeof status) == static_cast<ssize_t>(sizeof status) ? 0 : 1);
}

int wait_for_requests(int argc, char** argv, char** environment) {
  const char* const number = std::getenv("FATHOM_WARM_LISTEN");
  if (!number || !has_libtorch()) return program(argc, argv, environment);
  const int listening = std::atoi(number);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) {
    const int connection = accept(listening, nullptr, nullptr);
    if (connection < 0 && errno == EINTR) continue;
    if (connection < 0) return 1;
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(listening);
      answer(connection);
    }
    close(connection);
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int __libc_start_main(Main main, int argc, char** argv,
                                                                        void (*init)(), void (*fini)(),
                                                                        void (*loader_fini)(), void* stack) {
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  program = main;
  const auto start = reinterpret_cast<Start>(dlsym(RTLD_NEXT, "__libc_start_main"));
  return start(wait_for_requests, argc, argv, init, fini, loader_fini, stack);
}
