#include "fathom/data/idx.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"
#include "io/stored_deflate.hpp"
#include "temporary_folder.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

const fs::path kFashion = "/usr/share/datasets/fashion-mnist";

std::string idx_header(const std::vector<std::uint32_t>& shape, char type = 0x08) {
  std::string header{0, 0, type, static_cast<char>(shape.size())};
  for (const std::uint32_t extent : shape) header += big32(extent);
  return header;
}

std::string counting(std::size_t length) {
  std::string bytes(length, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  return bytes;
}

class Idx : public ::testing::Test {
 protected:
  fs::path file(const std::string& bytes, const std::string& name = "file") const {
    write_bytes(folder_.path() / name, bytes);
    return folder_.path() / name;
  }
  /// Reading `bytes` fails with a FormatError that names the file and contains `reason`.
  void expect_refused(const std::string& bytes, const std::string& reason) const {
    const fs::path path = file(bytes);
    try {
      read_idx(path);
      ADD_FAILURE() << "accepted; expected: " << reason;
    } catch (const FormatError& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find(path.string()), std::string::npos) << text;
      EXPECT_NE(text.find(reason), std::string::npos) << text;
    }
  }
  TemporaryFolder folder_;
};

TEST_F(Idx, ReadsTheShapeAndTheBytes) {
  const torch::Tensor read = read_idx(file(idx_header({2, 3}) + counting(6)));
  EXPECT_TRUE(read.equal(torch::arange(6, torch::kUInt8).view({2, 3})));
}

TEST_F(Idx, ReadsPackedFilesWhateverTheirName) {
  const std::string bytes = idx_header({2, 2, 2}) + counting(8);
  EXPECT_TRUE(
      read_idx(file(gzip_of(bytes), "packed-without-ending")).equal(read_idx(file(bytes, "plain.gz"))));
}

TEST_F(Idx, EveryTruncationIsRefused) {
  const std::string bytes = idx_header({2, 2, 2}) + counting(8), packed = gzip_of(bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(read_idx(file(bytes.substr(0, length))), FormatError) << length;
  }
  for (std::size_t length = 0; length < packed.size(); ++length) {
    EXPECT_THROW(read_idx(file(packed.substr(0, length))), FormatError) << length;
  }
}

TEST_F(Idx, SaysWhereAFileEnds) {
  expect_refused(idx_header({10, 28, 28}) + counting(1000), "file ends after 1,016 of 7,856 bytes");
  expect_refused(gzip_of(idx_header({10, 28, 28}) + counting(1000)), "file ends after 1,016 of 7,856 bytes");
}

TEST_F(Idx, BytesLeftOverAreRefused) {
  expect_refused(idx_header({2, 2}) + counting(5), "1 bytes follow");
  expect_refused(gzip_of(idx_header({2, 2}) + counting(5)), "more than the limit of 16 bytes");
}

TEST_F(Idx, AnEmptyFileIsRefused) {
  expect_refused("", "empty");
  expect_refused(gzip_of(""), "the compressed file is empty");
}

TEST_F(Idx, AnotherMagicIsRefused) {
  expect_refused("\x89PNG\r\n\x1a\n and more of a picture", "not an idx file");
  expect_refused(std::string("\0\1\x08\1\0\0\0\1x", 9), "not an idx file");
}

TEST_F(Idx, AnotherTypeIsRefused) { expect_refused(idx_header({1}, 0x0d) + counting(4), "type 0x0d"); }

TEST_F(Idx, ImpossibleDimensionsAreRefused) {
  expect_refused(idx_header({}) + counting(40), "0 dimensions");
  expect_refused(idx_header({1, 1, 1, 1, 1, 1, 1, 1, 1}) + counting(1), "9 dimensions");
  expect_refused(idx_header({0, 28, 28}) + counting(40), "no data");
}

// An allocation of what these headers promise would end in std::bad_alloc or an error of LibTorch's.
TEST_F(Idx, AHeaderOfTwoBillionImagesAllocatesNothing) {
  const std::string bytes = idx_header({1u << 31, 28, 28}) + counting(100);
  expect_refused(bytes, "file ends after 116 of 1,683,627,180,048 bytes");
  expect_refused(gzip_of(bytes), "declares 1,683,627,180,048 bytes");
}

