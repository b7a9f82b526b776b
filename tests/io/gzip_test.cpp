#include <gtest/gtest.h>

#include <fstream>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/gzip.hpp"
#include "gzip_program.hpp"
#include "temporary_folder.hpp"

namespace fathom {
namespace {

constexpr std::uint64_t kPlenty = 1 << 24;

class Gunzip : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "data.gz"; }

  std::string refusal(const std::string& bytes, std::uint64_t limit = kPlenty) const {
    std::ofstream(path(), std::ios::binary) << bytes;  // hundreds of files need not be flushed to the disk
    try {
      io::gunzip_file(path(), limit);
    } catch (const FormatError& error) {
      return error.what();
    }
    return "accepted";
  }

  TemporaryFolder folder_;
};

/// Text that packs to more than a few bytes.
std::string varied(std::size_t length) {
  std::string text;
  for (unsigned state = 1; text.size() < length; state = state * 1664525u + 1013904223u) {
    text += static_cast<char>('a' + (state >> 28));
  }
  return text;
}

TEST_F(Gunzip, ReadsBackWhatWasPacked) {
  for (const std::size_t length : {0, 1, 1000, 65536, 65537, 1000000}) {
    const std::string content = varied(length);
    io::write_file(path(), gzip(content));
    EXPECT_EQ(io::gunzip_file(path(), kPlenty), content) << length;
  }
}

TEST_F(Gunzip, ReadsMembersOneAfterTheOther) {
  const std::string block = varied(65536);  // fills a block of output exactly
  io::write_file(path(), gzip(block) + gzip("") + gzip("end"));
  const std::string content = io::gunzip_file(path(), kPlenty);
  EXPECT_EQ(content.substr(0, block.size()), block);
  EXPECT_EQ(content.substr(block.size()), "end");
}

TEST_F(Gunzip, RefusesEveryTruncation) {
  const std::string bytes = gzip(varied(300));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_NE(refusal(bytes.substr(0, length)), "accepted") << length;
  }
  const std::string cut = refusal(bytes.substr(0, 50));
  EXPECT_NE(cut.find("file ends after 50 bytes, within the compressed data"), cut.npos) << cut;
}

TEST_F(Gunzip, RefusesEveryFlippedByteOfDataAndChecksum) {
  const std::string bytes = gzip(varied(300));
  constexpr std::size_t header = 10;  // its date, system and level change nothing
  for (std::size_t at = header; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    ASSERT_NE(refusal(damaged), "accepted") << at;
  }
}

TEST_F(Gunzip, SaysWhatIsWrong) {
  const std::string name = "cannot read '" + path().string() + "': ";
  EXPECT_EQ(refusal(""), name + "the file is empty");
  EXPECT_EQ(refusal("plain text"), name + "not a gzip file");
  EXPECT_EQ(refusal(gzip("data") + "garbage"),
            name + "data that is not gzip follows the compressed data (damaged?)");
  EXPECT_EQ(refusal(gzip(std::string(1001, 'x')), 1000),
            name + "it unpacks to more than the limit of 1,000 bytes");
  EXPECT_EQ(refusal(gzip(std::string(1000, 'x')), 1000), "accepted");
}

TEST_F(Gunzip, IgnoresZerosBehindTheDataAsGzipDoes) {
  // More zeros than a block that is read at once holds, and so few that they end within one.
  for (const std::size_t zeros : {1, 511, 65536, 200000}) {
    io::write_file(path(), gzip("data") + gzip("more") + std::string(zeros, '\0'));
    EXPECT_EQ(io::gunzip_file(path(), kPlenty), "datamore") << zeros;
  }
}

TEST_F(Gunzip, RefusesEverythingElseBehindTheData) {
  const std::string refused = "data that is not gzip follows the compressed data (damaged?)";
  for (const std::size_t zeros : {0, 1, 70000, 140000}) {
    const std::string padded = gzip("data") + std::string(zeros, '\0');
    EXPECT_NE(refusal(padded + "x").find(refused), std::string::npos) << zeros;
    EXPECT_NE(refusal(padded + "x" + std::string(100000, '\0')).find(refused), std::string::npos) << zeros;
    // gzip(1) does not unpack a member behind zeros either.
    if (zeros > 0) {
      EXPECT_NE(refusal(padded + gzip("more")).find(refused), std::string::npos) << zeros;
    }
  }
  EXPECT_NE(refusal(std::string(100, '\0')).find("not a gzip file"), std::string::npos);
}

TEST_F(Gunzip, StopsASmallFileThatGrowsLarge) {
  const std::string bomb = gzip(std::string(30000000, '\0'));
  ASSERT_LT(bomb.size(), 40000u);
  io::write_file(path(), bomb);
  EXPECT_THROW(io::gunzip_file(path(), 100000), FormatError);
}

TEST_F(Gunzip, NamesAMissingFile) {
  EXPECT_THROW(io::gunzip_file(folder_.path() / "none.gz", kPlenty), FileError);
}

}  // namespace
}  // namespace fathom
