/// Kills or stops a program inside the N-th call by which it changes files, to see what it leaves:
///
///   LD_PRELOAD=kill_at_write.so FATHOM_KILL_FOLDER=$PWD/out FATHOM_KILL_AT=7 train ... -o out/net.pt
///
/// FATHOM_KILL_FOLDER   only calls on files in this folder count; an absolute path without links
/// FATHOM_KILL_AT       SIGKILL inside this call, counted from 1
/// FATHOM_STOP_AT       SIGSTOP inside this call; "7,8" also inside a second one
/// FATHOM_KILL_COUNT    a file that gets the number of calls when the program ends
///
/// A write is hit when half of its bytes are written, another call before it has done anything. These calls
/// count: open and openat that may create a file, write, pwrite, writev, fsync, fdatasync, rename, unlink and
/// link. What libc does behind other names is not seen: fwrite, fclose, remove, mkdir, ftruncate, mapped
/// files. Programs that the program starts run without this library.
///
/// Nothing here allocates memory, because signal handlers may unlink files.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

using Path = std::array<char, PATH_MAX>;

// What the functions of libc share, which have no object.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
Path folder = {}, count_file = {};
long kill_at = 0;
std::array<long, 2> stop_at = {};
std::atomic<long> calls = 0;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

void copy_variable(Path& to, const char* name) {
  const char* const value = std::getenv(name);
  std::snprintf(to.data(), to.size(), "%s", value ? value : "");
}

bool is_launcher() {
  Path self;
  const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
  if (length < 0) return false;
  self[static_cast<std::size_t>(length)] = '\0';
  const char* const name = std::strrchr(self.data(), '/');
  return name && std::strcmp(name, "/launcher") == 0;
}

[[gnu::constructor]] void read_variables() {
  copy_variable(folder, "FATHOM_KILL_FOLDER");
  copy_variable(count_file, "FATHOM_KILL_COUNT");
  if (const char* const value = std::getenv("FATHOM_KILL_AT")) kill_at = std::strtol(value, nullptr, 10);
  if (const char* const value = std::getenv("FATHOM_STOP_AT")) {
    char* rest = nullptr;
    stop_at[0] = std::strtol(value, &rest, 10);
    if (*rest == ',') stop_at[1] = std::strtol(rest + 1, nullptr, 10);
  }
  // The launcher becomes the program and hands its environment on.
  if (!is_launcher()) ::unsetenv("LD_PRELOAD");
}

/// The function that this library covers.
template <typename Function>
Function* covered(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is_in_folder(const char* path) {
  const std::size_t length = std::strlen(folder.data());
  return length > 0 && std::strncmp(path, folder.data(), length) == 0 &&
         (path[length] == '/' || path[length] == '\0');
}

/// The name of an open file or folder.
bool name_of(int file, Path& name) {
  Path link;
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
  const ssize_t length = ::readlink(link.data(), name.data(), name.size() - 1);
  if (length < 0) return false;
  name[static_cast<std::size_t>(length)] = '\0';
  return true;
}

bool is_watched(int file) {
  Path name;
  return name_of(file, name) && is_in_folder(name.data());
}

/// A path as a program gives it, relative to the open folder `at` or to the working folder.
bool is_watched(int at, const char* path) {
  if (path[0] == '/') return is_in_folder(path);
  Path base;
  const bool known = at == AT_FDCWD ? ::getcwd(base.data(), base.size()) != nullptr : name_of(at, base);
  return known && is_in_folder(base.data());
}

/// Counts a call; the signal that it is to be hit by, or 0.
int hit() {
  const long call = ++calls;
  if (call == kill_at) return SIGKILL;
  return std::find(stop_at.begin(), stop_at.end(), call) != stop_at.end() ? SIGSTOP : 0;
}

/// Hits a call on a file before it has done anything.
void pass(bool watched) {
  if (!watched) return;
  if (const int signal = hit()) ::kill(::getpid(), signal);
}

/// Hits a call that writes when it has written half. `write_some` writes the first bytes; a caller that is
/// continued later sees a short write, as on any system.
template <typename WriteSome>
ssize_t pass_half(int file, std::size_t size, const WriteSome& write_some) {
  const int signal = is_watched(file) ? hit() : 0;
  const ssize_t written = write_some(signal && size > 1 ? size / 2 : size);
  if (signal) ::kill(::getpid(), signal);
  return written;
}

[[gnu::destructor]] void write_count() {
  if (count_file[0] == '\0') return;
  folder = {};
  if (FILE* const file = std::fopen(count_file.data(), "w")) {
    std::fprintf(file, "%ld\n", calls.load());
    std::fclose(file);
  }
}

mode_t mode_in(int flags, va_list rest) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

int open_watched(const char* name, const char* path, int flags, mode_t mode) {
  pass((flags & O_CREAT) != 0 && is_watched(AT_FDCWD, path));
  return covered<int(const char*, int, ...)>(name)(path, flags, mode);
}

int openat_watched(const char* name, int at, const char* path, int flags, mode_t mode) {
  pass((flags & O_CREAT) != 0 && is_watched(at, path));
  return covered<int(int, const char*, int, ...)>(name)(at, path, flags, mode);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  return open_watched("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  return open_watched("open64", path, flags, mode);
}

int openat(int at, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  return openat_watched("openat", at, path, flags, mode);
}

int openat64(int at, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  return openat_watched("openat64", at, path, flags, mode);
}

ssize_t write(int file, const void* bytes, size_t size) {
  return pass_half(file, size, [&](std::size_t part) {
    return covered<ssize_t(int, const void*, size_t)>("write")(file, bytes, part);
  });
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  return pass_half(file, size, [&](std::size_t part) {
    return covered<ssize_t(int, const void*, size_t, off_t)>("pwrite")(file, bytes, part, offset);
  });
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  return pass_half(file, size, [&](std::size_t part) {
    return covered<ssize_t(int, const void*, size_t, off64_t)>("pwrite64")(file, bytes, part, offset);
  });
}

ssize_t writev(int file, const iovec* blocks, int count) {
  pass(is_watched(file));
  return covered<ssize_t(int, const iovec*, int)>("writev")(file, blocks, count);
}

int fsync(int file) {
  pass(is_watched(file));
  return covered<int(int)>("fsync")(file);
}

int fdatasync(int file) {
  pass(is_watched(file));
  return covered<int(int)>("fdatasync")(file);
}

int rename(const char* from, const char* to) noexcept {
  pass(is_watched(AT_FDCWD, to));
  return covered<int(const char*, const char*)>("rename")(from, to);
}

int unlink(const char* path) noexcept {
  pass(is_watched(AT_FDCWD, path));
  return covered<int(const char*)>("unlink")(path);
}

int link(const char* from, const char* to) noexcept {
  pass(is_watched(AT_FDCWD, to));
  return covered<int(const char*, const char*)>("link")(from, to);
}

[[noreturn]] void _Exit(int status) noexcept {  // no destructor runs then
  write_count();
  ::_exit(status);
}

}  // extern "C"
