/// Running the built programs from tests.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "fathom/io/file.hpp"
#include "temporary_folder.hpp"
#include "warm_programs.hpp"

struct Outcome {
  int status = -1;
  std::string out, err;
};

/// A shell command with its exit status, its stdout and its stderr.
inline Outcome run_command(const std::string& command) {
  const TemporaryFolder folder;
  const std::string err = (folder.path() / "stderr.txt").string();
  Outcome outcome;
  FILE* const pipe = popen((command + " 2>'" + err + "'").c_str(), "r");
  char block[4096];
  while (const std::size_t count = fread(block, 1, sizeof block, pipe)) outcome.out.append(block, count);
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  outcome.err = fathom::io::read_file(err);
  return outcome;
}

/// How a shell calls a program.
inline std::string call_of(const std::string& program) {
  const std::string path = "'" FATHOM_BIN "/" + program + "' ";
#ifdef FATHOM_SANITIZED  // wants to be loaded before all else
  return path;
#else
  return WarmPrograms::all().have(program) ? "'" FATHOM_BIN "/run_warm' " + path : path;
#endif
}

/// A program of fathom's with its arguments.
inline Outcome run_program(const std::string& program, const std::string& arguments) {
  return run_command(call_of(program) + arguments);
}

/// The same, in a folder, which relative paths start from.
inline Outcome run_program_in(const std::filesystem::path& folder, const std::string& program,
                              const std::string& arguments) {
  return run_command("cd '" + folder.string() + "' && " + call_of(program) + arguments);
}
