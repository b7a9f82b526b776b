#include "fathom/io/json.hpp"

#include <gtest/gtest.h>

#include <string>

#include "fathom/core/error.hpp"

namespace fathom::io {
namespace {

std::string nested(const std::string& opening, const std::string& closing, int depth) {
  std::string before, after;
  for (int i = 0; i < depth; ++i) {
    before += opening;
    after += closing;
  }
  return before + "1" + after;
}

/// What is said against a text; empty if it is read.
std::string complaint_about_json(const std::string& text, std::size_t largest = kLargestCard) {
  try {
    parse_json(text, largest);
    return "";
  } catch (const FormatError& e) {
    return e.what();
  }
}

TEST(ParseJson, KeepsTheOrderOfKeys) {
  EXPECT_EQ(parse_json(R"({"b": [1, 2.5, {"x": "y"}], "a": null})", kLargestCard).dump(),
            R"({"b":[1,2.5,{"x":"y"}],"a":null})");
}

TEST(ParseJson, SaysWhereATextIsMalformed) {
  EXPECT_TRUE(
      complaint_about_json("{\n  \"a\" 1}").starts_with("not valid JSON: parse error at line 2, column 7"))
      << complaint_about_json("{\n  \"a\" 1}");
  for (const char* text : {"", "{", "[1,]", "nul", "1e999", "{\"a\": 1} 2", "\"\xff\"", "[\"\n\"]"})
    EXPECT_TRUE(complaint_about_json(text).starts_with("not valid JSON: ")) << text;
}

TEST(ParseJson, RefusesDepthInEveryMixtureOfListsAndObjects) {
  for (const auto& [opening, closing] : {std::pair{"[", "]"}, {R"({"a":)", "}"}, {R"([{"a":)", "}]"}}) {
    const int each = opening[0] == '[' && opening[1] == '{' ? 2 : 1;
    EXPECT_EQ(complaint_about_json(nested(opening, closing, kDeepestJson / each)), "");
    for (const int depth : {kDeepestJson / each + 1, 100'000})
      EXPECT_EQ(complaint_about_json(nested(opening, closing, depth), kLargestResults),
                "not valid JSON: more than 64 lists and objects within each other");
  }
  // Refused before the text turns out to be cut off.
  EXPECT_NE(complaint_about_json(std::string(100'000, '[')), "");
}

TEST(ParseJson, RefusesAKeyThatIsThereTwiceInOneObject) {
  EXPECT_EQ(complaint_about_json(R"({"a": {"b": 1}, "c": [{"b": 1}, {"b": 2}]})"), "");
  EXPECT_EQ(complaint_about_json(R"({"a": 1, "b": {"a": 2}, "a": 3})"),
            "not valid JSON: the key 'a' is there twice");
  EXPECT_EQ(complaint_about_json(R"([{"x": [{"b": {}, "b": 2}]}])"),
            "not valid JSON: the key 'b' is there twice");
}

TEST(ParseJson, RefusesATextAboveItsLimit) {
  EXPECT_EQ(complaint_about_json(R"("12345678")", 10), "");
  EXPECT_EQ(complaint_about_json(R"("123456789")", 10),
            "not valid JSON: 11 bytes, but at most 10 are read here");
}

TEST(ParseJson, MessagesStayShort) {
  const std::string mebibyte(1 << 20, 'x');
  EXPECT_LT(complaint_about_json(mebibyte).size(), 300U);
  EXPECT_LT(
      complaint_about_json("{\"" + mebibyte + "\": 1, \"" + mebibyte + "\": 2}", kLargestResults).size(),
      300U);
}

}  // namespace
}  // namespace fathom::io
