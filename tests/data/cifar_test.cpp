#include "fathom/data/cifar.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "io/stored_deflate.hpp"
#include "temporary_folder.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

/// A picture of one colour.
std::string record(int label, int red, int green, int blue) {
  std::string bytes(1, static_cast<char>(label));
  for (const int plane : {red, green, blue}) bytes += std::string(1024, static_cast<char>(plane));
  return bytes;
}

const std::vector<std::string> kClasses = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};

class Cifar : public ::testing::Test {
 protected:
  fs::path file(const std::string& bytes, const std::string& name = "batch.bin") const {
    write_bytes(folder_.path() / name, bytes);
    return folder_.path() / name;
  }
  TemporaryFolder folder_;
};

TEST_F(Cifar, PlanesAreRedGreenBlue) {
  const ImageSet set = read_cifar10({file(record(3, 200, 100, 50) + record(9, 1, 2, 255))}, kClasses, "pets");
  ASSERT_EQ(set.images.sizes(), torch::IntArrayRef({2, 3, 32, 32}));
  EXPECT_TRUE(set.labels.equal(torch::tensor({3, 9}, torch::kInt64)));
  EXPECT_TRUE((set.images[0][0] == 200).all().item<bool>());
  EXPECT_TRUE((set.images[0][1] == 100).all().item<bool>());
  EXPECT_TRUE((set.images[0][2] == 50).all().item<bool>());
  EXPECT_TRUE((set.images[1][2] == 255).all().item<bool>());
}

TEST_F(Cifar, RowsFollowEachOther) {
  std::string bytes = record(0, 0, 0, 0);
  bytes[1 + 32 * 2 + 5] = 77;  // red, row 2, column 5
  EXPECT_EQ(read_cifar10({file(bytes)}, kClasses, "pets").images[0][0][2][5].item<int>(), 77);
}

TEST_F(Cifar, FilesAreReadInTurn) {
  const ImageSet set =
      read_cifar10({file(record(4, 1, 1, 1), "a"), file(record(2, 2, 2, 2), "b")}, kClasses, "pets");
  EXPECT_TRUE(set.labels.equal(torch::tensor({4, 2}, torch::kInt64)));
  EXPECT_EQ(set.images[1][0][0][0].item<int>(), 2);
}

TEST_F(Cifar, ASetGetsItsNames) {
  const ImageSet set = read_cifar10({file(record(0, 0, 0, 0))}, kClasses, "pets");
  EXPECT_EQ(set.classes, kClasses);
  EXPECT_EQ(set.name, "pets");
}

TEST_F(Cifar, AnyOtherLengthIsRefused) {
  const std::string whole = record(1, 1, 1, 1);
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{3072}}) {
    EXPECT_THROW(read_cifar10({file(whole.substr(0, length))}, kClasses, "pets"), FormatError) << length;
  }
  EXPECT_THROW(read_cifar10({file(whole + 'x')}, kClasses, "pets"), FormatError);
}

TEST_F(Cifar, ALabelWithoutAClassIsRefusedWithItsPlace) {
  for (const int label : {10, 255}) {
    try {
      read_cifar10({file(record(9, 0, 0, 0) + record(label, 0, 0, 0))}, kClasses, "pets");
      ADD_FAILURE() << "accepted " << label;
    } catch (const FormatError& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find("image 1 has label " + std::to_string(label)), std::string::npos) << text;
      EXPECT_NE(text.find("batch.bin"), std::string::npos) << text;
    }
  }
}

TEST_F(Cifar, MissingFilesAreErrors) {
  EXPECT_THROW(read_cifar10({folder_.path() / "missing.bin"}, kClasses, "pets"), FileError);
  EXPECT_THROW(read_cifar10({}, kClasses, "pets"), InvalidArgument);
}

}  // namespace
}  // namespace fathom::data
