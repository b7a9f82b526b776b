#include "fathom/draw/gnuplot.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

namespace fathom::draw {
namespace {

/// A file without a name, so that a program that is killed leaves nothing behind.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& content = "") : file_(memfd_create("chart", MFD_CLOEXEC)) {
    if (file_ < 0) fail();
    for (std::size_t written = 0; written < content.size();) {
      const ssize_t part = write(file_, content.data() + written, content.size() - written);
      if (part < 0 && errno != EINTR) {
        close(file_);
        fail();
      }
      if (part > 0) written += static_cast<std::size_t>(part);
    }
    lseek(file_, 0, SEEK_SET);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(file_); }

  int descriptor() const { return file_; }

  std::string content() const {
    std::string all;
    std::array<char, 65536> part;
    for (off_t at = 0;;) {
      const ssize_t count = pread(file_, part.data(), part.size(), at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail();
      if (count == 0) return all;
      all.append(part.data(), static_cast<std::size_t>(count));
      at += count;
    }
  }

 private:
  [[noreturn]] static void fail() { throw FileError("cannot draw a chart: " + io::file_error_text(errno)); }
  int file_;
};

/// Runs gnuplot without a shell, and without the user's start-up files; returns what waitpid says.
int run_gnuplot(const MemoryFile& input, const MemoryFile& output, const MemoryFile& errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  std::string program = "gnuplot", defaults = "--default-settings", from_input = "-";
  std::array<char*, 4> arguments{program.data(), defaults.data(), from_input.data(), nullptr};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed) {
    throw FileError(
        fmt::format("cannot draw a chart: gnuplot does not start ({}); install Debian's package gnuplot-nox",
                    io::file_error_text(failed)));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "no reason given";
  const std::size_t before = text.rfind('\n', end);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return text.substr(begin, end - begin + 1);
}

}  // namespace

std::string gnuplot_svg(const std::string& commands) {
  const MemoryFile input(commands), output, errors;
  const int status = run_gnuplot(input, output, errors);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw FileError("cannot draw a chart: gnuplot failed: " + last_line(errors.content()));
  }
  const std::string svg = output.content();
  const std::size_t begin = svg.find("<svg"), end = svg.rfind("</svg>");
  if (begin == std::string::npos || end == std::string::npos)
    throw FileError("cannot draw a chart: gnuplot wrote no picture");
  return svg.substr(begin, end + 6 - begin);
}

std::string gnuplot_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += ' ';
    } else if (byte < 0x80 && (std::isalpha(byte) || byte == ' ')) {
      out += c;
    } else {  // digits too: one behind a code would be read as part of it
      out += fmt::format("\\{:03o}", byte);
    }
  }
  return out + "\"";
}

}  // namespace fathom::draw
