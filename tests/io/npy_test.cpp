#include "fathom/io/npy.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"
#include "temporary_folder.hpp"

namespace fathom {
namespace {

class Npy : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "array.npy"; }

  /// A file with this header and this many bytes of data.
  void write_by_hand(const std::string& fields, std::size_t data) const {
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(fields.size() & 0xff);
    bytes += static_cast<char>(fields.size() >> 8);
    io::write_file(path(), bytes + fields + std::string(data, '\x01'));
  }

  TemporaryFolder folder_;
};

TEST_F(Npy, WritesTheDocumentedBytes) {
  io::write_npy(path(), torch::tensor({{1, 2, 3}, {4, 5, 6}}, torch::kUInt8));
  std::string fields = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
  fields.resize(128 - 10 - 1, ' ');                             // so that the data begin at a multiple of 64
  const std::string preamble("\x93NUMPY\x01\x00\x76\x00", 10);  // 0x76 = 118 bytes of header follow
  EXPECT_EQ(io::read_file(path()), preamble + fields + "\n\x01\x02\x03\x04\x05\x06");
}

TEST_F(Npy, ReadsBackEveryTypeAndShape) {
  const std::vector<std::vector<std::int64_t>> shapes = {{}, {1}, {7}, {2, 3}, {2, 0, 3}, {2, 3, 4, 5}};
  for (const auto type : {torch::kFloat32, torch::kFloat64, torch::kInt64, torch::kUInt8}) {
    for (const auto& shape : shapes) {
      const torch::Tensor array = torch::randint(0, 255, shape, torch::kFloat64).to(type);
      io::write_npy(path(), array);
      const torch::Tensor back = io::read_npy(path());
      ASSERT_EQ(back.scalar_type(), type);
      ASSERT_EQ(back.sizes(), array.sizes());
      ASSERT_TRUE(torch::equal(back, array));
    }
  }
}

TEST_F(Npy, WritesAViewInItsOwnOrder) {
  const torch::Tensor turned = torch::arange(6, torch::kInt64).view({2, 3}).t();
  io::write_npy(path(), turned);
  EXPECT_TRUE(torch::equal(io::read_npy(path()), turned));
}

TEST_F(Npy, WritesAnArrayThatHasAGradient) {
  io::write_npy(path(), torch::ones({2}, torch::requires_grad()));
  EXPECT_TRUE(torch::equal(io::read_npy(path()), torch::ones({2})));
}

TEST_F(Npy, RefusesOtherTypes) {
  EXPECT_THROW(io::write_npy(path(), torch::zeros({2}, torch::kInt32)), InvalidArgument);
  EXPECT_THROW(io::write_npy(path(), torch::zeros({2}, torch::kBool)), InvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(Npy, RefusesEveryTruncation) {
  io::write_npy(path(), torch::arange(4, torch::kFloat32));
  const std::string bytes = io::read_file(path());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    std::ofstream(path(), std::ios::binary) << bytes.substr(0, length);
    ASSERT_THROW(io::read_npy(path()), FormatError) << length;
  }
  io::write_file(path(), bytes + "x");
  EXPECT_THROW(io::read_npy(path()), FormatError);
}

TEST_F(Npy, RefusesOtherContentsAndHostileHeaders) {
  io::write_file(path(), "P6 2 2 255 no array");
  EXPECT_THROW(io::read_npy(path()), FormatError);
  const auto header = [](const std::string& type, const std::string& order, const std::string& shape) {
    return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  };
  write_by_hand(header("<f4", "False", "(2,)"), 8);
  EXPECT_EQ(io::read_npy(path()).numel(), 2);  // the form itself is right
  write_by_hand(header("<i4", "False", "(2,)"), 8);
  EXPECT_THROW(io::read_npy(path()), FormatError);
  write_by_hand(header(">f4", "False", "(2,)"), 8);
  EXPECT_THROW(io::read_npy(path()), FormatError);
  write_by_hand(header("<f4", "True", "(2,)"), 8);
  EXPECT_THROW(io::read_npy(path()), FormatError);
  std::string deep = "(";
  for (int i = 0; i < 40; ++i) deep += "1, ";
  for (const std::string shape :
       {"(-2,)", "(2", "2", "", "(4611686018427387904, 4)", "(0, 9223372036854775807, 9223372036854775807)",
        "(99999999999999999999,)", "(1000000000000,)", "(0x2,)"}) {
    write_by_hand(header("<f4", "False", shape), 8);
    EXPECT_THROW(io::read_npy(path()), FormatError) << shape;
  }
  write_by_hand(header("<f4", "False", deep + ")"), 4);
  EXPECT_THROW(io::read_npy(path()), FormatError);
  write_by_hand("'descr':", 0);
  EXPECT_THROW(io::read_npy(path()), FormatError);
}

TEST_F(Npy, NamesAMissingFile) { EXPECT_THROW(io::read_npy(folder_.path() / "none.npy"), FileError); }

}  // namespace
}  // namespace fathom
