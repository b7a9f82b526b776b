#include "fathom/draw/gnuplot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

namespace fathom::draw {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "fathom-chart-XXXXXX").string();
    if (!mkdtemp(name.data()))
      throw FileError(fmt::format("cannot create a folder '{}': {}", name, io::file_error_text(errno)));
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Runs gnuplot without a shell, and without the user's start-up files; returns what waitpid says.
int run_gnuplot(const fs::path& input, const fs::path& output, const fs::path& errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  std::string program = "gnuplot", defaults = "--default-settings", file = input.string();
  std::array<char*, 4> arguments{program.data(), defaults.data(), file.data(), nullptr};
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
  const TemporaryFolder folder;
  const fs::path input = folder.path() / "chart.gp", output = folder.path() / "chart.svg",
                 errors = folder.path() / "errors";
  io::write_file(input, commands);
  const int status = run_gnuplot(input, output, errors);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw FileError("cannot draw a chart: gnuplot failed: " + last_line(io::read_file(errors)));
  }
  const std::string svg = io::read_file(output);
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
