#include "fathom/data/download.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/sha256.hpp"
#include "loopback_server.hpp"
#include "temporary_folder.hpp"

namespace fathom::data {
namespace {

using Mode = LoopbackServer::Mode;
using Requests = std::vector<LoopbackServer::Request>;

/// Bytes that do not repeat, so that a part put in the wrong place is noticed.
std::string content_of(std::size_t length) {
  std::string content;
  for (unsigned state = 7; content.size() < length; state = state * 1664525u + 1013904223u) {
    content += static_cast<char>(state >> 24);
  }
  return content;
}

class Download : public testing::Test {
 protected:
  RemoteFile file() const {
    return {"set.gz", {server_.address()}, io::sha256_of(content_), content_.size()};
  }
  std::filesystem::path target() const { return folder_.path() / "set.gz"; }
  std::filesystem::path part() const { return folder_.path() / "set.gz.part"; }

  /// The text of the NetworkError that downloading `remote` gives, or "no error".
  std::string network_error(const RemoteFile& remote) const {
    try {
      download(remote, folder_.path());
    } catch (const NetworkError& error) {
      return error.what();
    }
    return "no error";
  }

  void expect_whole() const {
    EXPECT_EQ(io::read_file(target()), content_);
    EXPECT_FALSE(std::filesystem::exists(part()));
  }

  const std::string content_ = content_of(300000);
  LoopbackServer server_;
  TemporaryFolder folder_;
};

TEST_F(Download, FetchesAFile) {
  server_.offer("set.gz", content_);
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
  EXPECT_EQ(server_.requests(), (Requests{{"set.gz", ""}}));
}

TEST_F(Download, MakesTheFolder) {
  server_.offer("set.gz", content_);
  EXPECT_TRUE(download(file(), folder_.path() / "a" / "b"));
  EXPECT_EQ(io::read_file(folder_.path() / "a" / "b" / "set.gz"), content_);
}

TEST_F(Download, WritesThroughALinkWhoseTargetDoesNotExistYet) {
  server_.offer("set.gz", content_);
  std::filesystem::create_symlink("elsewhere/real.gz", target());
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
  EXPECT_TRUE(std::filesystem::is_symlink(target()));
  EXPECT_EQ(io::read_file(folder_.path() / "elsewhere" / "real.gz"), content_);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "elsewhere" / "real.gz.part"));
}

TEST_F(Download, FetchesWithoutKnowingTheSize) {
  server_.offer("set.gz", content_);
  RemoteFile unknown = file();
  unknown.size = 0;
  EXPECT_TRUE(download(unknown, folder_.path()));
  expect_whole();
}

TEST_F(Download, FollowsARedirect) {
  server_.offer("set.gz", "", Mode::redirects);
  server_.offer("moved", content_);
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
}

TEST_F(Download, DoesNotFetchWhatIsThere) {
  io::write_file(target(), content_);
  EXPECT_FALSE(download(file(), folder_.path()));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Download, ReplacesAFileWithAnotherSum) {
  server_.offer("set.gz", content_);
  io::write_file(target(), "an older edition");
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
}

TEST_F(Download, KeepsTheOldFileWhereItCannotBeReplaced) {
  io::write_file(target(), "an older edition");
  EXPECT_NE(network_error(file()), "no error");
  EXPECT_EQ(io::read_file(target()), "an older edition");
}

TEST_F(Download, ReportsRisingProgressThatEndsAtTheTotal) {
  server_.offer("set.gz", content_);
  std::vector<std::int64_t> done;
  download(file(), folder_.path(), [&](std::int64_t now, std::int64_t total) {
    EXPECT_EQ(total, 300000);
    done.push_back(now);
  });
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  ASSERT_FALSE(done.empty());
  EXPECT_EQ(done.back(), 300000);
}

TEST_F(Download, ProgressBeginsWithWhatIsThere) {
  server_.offer("set.gz", content_);
  io::write_file(part(), content_.substr(0, 100000));
  std::vector<std::int64_t> done;
  download(file(), folder_.path(), [&](std::int64_t now, std::int64_t total) {
    EXPECT_EQ(total, 300000);
    // The rate would count the part as fetched if it were first told of together with new bytes.
    if (done.empty()) {
      EXPECT_TRUE(server_.requests().empty());
    }
    done.push_back(now);
  });
  ASSERT_GE(done.size(), 2u);
  EXPECT_EQ(done.front(), 100000);
  EXPECT_EQ(done.back(), 300000);
}

TEST_F(Download, PassesOnWhatProgressThrowsAndGoesOnLater) {
  server_.offer("set.gz", content_);
  struct Stop {};
  EXPECT_THROW(download(file(), folder_.path(), [](std::int64_t, std::int64_t) { throw Stop{}; }), Stop);
  EXPECT_FALSE(std::filesystem::exists(target()));
  EXPECT_GT(std::filesystem::file_size(part()), 0u);
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
}

