/// run_warm PROGRAM ARGUMENT...: runs a program that waits under warm_start.so, or executes it.
///
/// FATHOM_WARM_FOLDER         holds a socket for every program that waits, by the program's name
/// FATHOM_WARM_ENVIRONMENT    the variables that libraries read while they are loaded, as they were then
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "request.hpp"

namespace {

/// Connected to the waiting program; -1 where there is none that would run as a new process would.
int connect_to(const std::string& name) {
  const char* const folder = std::getenv("FATHOM_WARM_FOLDER");
  const char* const environment = std::getenv("FATHOM_WARM_ENVIRONMENT");
  if (!folder || !environment || warm::loading_environment() != environment) return -1;
  for (int file = 0; file < 3; ++file)
    if (fcntl(file, F_GETFD) < 0) return -1;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = std::string(folder) + "/" + name;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::strcpy(address.sun_path, path.c_str());
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return connection;
  close(connection);
  return -1;
}

bool send_request(int connection, const std::string& text) {
  std::size_t length = text.size();
  const std::array<int, 3> files = {0, 1, 2};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof files)> control = {};
  iovec part = {&length, sizeof length};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof files);
  std::memcpy(CMSG_DATA(head), files.data(), sizeof files);
  if (sendmsg(connection, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof length)) return false;
  for (std::size_t at = 0; at < length;) {
    const ssize_t sent = send(connection, text.data() + at, length - at, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += static_cast<std::size_t>(sent);
  }
  return true;
}

std::string request_of(int count, char** words) {
  std::string text = std::filesystem::current_path().string();
  text.push_back('\0');
  text.append(std::to_string(count)).push_back('\0');
  for (int i = 0; i < count; ++i) text.append(words[i]).push_back('\0');
  for (char** each = environ; *each; ++each)
    if (std::strncmp(*each, "FATHOM_WARM_", 12) != 0) text.append(*each).push_back('\0');
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const int connection = connect_to(std::filesystem::path(argv[1]).filename().string());
  if (connection < 0 || !send_request(connection, request_of(argc - 1, argv + 1))) {
    execv(argv[1], argv + 1);
    std::perror(argv[1]);
    return 127;
  }
  int status = 0;
  if (recv(connection, &status, sizeof status, MSG_WAITALL) != static_cast<ssize_t>(sizeof status)) {
    std::fputs("run_warm: the waiting program has ended\n", stderr);
    return 125;
  }
  if (WIFSIGNALED(status)) {
    std::signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
  }
  return WEXITSTATUS(status);
}
