#include "cli/cli.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string_view>
#include <system_error>
#include <unordered_set>

#include <fmt/format.h>

#include "fathom/core/machine/blas.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/text.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"

namespace fathom::cli {
namespace {

constexpr std::size_t kLongestLine = 1000;
/// So many notes are shown: a folder may have one for each of 10,000 pictures.
constexpr std::size_t kMostNotes = 20;

bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// Where the text in quotation marks ends that begins at `at`. An apostrophe stands before a letter.
std::size_t end_of_quoted(const std::string& text, std::size_t at) {
  for (; at < text.size(); ++at)
    if (text[at] == '\'' && (at + 1 == text.size() || !is_letter(text[at + 1]))) break;
  return at;
}

/// Without line breaks, and with control characters as escapes. The whole is shortened where it is long, and
/// so is what is in quotation marks, which comes from the user.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t' || c == '\0'; }, ' ');
  text = printable(text);
  std::string line;
  for (std::size_t at = 0; at < text.size(); ++at) {
    line += text[at];
    if (text[at] != '\'' || (at > 0 && is_letter(text[at - 1]))) continue;
    const std::size_t end = end_of_quoted(text, at + 1);
    line += excerpt(text.substr(at + 1, end - at - 1));
    if (end < text.size()) line += '\'';
    at = end;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return excerpt(line, kLongestLine);
}

int fail(const std::string& program, const std::string& what, int status) {
  fmt::print(stderr, "{}: error: {}\n", program, one_line(what));
  if (status == 2) fmt::print(stderr, "Try '{} --help'.\n", program);
  return status;
}

constexpr const char* kStdoutLost = "cannot write to stdout";

/// Whether anything that was printed, now or before, has been lost.
bool is_stdout_lost() { return std::fflush(stdout) != 0 || std::ferror(stdout) != 0; }

/// The notes of this run, each once, which report() adds to the JSON.
struct KeptNotes {
  std::vector<std::string> in_order;
  std::unordered_set<std::string> known;
};

KeptNotes& notes_so_far() {
  static KeptNotes all;
  return all;
}

void keep_note(const std::string& program, const std::string& text) {
  std::string line = one_line(text);
  KeptNotes& notes = notes_so_far();
  if (!notes.known.insert(line).second) return;
  if (notes.in_order.size() < kMostNotes) fmt::print(stderr, "{}: note: {}\n", program, line);
  notes.in_order.push_back(std::move(line));
}

void count_further_notes(const std::string& program) {
  const std::size_t all = notes_so_far().in_order.size();
  if (all <= kMostNotes) return;
  const std::size_t more = all - kMostNotes;
  fmt::print(stderr, "{}: note: {} more {} not shown; --json lists all\n", program, more,
             more == 1 ? "note is" : "notes are");
}

/// What a signal handler may change, which knows nothing but globals.
std::atomic<int> interrupts = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

/// Ends the process as the signal would have, without what it was writing.
void on_end(int number) {
  io::remove_temporary_files();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void on_interrupt(int number) {
  if (++interrupts < 2) return;
  io::remove_temporary_files();
  _exit(128 + number);
}

/// Ends the process without the destructors of libraries' globals, which have nothing left to do but give
/// memory back: a tenth of a second in LibTorch and in what OpenCV links.
void end_at_once(int status, void*) {
  std::fflush(nullptr);
  std::_Exit(status);
}

/// Unless the signal is ignored, as it is for background jobs of a shell.
void handle(int number, void (*handler)(int)) {
  struct sigaction action = {};
  sigaction(number, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return;
  action = {};
  action.sa_handler = handler;
  sigaction(number, &action, nullptr);
}

}  // namespace

int run(Parser parser, int argc, char** argv, const std::function<void(const Arguments&)>& body) {
  const std::string& program = parser.program();
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) handle(number, on_end);
#ifndef __SANITIZE_ADDRESS__  // which looks for leaks at the end
  on_exit(end_at_once, nullptr);
#endif
  set_note_handler([program](const std::string& text) { keep_note(program, text); });
  std::optional<Arguments> arguments;
  const auto failed = [&](const std::string& what, int status) {
    const std::string before = arguments ? arguments->paths().written() : "";
    return fail(program, before.empty() ? what : fmt::format("{} ({})", one_line(what), before), status);
  };
  try {
    arguments = parser.parse(argc, argv);
    body(*arguments);
    count_further_notes(program);
    arguments->refuse_unread();
    return is_stdout_lost() ? failed(kStdoutLost, 1) : 0;
  } catch (const Finished&) {
    return is_stdout_lost() ? failed(kStdoutLost, 1) : 0;
  } catch (const UsageError& e) {
    return failed(e.what(), 2);
  } catch (const InvalidArgument& e) {
    return failed(parser.with_flags(e.what()), 2);
  } catch (const Stopped& e) {
    fmt::print(stderr, "{}: {}\n", program, one_line(e.what()));
    return 1;
  } catch (const Error& e) {
    return failed(parser.with_flags(e.what()), 1);
  } catch (const std::exception& e) {
    if (is_out_of_memory(e))
      return failed(fmt::format("out of memory ({} are available)", memory_text(available_memory())), 1);
    // That of fmt, which says it in other words.
    if (dynamic_cast<const std::system_error*>(&e) != nullptr && is_stdout_lost())
      return failed(kStdoutLost, 1);
    const auto* torch_error = dynamic_cast<const c10::Error*>(&e);
    return failed(torch_error ? fmt::format("LibTorch: {}", torch_error->what_without_backtrace()) : e.what(),
                  1);
  }
}

void add_common_flags(Parser& parser, bool with_device) {
  parser.toggle(kGeneral, "h,help", "print this help")
      .toggle(kGeneral, "version",
              "print the versions of fathom, LibTorch and OpenCV, CPU capability, BLAS and its kernels")
      .toggle(kGeneral, "json", "print one JSON object on stdout; other text goes to stderr")
      .toggle(kGeneral, "q,quiet", "no progress bar")
      .value(kData, "data-dir", "folder that is searched first for data sets", "DIR")
      .sets("data folder");
  if (!with_device) return;
  parser
      .fixed_value(kGeneral, "seed",
                   "random seed; the same command line gives the same bytes on the same machine", "N", "0")
      .value(kDevice, "threads", "number of threads; 0: $OMP_NUM_THREADS, or all available cores", "N", "0")
      .value(kDevice, "device", "auto|cpu|cuda[:N]", "NAME", "auto")
      .sets("the device");
}

Common read_common(const Arguments& arguments, bool with_device) {
  Common common;
  if (with_device) {
    common.seed = static_cast<std::uint64_t>(arguments.integer("seed", 0, INT64_MAX));
    set_threads(static_cast<int>(arguments.integer("threads", 0, 1024)));
    reserve_blas_buffers();
    keep_freed_memory();
    common.device = select_device(arguments.text("device"));
    if (const auto diagnosis = blas_diagnosis()) note(*diagnosis);
    note_slow_kernels();
    require_right_products();
  }
  if (const auto dir = arguments.optional("data-dir")) common.data_dir = *dir;
  common.json = arguments.on("json");
  common.quiet = arguments.on("quiet");
  if (common.data_dir && !std::filesystem::is_directory(*common.data_dir))
    throw UsageError(fmt::format("--data-dir '{}' is not a folder", common.data_dir->string()));
  return common;
}

std::string picture_output(const Arguments& arguments) {
  const std::string out = arguments.text("out");
  image::require_writable_picture(out);  // a wrong ending is told before all else
  arguments.output("out");
  return out;
}

std::vector<std::string> names_in(const std::string& flag, const std::string& list) {
  std::vector<std::string> names = split(list + ",", ',');
  for (const std::string& name : names)
    if (name.empty()) throw UsageError(fmt::format("--{} '{}' contains an empty name", flag, list));
  return names;
}

void say(const Common& common, const std::string& line) {
  FILE* const stream = common.json ? stderr : stdout;
  fmt::print(stream, "{}\n",
             printable(line, /*keeps_lines=*/true));  // names of files and classes are anybody's
  std::fflush(stream);  // an epoch takes minutes; a reader of a log should not wait for the next
}

void report(const Common& common, const Json& json) {
  if (!common.json) return;
  Json with_notes = json;
  with_notes["notes"] = notes_so_far().in_order;
  fmt::print("{}\n", with_notes.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string named_percent(const std::string& class_name, double probability) {
  const std::string name = printable(class_name);
  const double percent = 100 * probability;
  // Whole numbers, but never "100 %" for less or "0 %" for more.
  const bool extreme = percent > 99.5 ? percent < 100 : percent < 0.95;
  return extreme ? fmt::format("{} {:.1f} %", name, std::min(percent, 99.9))
                 : fmt::format("{} {:.0f} %", name, percent);
}

Interrupt::Interrupt() {
  interrupts = 0;
  handle(SIGINT, on_interrupt);
}

bool Interrupt::requested() const { return interrupts > 0; }

double seconds_since_process_start() {
  std::ifstream fields("/proc/self/stat");
  std::string field;
  // The second field, the program's name, may hold spaces; it ends with the last ')'. The start is the 22nd
  // field.
  std::getline(fields, field, ')');
  for (int i = 3; i <= 22; ++i) fields >> field;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const double start = std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 - start;
}

}  // namespace fathom::cli
