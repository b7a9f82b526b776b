#include "fathom/io/file_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"
#include "temporary_folder.hpp"

namespace fathom::io {
namespace {

/// Runs `action` in a process of its own; whether it threw a FileError.
template <typename Action>
bool refused_in_another_process(const Action& action) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      action();
      _exit(0);
    } catch (const FileError&) {
      _exit(3);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 3;
}

TEST(FileLock, LetsOneProcessWriteAtATime) {
  const TemporaryFolder folder;
  const std::filesystem::path target = folder.path() / "new" / "cnn.pt";
  {
    const FileLock lock(target);
    EXPECT_EQ(read_file(target.string() + ".lock"), std::to_string(getpid()) + "\n");
    EXPECT_TRUE(refused_in_another_process([&] { const FileLock second(target); }));
    EXPECT_FALSE(refused_in_another_process([&] { const FileLock other(folder.path() / "mlp.pt"); }));
    try {
      const FileLock second(target);
      FAIL();
    } catch (const FileError& e) {
      EXPECT_NE(std::string(e.what()).find("by another run, process " + std::to_string(getpid())),
                std::string::npos)
          << e.what();
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(target.parent_path()));
  EXPECT_FALSE(refused_in_another_process([&] { const FileLock lock(target); }));
}

TEST(FileLock, IsTakenOverFromAKilledProcess) {
  const TemporaryFolder folder;
  const std::filesystem::path target = folder.path() / "cnn.pt";
  const pid_t child = fork();
  if (child == 0) {
    const FileLock lock(target);
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(std::filesystem::exists(target.string() + ".lock"));
  const FileLock lock(target);
  EXPECT_EQ(read_file(target.string() + ".lock"), std::to_string(getpid()) + "\n");
}

TEST(FileLock, GoesWithASignalThatEndsTheProcess) {
  const TemporaryFolder folder;
  const FileLock lock(folder.path() / "cnn.pt");
  remove_temporary_files();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace fathom::io
