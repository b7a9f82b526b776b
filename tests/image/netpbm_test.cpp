#include <gtest/gtest.h>

#include <cmath>

#include "fathom/core/error.hpp"
#include "fathom/image/mask.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::image {
namespace {

std::vector<int> netpbm_values(const torch::Tensor& picture) {
  const torch::Tensor flat = picture.contiguous().view({-1}).to(torch::kInt);
  return {flat.data_ptr<int>(), flat.data_ptr<int>() + flat.numel()};
}

std::vector<int> levels_of(const std::string& bytes) { return netpbm_values(decode_picture(bytes, "test")); }

std::string netpbm_refusal(const std::string& bytes) {
  try {
    decode_picture(bytes, "test.pgm");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

/// A sample as the format stores it.
std::string stored(int sample, int largest) {
  std::string bytes(1, static_cast<char>(sample & 0xff));
  if (largest > 255) bytes.insert(bytes.begin(), static_cast<char>(sample >> 8));
  return bytes;
}

TEST(Netpbm, AnyLargestValueIsWhiteAndAllBelowItInProportion) {
  for (const int largest :
       {1, 2, 3, 10, 100, 127, 254, 255, 256, 257, 1000, 1023, 4095, 32768, 65534, 65535}) {
    std::vector<int> samples = {0, 1, largest / 3, largest / 2, largest - 1, largest}, expected;
    std::string text, binary;
    for (const int sample : samples) {
      expected.push_back(static_cast<int>(std::floor(255. * sample / largest + 0.5)));
      text += std::to_string(sample) + "\n";
      binary += stored(sample, largest);
    }
    const std::string most = std::to_string(largest) + "\n";
    EXPECT_EQ(levels_of("P5\n6 1\n" + most + binary), expected) << largest;
    EXPECT_EQ(levels_of("P2\n6 1\n" + most + text), expected) << largest;
    const std::string pam = "P7\nWIDTH 6\nHEIGHT 1\nDEPTH 1\nMAXVAL " + most + "TUPLTYPE GRAYSCALE\nENDHDR\n";
    EXPECT_EQ(levels_of(pam + binary), expected) << largest;
    // Two pixels of three colours: reds first in a tensor.
    const std::vector<int> planes = {expected[0], expected[3], expected[1],
                                     expected[4], expected[2], expected[5]};
    EXPECT_EQ(levels_of("P6\n2 1\n" + most + binary), planes) << largest;
    EXPECT_EQ(levels_of("P3\n2 1\n" + most + text), planes) << largest;
  }
}

TEST(Netpbm, BitsOfAPbmAreBlackWhereTheyAreOne) {
  EXPECT_EQ(levels_of("P1\n# bits need not be apart\n3 2\n0101 0\n1"),
            (std::vector<int>{255, 0, 255, 0, 255, 0}));
  // Rows of nine bits fill two bytes each.
  std::vector<int> expected(18, 255);
  expected[0] = expected[8] = expected[10] = 0;
  EXPECT_EQ(levels_of("P4\n9 2\n" + std::string("\x80\x80\x40\x7f", 4)), expected);
  EXPECT_EQ(levels_of("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n" +
                      std::string("\0\1", 2)),
            (std::vector<int>{0, 255}));  // unlike PBM
}

TEST(Netpbm, TheOpacityOfAPamIsLaidOverWhite) {
  const auto pam = [](const std::string& type, int depth, int largest) {
    return "P7\n# a comment\nWIDTH 1\nHEIGHT 1\nDEPTH " + std::to_string(depth) + "\nMAXVAL " +
           std::to_string(largest) + "\n" + (type.empty() ? "" : "TUPLTYPE " + type + "\n") + "ENDHDR\n";
  };
  // A fifth of 200, 100, 50 and four fifths of 255.
  for (const std::string type : {"RGB_ALPHA", ""})
    EXPECT_EQ(levels_of(pam(type, 4, 255) + "\xc8\x64\x32\x33"), (std::vector<int>{244, 224, 214})) << type;
  for (const std::string type : {"GRAYSCALE_ALPHA", ""})
    EXPECT_EQ(levels_of(pam(type, 2, 255) + "\x64\x33"), std::vector<int>{224}) << type;
  EXPECT_EQ(levels_of(pam("GRAYSCALE_ALPHA", 2, 65535) + "\x64\x64\x33\x33"), std::vector<int>{224});
  EXPECT_EQ(levels_of(pam("GRAYSCALE_ALPHA", 2, 5) + "\x02\x01"), std::vector<int>{224});  // 2/5, 1/5
  EXPECT_NE(netpbm_refusal(pam("CMYK", 4, 255) + "abcd").find("'CMYK' with a depth of 4 is neither grey nor"),
            std::string::npos);
  EXPECT_NE(netpbm_refusal(pam("RGB", 1, 255) + "a").find("neither grey nor RGB"), std::string::npos);
}

TEST(Netpbm, DamageIsRefused) {
  EXPECT_NE(netpbm_refusal("P5\n2 1\n100\n\x64\x65").find("a sample is 101, but its header gives 100"),
            std::string::npos);
  EXPECT_NE(netpbm_refusal("P2\n2 1\n1000\n1000 1001\n").find("a sample is 1001"), std::string::npos);
  EXPECT_NE(netpbm_refusal("P5\n1 1\n0\n\1").find("gives 0 as the largest sample"), std::string::npos);
  EXPECT_NE(netpbm_refusal("P5\n1 1\n65536\n\1\1").find("gives 65536 as the largest sample"),
            std::string::npos);
  EXPECT_NE(netpbm_refusal("P1\n2 1\n12").find("neither 0 nor 1"), std::string::npos);
  EXPECT_NE(netpbm_refusal("P2\n2 1\n9\n1 x").find("a number is missing"), std::string::npos);
  EXPECT_NE(netpbm_refusal("P5\nx 1\n9\n1").find("a number is missing"), std::string::npos);
  EXPECT_NE(netpbm_refusal("P7\nWIDTH x\nENDHDR\n").find("PAM header is damaged"), std::string::npos);
  EXPECT_NE(netpbm_refusal("P7\nENDHDR\n").find("neither grey nor RGB"), std::string::npos);
}

TEST(Netpbm, EveryTruncationIsRefused) {
  for (const std::string& whole :
       {"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n" + std::string(12, 'x'),
        std::string("P3\n1 2\n9\n1 2 3 4 5 6"), "P5\n2 2\n999\n" + std::string(8, '\1')}) {
    EXPECT_EQ(netpbm_refusal(whole), "accepted");
    for (std::size_t length = 0; length < whole.size(); ++length)
      EXPECT_NE(netpbm_refusal(whole.substr(0, length)), "accepted") << whole.substr(0, 2) << ' ' << length;
  }
}

}  // namespace
}  // namespace fathom::image
