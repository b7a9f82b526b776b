/// Programs that run beside a test, to be interrupted or killed.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

/// Starts a program by its path, silent, in a process of its own.
inline pid_t start_command(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program);
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    dup2(null, 2);
    execv(argv[0], argv.data());
    _exit(127);
  }
  return child;
}

/// The same for one of fathom's.
inline pid_t start_program(const std::string& program, const std::vector<std::string>& arguments) {
  return start_command(FATHOM_BIN "/" + program, arguments);
}

/// How it ended, as waitpid says it.
inline int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

/// Waits until `file` is there; false where the process ended first or a minute has gone by.
inline bool appears(const std::filesystem::path& file, pid_t child) {
  for (int i = 0; i < 6000 && !std::filesystem::exists(file); ++i) {
    if (kill(child, 0) != 0 || waitpid(child, nullptr, WNOHANG) == child) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return std::filesystem::exists(file);
}
