#include "fathom/io/file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>

#include "fathom/core/error.hpp"
#include "fathom/io/sha256.hpp"
#include "temporary_folder.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

/// The text of the FileError that `action` throws, or "no error".
template <typename Action>
std::string file_error(const Action& action) {
  try {
    action();
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

class File : public testing::Test {
 protected:
  fs::path path(const std::string& name = "file.txt") const { return folder_.path() / name; }
  TemporaryFolder folder_;
};

TEST_F(File, ReadsBackWhatItWrote) {
  const std::string all_bytes("\0\n\r\xff text", 9);
  io::write_file(path(), all_bytes);
  EXPECT_EQ(io::read_file(path()), all_bytes);
  io::write_file(path(), "");
  EXPECT_EQ(io::read_file(path()), "");
}

TEST_F(File, MakesMissingFoldersAndLeavesNothingElse) {
  io::write_file(path("a/b/c.json"), "{}");
  EXPECT_EQ(io::read_file(path("a/b/c.json")), "{}");
  EXPECT_EQ(names_in(path("a/b")), std::vector<std::string>{"c.json"});
}

TEST_F(File, ReplacesTheOldFileAndKeepsALink) {
  io::write_file(path("real.txt"), "old");
  fs::create_symlink(path("real.txt"), path("link.txt"));
  io::write_file(path("link.txt"), "new");
  EXPECT_TRUE(fs::is_symlink(path("link.txt")));
  EXPECT_EQ(io::read_file(path("real.txt")), "new");
}

TEST_F(File, WritesThroughALinkWhoseTargetDoesNotExistYet) {
  fs::create_symlink("new/real.txt", path("link.txt"));  // relative to the link's folder, not to ours
  fs::create_symlink(path("link.txt"), path("second.txt"));
  io::require_writable(path("second.txt"));
  io::write_file(path("second.txt"), "first");
  EXPECT_TRUE(fs::is_symlink(path("second.txt")));
  EXPECT_TRUE(fs::is_symlink(path("link.txt")));
  EXPECT_FALSE(fs::is_symlink(path("new/real.txt")));
  EXPECT_EQ(io::read_file(path("new/real.txt")), "first");
  EXPECT_EQ(names_in(path("new")), std::vector<std::string>{"real.txt"});
  io::write_file(path("second.txt"), "again");
  EXPECT_EQ(io::read_file(path("new/real.txt")), "again");
}

TEST_F(File, RefusesLinksThatLeadNowhere) {
  fs::create_symlink("b", path("a"));
  fs::create_symlink("a", path("b"));
  EXPECT_EQ(file_error([&] { io::write_file(path("a"), "x"); }),
            "cannot write '" + path("a").string() + "': its symbolic links lead round in a circle");
  EXPECT_TRUE(fs::is_symlink(path("a")));
  fs::create_symlink("folder/", path("to_folder"));
  EXPECT_EQ(file_error([&] { io::write_file(path("to_folder"), "x"); }),
            "cannot write '" + path("to_folder").string() + "': it is a link to a folder");
  EXPECT_TRUE(fs::is_symlink(path("to_folder")));
  EXPECT_EQ(names_in(folder_.path()).size(), 3U);
}

TEST_F(File, IsReadableByOthersAsTheUmaskSays) {
  const mode_t before = umask(022);
  io::write_file(path(), "x");
  umask(before);
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms(0644));
}

TEST_F(File, SaysWhyItCannotBeRead) {
  EXPECT_EQ(file_error([&] { io::read_file(path("none")); }),
            "cannot read '" + path("none").string() + "': no such file or folder");
  EXPECT_EQ(file_error([&] { io::read_file(folder_.path()); }),
            "cannot read '" + folder_.path().string() + "': it is a folder");
  EXPECT_EQ(file_error([&] { io::read_file("/dev/zero"); }),
            "cannot read '/dev/zero': it is not a regular file");
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_THROW(io::read_file(path("pipe")), FileError);  // and does not wait for a writer
}

TEST_F(File, SaysWhyItCannotBeWritten) {
  io::write_file(path("file.txt"), "x");
  const std::string below_a_file = file_error([&] { io::write_file(path("file.txt/x"), "y"); });
  EXPECT_NE(below_a_file.find("cannot write"), below_a_file.npos) << below_a_file;
  EXPECT_NE(below_a_file.find("file.txt"), below_a_file.npos) << below_a_file;
  EXPECT_NE(below_a_file.find("not a folder"), below_a_file.npos) << below_a_file;
  EXPECT_THROW(io::write_file(folder_.path(), "y"), FileError);
  EXPECT_THROW(io::write_file(folder_.path() / "", "y"), FileError);
  EXPECT_THROW(io::write_file("", "y"), FileError);
  EXPECT_THROW(io::write_file(path(std::string(300, 'n')), "y"), FileError);  // longer than names may be
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"file.txt"});
}

TEST_F(File, TakesANameAsLongAsNamesMayBe) {
  const std::string name = std::string(250, 'n') + ".json";
  io::write_file(path(name), "x");
  EXPECT_EQ(io::read_file(path(name)), "x");
}

