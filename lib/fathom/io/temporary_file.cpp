#include "fathom/io/temporary_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"

namespace fathom::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestStem = 64;  // of a temporary name; file systems bound names
constexpr std::size_t kLongestPath = 4096;
constexpr std::size_t kMostListed = 64;  // also the place of what is not in the list

/// ".cnn." of ".cnn.4711-0.pt"
std::string beginning_of_name(const fs::path& target) {
  return fmt::format(".{}.", target.stem().string().substr(0, kLongestStem));
}

fs::path temporary_name(const fs::path& target) {
  static std::atomic<unsigned> count = 0;
  return target.parent_path() / fmt::format("{}{}-{}{}", beginning_of_name(target), ::getpid(), count++,
                                            target.extension().string());
}

/// The process in a name that begins and ends as the temporary names of a target do.
std::optional<pid_t> process_in(std::string_view name, std::string_view beginning, std::string_view ending) {
  if (!name.starts_with(beginning) || !name.ends_with(ending) ||
      name.size() < beginning.size() + ending.size())
    return {};
  const char* at = name.data() + beginning.size();
  const char* const end = name.data() + name.size() - ending.size();
  pid_t process = 0;
  unsigned count = 0;
  const auto [dash, error] = std::from_chars(at, end, process);
  if (error != std::errc() || process <= 0 || dash == end || *dash != '-') return {};
  const auto [stop, bad_count] = std::from_chars(dash + 1, end, count);
  return bad_count == std::errc() && stop == end ? std::optional(process) : std::nullopt;
}

bool is_gone(pid_t process) { return ::kill(process, 0) != 0 && errno == ESRCH; }

/// Another system that shares the folder may have the process; then the lock is taken.
void remove_if_unlocked(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return;
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
  ::close(file);
}

std::vector<std::string> hidden_names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder.empty() ? "." : folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with('.')) names.push_back(name);
  }
  return names;
}

/// A folder is listed once, because it may hold many pictures.
void remove_leftovers(const fs::path& target) {
  static std::mutex mutex;
  static std::map<fs::path, std::vector<std::string>> hidden_names;
  const fs::path folder = target.parent_path();
  const std::string beginning = beginning_of_name(target), ending = target.extension().string();
  const std::lock_guard guard(mutex);
  const auto [known, is_new] = hidden_names.try_emplace(folder);
  if (is_new) known->second = hidden_names_in(folder);
  for (const std::string& name : known->second) {
    const auto process = process_in(name, beginning, ending);
    if (process && is_gone(*process)) remove_if_unlocked(folder / name);
  }
}

/// What a signal handler can read: no allocation, no lock.
struct Listed {
  std::atomic<bool> taken = false, valid = false;
  std::array<char, kLongestPath> path = {};
};
std::array<Listed, kMostListed> listed;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

}  // namespace

TemporaryFile::TemporaryFile(const fs::path& target) {
  remove_leftovers(target);
  do {
    path_ = temporary_name(target);
    lock_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (lock_ < 0 && errno == EEXIST);
  if (lock_ < 0)
    throw FileError(fmt::format("cannot write '{}': {}", target.string(), file_error_text(errno)));
  (void)::flock(lock_, LOCK_EX | LOCK_NB);  // some file systems have no locks
  place_ = list_for_removal(path_);
}

TemporaryFile::~TemporaryFile() {
  if (!released_) ::unlink(path_.c_str());
  unlist(place_);
  ::close(lock_);
}

void TemporaryFile::release() {
  released_ = true;
  unlist(place_);
  place_ = kMostListed;
}

std::size_t list_for_removal(const fs::path& path) {
  std::error_code error;
  const std::string absolute = fs::absolute(path, error).string();
  if (error || absolute.size() >= kLongestPath) return kMostListed;
  for (std::size_t place = 0; place < kMostListed; ++place) {
    if (listed[place].taken.exchange(true)) continue;
    std::memcpy(listed[place].path.data(), absolute.c_str(), absolute.size() + 1);
    listed[place].valid = true;
    return place;
  }
  return kMostListed;
}

void unlist(std::size_t place) {
  if (place == kMostListed) return;
  listed[place].valid = false;
  listed[place].taken = false;
}

void remove_temporary_files() noexcept {
  for (const Listed& each : listed)
    if (each.valid) ::unlink(each.path.data());
}

}  // namespace fathom::io
