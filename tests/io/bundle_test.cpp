#include "fathom/io/bundle.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"

namespace fathom {
namespace {

io::Bundle example() {
  return {R"({"step": 17})",
          {{"weights", torch::tensor({1.5F, -2.0F})}, {"counts", torch::tensor({{3}, {4}}, torch::kLong)}}};
}

TEST(Bundle, ComesBackAsItWas) {
  const io::Bundle back = io::bundle_from_bytes(io::to_bytes(example()), "cannot read");
  EXPECT_EQ(back.text, example().text);
  ASSERT_EQ(back.tensors.size(), 2U);
  for (const auto& [name, tensor] : example().tensors) {
    EXPECT_TRUE(back.tensors.at(name).equal(tensor)) << name;
    EXPECT_EQ(back.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
  }
}

TEST(Bundle, TheSameGivesTheSameBytes) { EXPECT_EQ(io::to_bytes(example()), io::to_bytes(example())); }

TEST(Bundle, IsRefusedWhereItIsDamaged) {
  const std::string whole = io::to_bytes(example());
  for (std::size_t length = 0; length < whole.size(); length += 7)
    EXPECT_THROW(io::bundle_from_bytes(whole.substr(0, length), "cannot read"), FormatError) << length;
  try {
    io::bundle_from_bytes("something else", "cannot resume");
    FAIL();
  } catch (const FormatError& e) {
    EXPECT_EQ(std::string(e.what()).rfind("cannot resume", 0), 0U) << e.what();
  }
}

}  // namespace
}  // namespace fathom
