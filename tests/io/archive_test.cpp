#include "fathom/io/archive.hpp"

#include <gtest/gtest.h>
#include <torch/script.h>

#include <array>
#include <sstream>

#include "fathom/core/error.hpp"

namespace fathom {
namespace {

const std::string kCard = "{\"classes\": [\"cat\", \"dog\"]}";

/// A TorchScript archive with one parameter and one extra file.
std::string torchscript_archive() {
  torch::jit::Module module("net");
  module.register_parameter("weight", torch::arange(6, torch::kFloat32), false);
  module.define("def forward(self, x):\n    return x * self.weight\n");
  std::ostringstream stream;
  module.save(stream, {{"fathom.json", kCard}});
  return stream.str();
}

bool is_accepted(const std::string& bytes) {
  try {
    io::verify_archive(bytes, "cannot read model");
    return true;
  } catch (const FormatError&) {
    return false;
  }
}

std::string refusal(const std::string& bytes) {
  try {
    io::verify_archive(bytes, "cannot read model 'cnn.pt'");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

/// All that a reader would take from the archive.
std::vector<std::optional<std::string>> contents(const std::string& bytes) {
  std::vector<std::optional<std::string>> all;
  for (const char* name :
       {"data.pkl", "data/0", "constants.pkl", "version", "extra/fathom.json", "code/__torch__.py"}) {
    all.push_back(io::archive_member(bytes, name, 1 << 20, "cannot read"));
  }
  return all;
}

/// What LibTorch makes of the archive: the parameter, or nothing where it refuses on its own account.
std::optional<torch::Tensor> weight_read_by_torch(const std::string& bytes) {
  std::istringstream stream(bytes);
  try {
    return torch::jit::load(stream).attr("weight").toTensor();
  } catch (const c10::Error&) {
    return std::nullopt;
  }
}

TEST(Archive, AcceptsWhatLibTorchWrites) {
  const std::string bytes = torchscript_archive();
  EXPECT_NO_THROW(io::verify_archive(bytes, "cannot read model"));
  const auto weight = weight_read_by_torch(bytes);
  ASSERT_TRUE(weight);
  EXPECT_TRUE(torch::equal(*weight, torch::arange(6, torch::kFloat32)));
}

TEST(Archive, FindsAMemberByTheEndOfItsName) {
  const std::string bytes = torchscript_archive();
  EXPECT_EQ(io::archive_member(bytes, "fathom.json", 1 << 20, "cannot read"), kCard);
  EXPECT_EQ(io::archive_member(bytes, "extra/fathom.json", 1 << 20, "cannot read"), kCard);
  EXPECT_EQ(io::archive_member(bytes, "json", 1 << 20, "cannot read"),
            std::nullopt);  // an ending, but no whole part of a name
  EXPECT_EQ(io::archive_member(bytes, "card.json", 1 << 20, "cannot read"), std::nullopt);
  const auto weight = io::archive_member(bytes, "data/0", 1 << 20, "cannot read");
  ASSERT_TRUE(weight);
  ASSERT_EQ(weight->size(), 6 * sizeof(float));
  EXPECT_EQ(reinterpret_cast<const float*>(weight->data())[5], 5.0f);
}

TEST(Archive, EveryFlippedByteIsRefusedOrChangesNothing) {
  const std::string bytes = torchscript_archive();
  const auto before = contents(bytes);
  for (const auto& member : before) ASSERT_TRUE(member);
  int refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char flip : {'\x01', '\x10', '\xff'}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      if (!is_accepted(damaged)) {
        ++refused;
        continue;
      }
      ASSERT_EQ(contents(damaged), before) << "byte " << at << " flipped by " << static_cast<int>(flip);
      const auto weight = weight_read_by_torch(damaged);
      ASSERT_TRUE(!weight || torch::equal(*weight, torch::arange(6, torch::kFloat32))) << "byte " << at;
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(Archive, RefusesAMemberThatIsMarkedAsAFolder) {
  std::string bytes = torchscript_archive();
  // The last place of the name is in the archive's directory; the attributes stand 8 bytes before it.
  const std::size_t attributes = bytes.rfind("archive/data/0") - 8;
  ASSERT_EQ(bytes[attributes], '\0');
  bytes[attributes] = '\x10';
  const std::string text = refusal(bytes);
  EXPECT_NE(text.find("member 'archive/data/0' of the archive is damaged: it is marked as a folder"),
            text.npos)
      << text;
}

TEST(Archive, EveryTruncationIsRefused) {
  const std::string bytes = torchscript_archive();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_FALSE(is_accepted(bytes.substr(0, length))) << length;
  }
}

TEST(Archive, SaysWhatIsWrong) {
  const std::string bytes = torchscript_archive();
  EXPECT_EQ(refusal(""), "cannot read model 'cnn.pt': the file is empty");
  EXPECT_EQ(refusal("not a model at all"),
            "cannot read model 'cnn.pt': not a zip archive (TorchScript files are zip archives)");
  const std::string cut = refusal(bytes.substr(0, bytes.size() / 2));
  EXPECT_NE(cut.find("truncated after"), cut.npos) << cut;
  std::string damaged = bytes;
  damaged[damaged.find("cat")] = 'b';
  const std::string changed = refusal(damaged);
  EXPECT_NE(changed.find("extra/fathom.json' of the archive is damaged"), changed.npos) << changed;
  EXPECT_THROW(io::archive_member(damaged, "fathom.json", 1 << 20, "cannot read"), FormatError);
}

TEST(Archive, RefusesAnArchiveOfNothing) {
  const std::string empty("PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
  EXPECT_FALSE(is_accepted(empty));
  EXPECT_FALSE(is_accepted(std::string(100000, '\0')));
}

}  // namespace
}  // namespace fathom