TEST_F(File, RefusesToReplaceADevice) {
  EXPECT_EQ(file_error([] { io::write_file("/dev/null", "x"); }),
            "cannot write '/dev/null': it is not a regular file");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(File, AFailedWriteLeavesTheOldFile) {
  io::write_file(path(), "old");
  const auto write_beyond_the_limit = [&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string error = file_error([&] { io::write_file(path(), std::string(5000, 'x')); });
    std::fputs(error.c_str(), stderr);
    std::_Exit(0);
  };
  EXPECT_EXIT(write_beyond_the_limit(), testing::ExitedWithCode(0),
              "cannot write .*larger than the limit on file sizes");
  EXPECT_EQ(io::read_file(path()), "old");
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"file.txt"});
}

TEST_F(File, AFullDiskIsCalledFull) {
  constexpr int not_permitted = 77;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // A file system of 16 KiB, seen by this process alone and gone with it.
    const bool mounted = unshare(CLONE_NEWNS) == 0 &&
                         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=16k") == 0;
    if (!mounted) std::_Exit(not_permitted);
    io::write_file(path(), "old");
    const std::string error = file_error([&] { io::write_file(path(), std::string(100000, 'x')); });
    const bool told = error == "cannot write '" + path().string() + "': disk full";
    const bool kept = io::read_file(path()) == "old" && names_in(folder_.path()).size() == 1;
    std::_Exit(told && kept ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == not_permitted) GTEST_SKIP() << "this user may not mount a small file system";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(File, TemporaryKeepsTheExtensionAndGoesWithoutACommit) {
  fs::path left;
  {
    const io::AtomicFile file(path("clip.avi"));
    left = file.temporary();
    EXPECT_EQ(left.extension(), ".avi");
    EXPECT_EQ(left.parent_path(), folder_.path());
    EXPECT_TRUE(fs::exists(left));
  }
  EXPECT_FALSE(fs::exists(left));
  EXPECT_FALSE(fs::exists(path("clip.avi")));
}

TEST_F(File, TwoWritersOfOneFileDoNotMeet) {
  io::AtomicFile first(path()), second(path());
  EXPECT_NE(first.temporary(), second.temporary());
  io::write_file(path("source"), "content");
  fs::copy_file(path("source"), first.temporary(), fs::copy_options::overwrite_existing);
  first.commit();
  EXPECT_EQ(io::read_file(path()), "content");
}

TEST_F(File, CommitSaysThatTheWriterFailed) {
  io::AtomicFile file(path());
  fs::remove(file.temporary());
  EXPECT_THROW(file.commit(), FileError);
}

TEST_F(File, RequireWritableTriesWithoutLeavingATrace) {
  io::require_writable(path("new/out.png"));
  EXPECT_TRUE(names_in(path("new")).empty());
  io::write_file(path(), "kept");
  io::require_writable(path());
  EXPECT_EQ(io::read_file(path()), "kept");
  EXPECT_THROW(io::require_writable(path("file.txt/out.png")), FileError);
  EXPECT_THROW(io::require_writable(folder_.path()), FileError);
}

/// The number of a process that has ended.
pid_t ended_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

TEST_F(File, TheNextWriteRemovesWhatKilledProcessesLeft) {
  const std::string gone = std::to_string(ended_process()), here = std::to_string(getpid());
  const std::string left = ".cnn." + gone + "-3.pt";
  const std::vector<std::string> kept = {".cnn." + here + "-900.pt",   // that process lives
                                         ".cnn." + gone + "-3.train",  // other targets
                                         ".dog." + gone + "-3.pt",     //
                                         ".cnn." + gone + ".pt",       // other names
                                         ".cnn." + gone + "-3x.pt",    //
                                         ".cnn.-3.pt",                 //
                                         ".cnn." + gone + "-.pt"};
  std::ofstream(path(left)) << "left";
  for (const std::string& name : kept) std::ofstream(path(name)) << "kept";
  io::write_file(path("cnn.pt"), "new");
  EXPECT_FALSE(fs::exists(path(left)));
  for (const std::string& name : kept) EXPECT_TRUE(fs::exists(path(name))) << name;
  EXPECT_EQ(names_in(folder_.path()).size(), kept.size() + 1);
}

TEST_F(File, WhatAnotherWriterHasLockedStays) {
  const std::string name = ".cnn." + std::to_string(ended_process()) + "-3.pt";
  const int file = open(path(name).c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_EQ(flock(file, LOCK_EX), 0);
  io::write_file(path("cnn.pt"), "new");
  EXPECT_TRUE(fs::exists(path(name)));
  close(file);
}

TEST_F(File, ASignalHandlerCanRemoveWhatIsBeingWritten) {
  std::vector<std::unique_ptr<io::AtomicFile>> files;
  for (int i = 0; i < 20; ++i)
    files.push_back(std::make_unique<io::AtomicFile>(path("out" + std::to_string(i))));
  io::write_file(path("done"), "kept");
  io::remove_temporary_files();
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"done"});
}

TEST_F(File, HasItsSha256) {
  // FIPS 180-2, appendix B.1 and B.3.
  EXPECT_EQ(io::sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string million(1000000, 'a');
  io::write_file(path(), million);
  EXPECT_EQ(io::sha256_of_file(path()), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(io::sha256_of(million), io::sha256_of_file(path()));
  EXPECT_THROW(io::sha256_of_file(path("none")), FileError);
  io::Sha256 pieces;
  for (const char* piece : {"a", "", "bc"}) pieces.add(piece);
  EXPECT_EQ(pieces.hexadecimal(), io::sha256_of("abc"));
}

}  // namespace
}  // namespace fathom
