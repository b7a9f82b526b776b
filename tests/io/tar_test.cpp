#include "fathom/io/tar.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "fathom/core/error.hpp"
#include "fathom/data/download.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/sha256.hpp"
#include "gzip_program.hpp"
#include "loopback_server.hpp"
#include "temporary_folder.hpp"

namespace fathom::io {
namespace {

constexpr std::uint64_t kPlenty = 1 << 24;

void put(std::string& header, std::size_t at, const std::string& text) {
  header.replace(at, text.size(), text);
}

/// A member of a ustar archive: its header, its content, and zeros up to a whole record. `size_field` stands
/// for the true size where it is given.
std::string member(const std::string& name, const std::string& content, char type = '0',
                   const std::string& size_field = "") {
  std::string header(512, '\0');
  put(header, 0, name);
  put(header, 100, "0000644");
  put(header, 124, size_field.empty() ? fmt::format("{:011o}", content.size()) : size_field);
  put(header, 148, "        ");
  header[156] = type;
  put(header, 257, std::string("ustar\0", 6) + "00");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(header, 148, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

/// Without `write_file`'s flush to the disk, which takes long where there are hundreds.
void write_plainly(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

const std::string kEndMark(1024, '\0');

class Tar : public testing::Test {
 protected:
  std::filesystem::path archive() const { return folder_.path() / "set.tar.gz"; }
  std::filesystem::path out() const { return folder_.path() / "out"; }

  std::string pack(const std::string& tar) const {
    const std::string packed = gzip(tar);
    write_plainly(archive(), packed);
    return packed;
  }

  void unpack(const std::string& tar, std::uint64_t limit = kPlenty) const {
    pack(tar);
    unpack_tar_gz(archive(), out(), limit);
  }

  /// Whether `tar` is refused, with nothing left behind.
  bool is_refused(const std::string& tar, std::uint64_t limit = kPlenty) const {
    try {
      unpack(tar, limit);
    } catch (const FormatError&) {
      return !std::filesystem::exists(out()) || std::filesystem::is_empty(out());
    }
    return false;
  }

  std::vector<std::string> unpacked() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(out()))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  TemporaryFolder folder_;
};

TEST_F(Tar, NamesTheFileThatCannotBeWritten) {
  pack(member("data_batch_1.bin", std::string(100000, 'x')) + kEndMark);
  const auto write_beyond_the_limit = [&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      unpack_tar_gz(archive(), out(), kPlenty);
    } catch (const FileError& error) {
      std::fputs(error.what(), stderr);
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(write_beyond_the_limit(), testing::ExitedWithCode(0),
              "cannot write '.*/out/data_batch_1.bin': larger than the limit on file sizes");
  EXPECT_TRUE(std::filesystem::is_empty(out()));
}

TEST_F(Tar, UnpacksWhatTheSetNeedsAndNothingElse) {
  const std::string batch(100000, 'b');
  unpack(member("cifar-10-batches-bin/", "", '5') + member("cifar-10-batches-bin/data_batch_1.bin", batch) +
         member("cifar-10-batches-bin/readme.html", "<p>") +
         member("cifar-10-batches-bin/batches.meta.txt", "cat\n") +
         member("cifar-10-batches-bin/empty.bin", "") + kEndMark);
  EXPECT_EQ(unpacked(), (std::vector<std::string>{"batches.meta.txt", "data_batch_1.bin", "empty.bin"}));
  EXPECT_EQ(read_file(out() / "data_batch_1.bin"), batch);
  EXPECT_EQ(read_file(out() / "batches.meta.txt"), "cat\n");
  EXPECT_EQ(read_file(out() / "empty.bin"), "");
}

TEST_F(Tar, ReadsWhatTheTarProgramWrites) {
  const auto source = folder_.path() / "cifar-10-batches-bin";
  write_file(source / "test_batch.bin", std::string(3073, 't'));
  write_file(source / "data_batch_1.bin", std::string(1 << 17, 'd'));
  const std::string command =
      fmt::format("tar -C '{}' -czf '{}' cifar-10-batches-bin", folder_.path().string(), archive().string());
  if (std::system(command.c_str()) != 0) GTEST_SKIP() << "there is no tar program here";
  unpack_tar_gz(archive(), out(), kPlenty);
  EXPECT_EQ(read_file(out() / "test_batch.bin"), std::string(3073, 't'));
  EXPECT_EQ(read_file(out() / "data_batch_1.bin"), std::string(1 << 17, 'd'));
}

TEST_F(Tar, LandsNothingOutside) {
  unpack(member("../../outside.bin", "a") + member("/absolute.bin", "b") + member("../..", "c") +
         member("x/../../../deep.bin", "d") + member("link.bin", "", '2') + member("hard_link.bin", "", '1') +
         member("back\\slash.bin", "e") + member("new\nline.bin", "f") + kEndMark);
  EXPECT_EQ(unpacked(),
            (std::vector<std::string>{"absolute.bin", "back\\slash.bin", "deep.bin", "outside.bin"}));
  EXPECT_FALSE(std::filesystem::exists(folder_.path().parent_path() / "outside.bin"));
  EXPECT_FALSE(std::filesystem::exists("/absolute.bin"));
}

TEST_F(Tar, RefusesEveryTruncationOfThePackedFile) {
  std::string content;
  for (int i = 0; i < 200; ++i) content += fmt::format("{} ", i * i);
  const std::string packed = pack(member("a.bin", content) + kEndMark);
  for (std::size_t length = 0; length < packed.size(); ++length) {
    write_plainly(archive(), packed.substr(0, length));
    ASSERT_THROW(unpack_tar_gz(archive(), out(), kPlenty), FormatError) << length;
    ASSERT_TRUE(!std::filesystem::exists(out()) || std::filesystem::is_empty(out())) << length;
  }
}

TEST_F(Tar, RefusesAnArchiveThatWasCutBeforeItWasPacked) {
  const std::string tar = member("a.bin", "whole") + member("b.bin", std::string(2000, 'b'));
  for (const std::size_t length : {0, 1, 511, 512, 516, 1023, 1025, 1535, 1536, 3000, 3583}) {
    EXPECT_TRUE(is_refused(tar.substr(0, length))) << length;
  }
  EXPECT_FALSE(is_refused(tar));  // some programs write no end mark
}

TEST_F(Tar, RefusesDamagedHeaders) {
  const std::string tar = member("a.bin", "content") + kEndMark;
  for (std::size_t at = 0; at < 512; at += 7) {
    std::string damaged = tar;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    EXPECT_TRUE(is_refused(damaged)) << at;
  }
  EXPECT_TRUE(is_refused(std::string(5000, 'x')));
  EXPECT_TRUE(is_refused(kEndMark));
}

TEST_F(Tar, RefusesSizesThatLie) {
  EXPECT_TRUE(is_refused(member("a.bin", "x", '0', "77777777777") + kEndMark));
  EXPECT_TRUE(is_refused(member("a.bin", "x", '0', "777777777777") + kEndMark));
  EXPECT_TRUE(is_refused(member("a.bin", "x", '0', "-0000000001") + kEndMark));
  EXPECT_TRUE(
      is_refused(member("a.bin", "x", '0', std::string("\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12))));
}

TEST_F(Tar, StopsAtTheLimit) {
  const std::string tar = member("a.bin", std::string(1 << 20, '\0')) + kEndMark;
  EXPECT_TRUE(is_refused(tar, 1 << 19));
  EXPECT_FALSE(is_refused(tar, tar.size()));
}

TEST_F(Tar, CountsTheHolesOfASparseFile) {
  const auto sparse = folder_.path() / "holes.bin";
  write_plainly(sparse, "");
  std::filesystem::resize_file(sparse, 1 << 26);
  const std::string command =
      fmt::format("tar -C '{}' --sparse -czf '{}' holes.bin", folder_.path().string(), archive().string());
  if (std::system(command.c_str()) != 0) GTEST_SKIP() << "there is no tar program here";
  EXPECT_THROW(unpack_tar_gz(archive(), out(), 1 << 27), FormatError);  // nothing but a hole
  std::ofstream(sparse, std::ios::app) << "end";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_THROW(unpack_tar_gz(archive(), out(), 1 << 26), FormatError);
  EXPECT_TRUE(std::filesystem::is_empty(out()));
  unpack_tar_gz(archive(), out(), 1 << 27);
  EXPECT_EQ(read_file(out() / "holes.bin"), std::string(1 << 26, '\0') + "end");
}

TEST_F(Tar, StopsAtTooManyFiles) {
  std::string tar;
  for (int i = 0; i < 1001; ++i) tar += member(fmt::format("{}.bin", i), "");
  EXPECT_TRUE(is_refused(tar + kEndMark));
}

TEST_F(Tar, SaysThatItCannotWrite) {
  write_file(out(), "a file where the folder should be");
  EXPECT_THROW(unpack(member("a.bin", "x") + kEndMark), FileError);
}

TEST_F(Tar, IsUnpackedAfterTheDownload) {
  const std::filesystem::path folder = folder_.path() / "data", batch = folder / "batches" / "test_batch.bin";
  const std::string packed = pack(member("batches/test_batch.bin", "pixels") +
                                  member("batches/data_batch_1.bin", "more pixels") + kEndMark);
  LoopbackServer server;
  server.offer("small.tar.gz", packed);
  const data::RemoteSet set{"cifar10",
                            "",
                            {{"small.tar.gz", {server.address()}, sha256_of(packed), packed.size()}},
                            {{"batches/test_batch.bin", 6}, {"batches/data_batch_1.bin", 11}}};
  const data::Fetched fetched = data::fetch(set, folder);
  EXPECT_EQ(fetched.folder, folder / "batches");
  EXPECT_EQ(fetched.downloaded, std::vector<std::string>{"small.tar.gz"});
  EXPECT_EQ(read_file(batch), "pixels");

  // Complete: neither unpacked again nor, without the archive, fetched again.
  const auto written = std::filesystem::last_write_time(batch);
  EXPECT_TRUE(data::fetch(set, folder).downloaded.empty());
  std::filesystem::remove(folder / "small.tar.gz");
  const data::Fetched again = data::fetch(set, folder);
  EXPECT_EQ(again.folder, folder / "batches");
  EXPECT_TRUE(again.downloaded.empty());
  EXPECT_EQ(std::filesystem::last_write_time(batch), written);
  EXPECT_EQ(server.requests().size(), 1u);

  // One file cut off, another missing: each time the archive is wanted again.
  write_plainly(batch, "pix");
  EXPECT_EQ(data::fetch(set, folder).downloaded.size(), 1u);
  EXPECT_EQ(read_file(batch), "pixels");
  std::filesystem::remove(folder / "batches" / "data_batch_1.bin");
  EXPECT_TRUE(data::fetch(set, folder).downloaded.empty());  // the archive is there
  EXPECT_EQ(read_file(folder / "batches" / "data_batch_1.bin"), "more pixels");
}

}  // namespace
}  // namespace fathom::io