TEST_F(Download, ResumesWithARangeRequest) {
  server_.offer("set.gz", content_);
  io::write_file(part(), content_.substr(0, 100000));
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
  EXPECT_EQ(server_.requests(), (Requests{{"set.gz", "100000-"}}));
}

TEST_F(Download, KeepsTheBeginningOfAConnectionThatBroke) {
  server_.offer("set.gz", content_, Mode::cut_off);
  const std::string error = network_error(file());
  EXPECT_NE(error.find("ended after 150,000 of 300,000 bytes"), error.npos) << error;
  EXPECT_FALSE(std::filesystem::exists(target()));
  EXPECT_EQ(io::read_file(part()), content_.substr(0, 150000));
  server_.offer("set.gz", content_);
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
  EXPECT_EQ(server_.requests(), (Requests{{"set.gz", ""}, {"set.gz", "150000-"}}));
}

TEST_F(Download, NoticesABrokenConnectionWithoutAnAnnouncedSize) {
  server_.offer("set.gz", content_, Mode::cut_off_no_size);
  const std::string error = network_error(file());
  EXPECT_NE(error.find("ended after 150,000 of 300,000 bytes"), error.npos) << error;
  EXPECT_EQ(std::filesystem::file_size(part()), 150000u);
}

TEST_F(Download, StartsOverWhereTheServerIgnoresTheRange) {
  for (const Mode mode : {Mode::ignores_range, Mode::wrong_range}) {
    server_.offer("set.gz", content_, mode);
    io::write_file(part(), content_.substr(0, 100000));
    EXPECT_TRUE(download(file(), folder_.path()));
    expect_whole();
    std::filesystem::remove(target());
  }
}

TEST_F(Download, StartsOverAfterAPartOfAnotherFile) {
  server_.offer("set.gz", content_);
  io::write_file(part(), "something else");
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
  EXPECT_EQ(server_.requests(), (Requests{{"set.gz", "14-"}, {"set.gz", ""}}));
}

TEST_F(Download, StartsOverAfterAPartThatIsTooLong) {
  server_.offer("set.gz", content_);
  io::write_file(part(), content_ + "more");
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
  RemoteFile unknown = file();  // here the server says so, with status 416
  unknown.size = 0;
  std::filesystem::remove(target());
  io::write_file(part(), content_ + "more");
  EXPECT_TRUE(download(unknown, folder_.path()));
  expect_whole();
}

TEST_F(Download, TakesACompletePartAsItIs) {
  io::write_file(part(), content_);
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Download, RemovesAFileWithAWrongSum) {
  server_.offer("set.gz", content_, Mode::corrupt);
  const std::string error = network_error(file());
  EXPECT_NE(error.find("SHA-256 is wrong"), error.npos) << error;
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  EXPECT_EQ(server_.requests().size(), 1u);
}

TEST_F(Download, CutsOffAServerThatSendsMore) {
  server_.offer("set.gz", content_, Mode::too_long);
  const std::string error = network_error(file());
  EXPECT_NE(error.find("sends more than the 300,000 bytes"), error.npos) << error;
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Download, NamesTheAddressOfAMissingFile) {
  const std::string error = network_error(file());
  EXPECT_NE(error.find("cannot download 'set.gz'"), error.npos) << error;
  EXPECT_NE(error.find(server_.address() + "set.gz: the server answers 404"), error.npos) << error;
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Download, TriesTheNextAddress) {
  LoopbackServer damaged, absent;
  damaged.offer("set.gz", content_, Mode::corrupt);
  server_.offer("set.gz", content_);
  RemoteFile remote = file();
  remote.addresses = {absent.address(), damaged.address(), server_.address()};
  EXPECT_TRUE(download(remote, folder_.path()));
  expect_whole();
  EXPECT_EQ(absent.requests().size(), 1u);
  EXPECT_EQ(damaged.requests().size(), 1u);
}

TEST_F(Download, GoesOnAtTheNextAddressWhereTheFirstBrokeOff) {
  LoopbackServer breaking;
  breaking.offer("set.gz", content_, Mode::cut_off);
  server_.offer("set.gz", content_);
  RemoteFile remote = file();
  remote.addresses = {breaking.address(), server_.address()};
  EXPECT_TRUE(download(remote, folder_.path()));
  expect_whole();
  EXPECT_EQ(server_.requests(), (Requests{{"set.gz", "150000-"}}));
}

TEST_F(Download, ListsEveryAddressThatFailed) {
  LoopbackServer other;
  other.offer("set.gz", content_, Mode::corrupt);
  RemoteFile remote = file();
  remote.addresses = {server_.address(), other.address()};
  const std::string error = network_error(remote);
  EXPECT_NE(error.find(server_.address() + "set.gz: the server answers 404"), error.npos) << error;
  EXPECT_NE(error.find(other.address() + "set.gz: the file is damaged"), error.npos) << error;
  EXPECT_EQ(error.find('\n'), error.npos);
}