TEST_F(Idx, AHeaderWhoseProductOverflowsIsRefused) {
  const std::string bytes = idx_header({0xffffffff, 0xffffffff, 0xffffffff}) + counting(100);
  expect_refused(bytes, "file ends after 116");
  expect_refused(gzip_of(bytes), "more than");
  // 2^32 * 2^32 wraps round to 0 in 64 bits.
  expect_refused(idx_header({1u << 31, 1u << 31, 4}), "file ends after 16");
}

TEST_F(Idx, AnyDamagedByteOfAPackedFileIsNoticedOrHarmless) {
  const std::string packed = gzip_of(idx_header({2, 2, 2}) + counting(8));
  const torch::Tensor intact = read_idx(file(packed));
  for (std::size_t at = 0; at < packed.size(); ++at) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    try {
      EXPECT_TRUE(read_idx(file(damaged)).equal(intact)) << at;  // time stamp and the like
    } catch (const FormatError&) {
    }
  }
}

TEST_F(Idx, ADamagedRealFileIsRefused) {
  std::string packed = io::read_file(kFashion / "t10k-labels-idx1-ubyte.gz");
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x10);
  expect_refused(packed, "cannot read");
  expect_refused(io::read_file(kFashion / "t10k-labels-idx1-ubyte.gz").substr(0, 3000), "cannot read");
}

TEST_F(Idx, AMissingFileIsAnErrorOfItsOwn) {
  EXPECT_THROW(read_idx(folder_.path() / "missing"), FileError);
  EXPECT_THROW(read_idx(folder_.path()), FileError);
}

TEST_F(Idx, ASetGetsAChannelAndItsNames) {
  const fs::path images = file(idx_header({2, 1, 3}) + counting(6), "images");
  const fs::path labels = file(idx_header({2}) + std::string{1, 0}, "labels");
  const ImageSet set = read_idx_set({images, labels}, {"cat", "dog"}, "pets");
  EXPECT_EQ(set.images.sizes(), torch::IntArrayRef({2, 1, 1, 3}));
  EXPECT_TRUE(set.labels.equal(torch::tensor({1, 0}, torch::kInt64)));
  EXPECT_EQ(set.classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(set.name, "pets");
}

TEST_F(Idx, FilesThatDoNotBelongTogetherAreRefused) {
  const fs::path images = file(idx_header({2, 1, 3}) + counting(6), "images");
  const fs::path three = file(idx_header({3}) + std::string{0, 0, 0}, "three");
  const fs::path unnamed = file(idx_header({2}) + std::string{0, 2}, "unnamed");
  const fs::path fine = file(idx_header({2}) + std::string{0, 1}, "fine");
  const std::vector<std::string> classes{"cat", "dog"};
  EXPECT_NO_THROW(read_idx_set({images, fine}, classes, "pets"));
  EXPECT_THROW(read_idx_set({images, three}, classes, "pets"), FormatError);
  EXPECT_THROW(read_idx_set({images, unnamed}, classes, "pets"), FormatError);
  EXPECT_THROW(read_idx_set({fine, fine}, classes, "pets"), FormatError);
  EXPECT_THROW(read_idx_set({images, images}, classes, "pets"), FormatError);
  EXPECT_THROW(read_idx_set({images}, classes, "pets"), InvalidArgument);
}

TEST_F(Idx, PicturesAreNotReadWhereTheLabelsAreFewer) {
  // The pictures are damaged, but it is their number that is refused.
  const fs::path images = file(idx_header({100'000, 28, 28}), "images");
  const fs::path labels = file(idx_header({2}) + std::string{0, 1}, "labels");
  try {
    read_idx_set({images, labels}, {"cat", "dog"}, "pets");
    FAIL();
  } catch (const FormatError& e) {
    EXPECT_NE(std::string(e.what()).find("do not belong together: 100000 images, but 2 labels"),
              std::string::npos)
        << e.what();
  }
}

TEST(IdxOfFashionMnist, HasItsSizesAndFirstLabels) {
  const torch::Tensor images = read_idx(kFashion / "t10k-images-idx3-ubyte.gz");
  EXPECT_EQ(images.sizes(), torch::IntArrayRef({10000, 28, 28}));
  const torch::Tensor labels = read_idx(kFashion / "t10k-labels-idx1-ubyte.gz");
  EXPECT_EQ(labels.sizes(), torch::IntArrayRef({10000}));
  EXPECT_TRUE(labels.slice(0, 0, 10).equal(torch::tensor({9, 2, 1, 1, 6, 1, 4, 6, 5, 7}, torch::kUInt8)));
}

}  // namespace
}  // namespace fathom::data
