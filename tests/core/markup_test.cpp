#include "fathom/core/markup.hpp"

#include <gtest/gtest.h>

namespace fathom {
namespace {

TEST(Markup, EscapesWhatWouldEndAnElementOrAnAttribute) {
  EXPECT_EQ(xml_escaped("a<b> & \"c\"\n"), "a&lt;b&gt; &amp; &quot;c&quot; ");
  EXPECT_EQ(xml_escaped("T-shirt/top 98 %"), "T-shirt/top 98 %");
}

TEST(Markup, ReplacesBytesThatAreNoText) { EXPECT_EQ(xml_escaped("ö\xff<"), "ö\uFFFD&lt;"); }

TEST(Markup, Base64HasTheTestVectorsOfItsStandard) {  // RFC 4648, section 10
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\xff\x00\xfe", 3)), "/wD+");
}

}  // namespace
}  // namespace fathom
