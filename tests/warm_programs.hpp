/// Programs of fathom's that have loaded their libraries and wait for their arguments (tests/warm).
#pragma once

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

#include "temporary_folder.hpp"
#include "warm/request.hpp"

/// Has programs wait until the process of the test ends.
class WarmPrograms {
 public:
  WarmPrograms() {
    const std::string environment = warm::loading_environment();
    setenv("FATHOM_WARM_FOLDER", folder_.path().c_str(), 1);
    setenv("FATHOM_WARM_ENVIRONMENT", environment.c_str(), 1);
  }

  /// The first call for a program starts it. False: programs are to be started from nothing.
  bool have(const std::string& program) {
    if (paused_) return false;
    if (!names_.insert(program).second) return true;
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = (folder_.path() / program).string();
    if (path.size() >= sizeof address.sun_path) return false;
    std::strcpy(address.sun_path, path.c_str());
    const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        listen(listening, 16) == 0 && fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int kept = dup(listening);  // without CLOEXEC
      setenv("FATHOM_WARM_LISTEN", std::to_string(kept).c_str(), 1);
      setenv("LD_PRELOAD", FATHOM_BIN "/warm_start.so", 1);
      execl((FATHOM_BIN "/" + program).c_str(), program.c_str(), nullptr);
      _exit(127);
    }
    close(listening);
    return true;
  }

  void pause(bool on) { paused_ = on; }

  static WarmPrograms& all() {
    static WarmPrograms programs;
    return programs;
  }

 private:
  TemporaryFolder folder_;
  std::set<std::string> names_;
  bool paused_ = false;
};

/// In its scope programs are started from nothing: memory lies at other addresses in every run, which a test
/// of equal bytes wants.
class StartedFromNothing {
 public:
  StartedFromNothing() { WarmPrograms::all().pause(true); }
  StartedFromNothing(const StartedFromNothing&) = delete;
  StartedFromNothing& operator=(const StartedFromNothing&) = delete;
  ~StartedFromNothing() { WarmPrograms::all().pause(false); }
};