TEST_F(Download, SaysThatNobodyAnswers) {
  RemoteFile remote = file();
  remote.addresses = {"http://127.0.0.1:1/"};
  const std::string error = network_error(remote);
  EXPECT_NE(error.find("http://127.0.0.1:1/set.gz: "), error.npos) << error;
  remote.addresses = {"file:///etc/"};
  EXPECT_NE(network_error(remote), "no error");  // the web only
}

TEST_F(Download, SaysThatItCannotWrite) {
  io::write_file(folder_.path() / "file.txt", "");
  EXPECT_THROW(download(file(), folder_.path() / "file.txt" / "x"), FileError);
  std::filesystem::create_directory(part());
  server_.offer("set.gz", content_);
  EXPECT_THROW(download(file(), folder_.path()), FileError);
}

TEST_F(Download, NamesTheFileThatAFullDiskDidNotTake) {
  std::filesystem::create_symlink("/dev/full", part());
  server_.offer("set.gz", content_);
  try {
    download(file(), folder_.path());
    FAIL();
  } catch (const FileError& error) {
    EXPECT_EQ(std::string(error.what()), "cannot write '" + part().string() + "': disk full");
  }
  EXPECT_FALSE(std::filesystem::exists(target()));
}

TEST_F(Download, OneProcessAtATimeDownloadsAFile) {
  server_.offer("set.gz", content_);
  std::string second;
  const auto begin_another = [&](std::int64_t done, std::int64_t) {
    if (done == 0 || !second.empty()) return;
    second = "not refused";
    try {
      download(file(), folder_.path());
    } catch (const FileError& error) {
      second = error.what();
    }
  };
  EXPECT_TRUE(download(file(), folder_.path(), begin_another));
  EXPECT_NE(second.find("set.gz.part' is being written by another run"), second.npos) << second;
  expect_whole();
  EXPECT_EQ(server_.requests().size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(part().string() + ".lock"));
}

TEST_F(Download, TheLockOfAKilledDownloadIsTakenOver) {
  server_.offer("set.gz", content_);
  io::write_file(part(), content_.substr(0, 100000));
  io::write_file(part().string() + ".lock", "4711\n");
  EXPECT_TRUE(download(file(), folder_.path()));
  expect_whole();
  EXPECT_EQ(server_.requests(), (Requests{{"set.gz", "100000-"}}));
  EXPECT_FALSE(std::filesystem::exists(part().string() + ".lock"));
}

TEST_F(Download, FetchTakesTheMirrorAlone) {
  server_.offer("sub/a.gz", content_);
  server_.offer("sub/b.gz", "b");
  const RemoteSet set{"pair",
                      "pair",
                      {{"a.gz", {"http://127.0.0.1:1/"}, io::sha256_of(content_), content_.size()},
                       {"b.gz", {"http://127.0.0.1:1/"}, io::sha256_of("b"), 1}}};
  io::write_file(folder_.path() / "pair" / "b.gz", "b");
  std::vector<std::string> started;
  const Fetched fetched = fetch(set, folder_.path(), server_.address() + "sub",
                                [&](const std::string& name) { started.push_back(name); });
  EXPECT_EQ(fetched.folder, folder_.path() / "pair");
  EXPECT_EQ(fetched.downloaded, std::vector<std::string>{"a.gz"});
  EXPECT_EQ(started, (std::vector<std::string>{"a.gz", "b.gz"}));
  EXPECT_EQ(io::read_file(fetched.folder / "a.gz"), content_);
  EXPECT_THROW(fetch(set, folder_.path() / "other", ""), NetworkError);
}

TEST(RemoteSet, KnowsThreeSets) {
  for (const char* name : {"mnist", "fashion-mnist"}) {
    const RemoteSet set = remote_set(name);
    EXPECT_EQ(set.folder, name);
    EXPECT_EQ(set.files.size(), 4u);
    EXPECT_EQ(set.files.front().name, "train-images-idx3-ubyte.gz");
    EXPECT_EQ(set.files.back().name, "t10k-labels-idx1-ubyte.gz");
    EXPECT_TRUE(set.unpacked.empty());
  }
  const std::vector<UnpackedFile> unpacked = remote_set("cifar10").unpacked;
  ASSERT_EQ(unpacked.size(), 6u);
  EXPECT_EQ(unpacked[0].path, "cifar-10-batches-bin/data_batch_1.bin");
  EXPECT_EQ(unpacked[5].path, "cifar-10-batches-bin/test_batch.bin");
  for (const UnpackedFile& file : unpacked) EXPECT_EQ(file.size, 30730000u);
  for (const RemoteFile& file : remote_set("mnist").files) EXPECT_EQ(file.addresses.size(), 2u);
}

TEST(RemoteSet, SuggestsANameItKnows) {
  try {
    remote_set("minst");
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'mnist'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace fathom::data
