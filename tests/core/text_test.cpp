#include "fathom/core/text.hpp"

#include <gtest/gtest.h>

namespace fathom {
namespace {

TEST(Grouped, SetsACommaEveryThreeDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(12288), "12,288");
  EXPECT_EQ(grouped(1000000), "1,000,000");
  EXPECT_EQ(grouped(18446744073709551615ULL), "18,446,744,073,709,551,615");
}

TEST(Counted, OneThingIsNotMany) {
  EXPECT_EQ(counted(1, "epoch"), "1 epoch");
  EXPECT_EQ(counted(0, "epoch"), "0 epochs");
  EXPECT_EQ(counted(12288, "class", "classes"), "12,288 classes");
}

TEST(Failures, HaveAReasonEachAndTheSixthIsCounted) {
  EXPECT_EQ(
      failures_text({{"a.png", "cannot read picture 'set/a.png': it is empty"}, {"b.png", "no picture"}}),
      "a.png: it is empty; b.png: no picture");
  EXPECT_EQ(failures_text(std::vector<Failure>(7, {"a", "b"})), "a: b; a: b; a: b; a: b; a: b; and 2 more");
}

TEST(LowerCase, ChangesAsciiLettersAlone) {
  EXPECT_EQ(lower_case("T-Shirt/TOP 9 [Z@"), "t-shirt/top 9 [z@");
  EXPECT_EQ(lower_case("\xc3\x84RA"), "\xc3\x84ra");  // the two bytes of a capital A umlaut
  EXPECT_EQ(lower_case(""), "");
}

TEST(LowerExtension, IsTheLastEnding) {
  EXPECT_EQ(lower_extension("Pics.D/Cat.JPeG"), ".jpeg");
  EXPECT_EQ(lower_extension("set.tar.GZ"), ".gz");
  EXPECT_EQ(lower_extension("Pics.D/cat"), "");
  EXPECT_EQ(lower_extension(".PNG"), "");  // a hidden file without an ending
}

TEST(Split, GivesWhatStandsBetweenSeparators) {
  using Pieces = std::vector<std::string>;
  EXPECT_EQ(split("a,b", ','), (Pieces{"a", "b"}));
  EXPECT_EQ(split("a,,b,", ','), (Pieces{"a", "", "b"}));
  EXPECT_EQ(split(",", ','), (Pieces{""}));
  EXPECT_EQ(split("", ','), Pieces{});
  EXPECT_EQ(split("a b", ','), (Pieces{"a b"}));
}

TEST(ValidUtf8, ReplacesBytesThatAreNoText) {
  EXPECT_EQ(valid_utf8("Vögel 猫 🐱"), "Vögel 猫 🐱");
  EXPECT_EQ(valid_utf8("a\xff-\xc3"), "a\uFFFD-\uFFFD");
  EXPECT_EQ(valid_utf8(std::string("a\0b", 3)), "a\uFFFDb");
  EXPECT_EQ(valid_utf8(""), "");
}

TEST(Printable, EscapesWhatChangesATerminal) {
  EXPECT_EQ(printable("caf\xc3\xa9, a.png"), "caf\xc3\xa9, a.png");
  EXPECT_EQ(printable("a\x1b[31m\nb\tc\r\x7f"), "a\\x1b[31m\\nb\\tc\\r\\x7f");
  EXPECT_EQ(printable("a\nb\x1b", true), "a\nb\\x1b");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\xc2\\x9b2J");                                                       // C1's CSI
  EXPECT_EQ(printable("gp\xe2\x80\xaegnp.exe"), "gp\\xe2\\x80\\xaegnp.exe");       // right-to-left override
  EXPECT_EQ(printable("\xe2\x80\x94 \xe2\x81\xa0"), "\xe2\x80\x94 \xe2\x81\xa0");  // a dash, a word joiner
}

TEST(Text, TheWordIsSingularForOneThing) {
  EXPECT_EQ(plural(1, "epoch"), "epoch");
  EXPECT_EQ(plural(0, "epoch"), "epochs");
  EXPECT_EQ(plural(2, "class", "classes"), "classes");
  EXPECT_EQ(plural(1, "class", "classes"), "class");
}

}  // namespace
}  // namespace fathom
