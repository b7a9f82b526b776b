/// A small HTTP server on the loopback interface, for tests of downloads: it serves what it was given, well
/// or badly, and keeps what it was asked for.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

class LoopbackServer {
 public:
  enum class Mode {
    good,             ///< all of it, or the range that was asked for
    ignores_range,    ///< always all of it, with status 200
    wrong_range,      ///< status 206, but from the beginning
    cut_off,          ///< announces all of it and closes after half
    cut_off_no_size,  ///< the same without announcing a size
    corrupt,          ///< one byte changed
    too_long,         ///< a few bytes follow
    redirects,        ///< sends to the file "moved"
  };

  struct Request {
    std::string name, range;  ///< range: "10-", or empty
    bool operator==(const Request&) const = default;
  };

  LoopbackServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place = {};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    auto* const generic = reinterpret_cast<sockaddr*>(&place);
    if (::bind(socket_, generic, size) != 0 || ::listen(socket_, 8) != 0) {
      throw std::runtime_error("cannot listen on the loopback interface");
    }
    ::getsockname(socket_, generic, &size);
    port_ = ntohs(place.sin_port);
    ::setenv("no_proxy", "*", 1);  // a proxy of the machine would not find us
    thread_ = std::thread([this] { serve_all(); });
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer() {
    ::shutdown(socket_, SHUT_RDWR);  // wakes the thread
    thread_.join();
    ::close(socket_);
  }

  std::string address() const { return fmt::format("http://127.0.0.1:{}/", port_); }

  void offer(const std::string& name, const std::string& content, Mode mode = Mode::good) {
    const std::lock_guard lock(mutex_);
    files_[name] = {content, mode};
  }

  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  struct File {
    std::string content;
    Mode mode = Mode::good;
  };

  void serve_all() {
    for (int client = 0; (client = ::accept(socket_, nullptr, nullptr)) >= 0;) {
      serve(client);
      ::close(client);
    }
  }

  void serve(int client) {
    const std::string head = read_head(client);
    const Request request{between(head, "GET /", " "), between(head, "Range: bytes=", "\r")};
    std::string answer;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      const auto file = files_.find(request.name);
      answer = file == files_.end() ? "HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\nabsent"
                                    : answer_for(file->second, request.range);
    }
    send_all(client, answer);
  }

  std::string answer_for(const File& file, const std::string& range) const {
    const std::string& all = file.content;
    const size_t from = range.empty() ? 0 : static_cast<size_t>(std::stoul(range));
    switch (file.mode) {
      case Mode::good:
        if (from > 0 && from >= all.size())
          return "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n";
        return head(from, all.size(), !range.empty()) + all.substr(from);
      case Mode::ignores_range:
        return head(0, all.size(), false) + all;
      case Mode::wrong_range:
        return head(0, all.size(), !range.empty()) + all;
      case Mode::cut_off:
        return head(from, all.size(), !range.empty()) + all.substr(from, (all.size() - from) / 2);
      case Mode::cut_off_no_size:
        return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + all.substr(0, all.size() / 2);
      case Mode::corrupt: {
        std::string changed = all;
        changed[changed.size() / 3] ^= 1;
        return head(0, all.size(), false) + changed;
      }
      case Mode::too_long:
        return head(0, all.size() + 4, false) + all + "more";
      case Mode::redirects:
        return "HTTP/1.1 302 Found\r\nLocation: /moved\r\nContent-Length: 0\r\n\r\n";
    }
    return "";
  }

  static std::string head(size_t from, size_t size, bool partial) {
    if (!partial)
      return fmt::format("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", size);
    return fmt::format(
        "HTTP/1.1 206 Partial Content\r\nConnection: close\r\nContent-Length: {}\r\nContent-Range: bytes "
        "{}-{}/{}"
        "\r\n\r\n",
        size - from, from, size - 1, size);
  }

  static std::string read_head(int client) {
    std::string head;
    char block[1024];
    while (head.find("\r\n\r\n") == head.npos) {
      const ssize_t count = ::recv(client, block, sizeof block, 0);
      if (count <= 0) break;
      head.append(block, static_cast<size_t>(count));
    }
    return head;
  }

  static void send_all(int client, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;  // the other side has enough
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    // Closing at once could reset the connection before the last bytes are read.
    ::shutdown(client, SHUT_WR);
    char rest[64];
    while (::recv(client, rest, sizeof rest, 0) > 0) {
    }
  }

  static std::string between(const std::string& text, const std::string& before, const std::string& after) {
    const size_t found = text.find(before);
    if (found == text.npos) return "";
    const size_t begin = found + before.size();
    return text.substr(begin, text.find(after, begin) - begin);
  }

  int socket_, port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, File> files_;
  std::vector<Request> requests_;
  std::thread thread_;
};
