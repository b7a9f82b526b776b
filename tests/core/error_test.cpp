#include "fathom/core/error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>

namespace fathom {
namespace {

const std::vector<std::string> kAnimals = {"cat", "dog", "horse", "airplane"};

TEST(Closest, FindsASlipOfThePen) {
  EXPECT_EQ(closest("dgo", kAnimals), "dog");             // neighbours swapped
  EXPECT_EQ(closest("hors", kAnimals), "horse");          // one missing
  EXPECT_EQ(closest("catt", kAnimals), "cat");            // one too many
  EXPECT_EQ(closest("aeroplane", kAnimals), "airplane");  // two slips in a long word
}

TEST(Closest, IgnoresCase) { EXPECT_EQ(closest("DOG", kAnimals), "dog"); }

TEST(Closest, TakesTheNearestOfSeveral) { EXPECT_EQ(closest("test", {"tset", "best", "test"}), "test"); }

TEST(Closest, GivesNothingForAnotherWord) {
  EXPECT_EQ(closest("cow", kAnimals), "");
  EXPECT_EQ(closest("", kAnimals), "");
  EXPECT_EQ(closest("a", {"b"}), "");
  EXPECT_EQ(closest(std::string(1 << 20, 'x'), kAnimals), "");
  EXPECT_EQ(closest("dog", {}), "");
}

TEST(Suggestion, NamesTheClosest) { EXPECT_EQ(suggestion("dgo", kAnimals), "; did you mean 'dog'?"); }

TEST(Suggestion, ListsAllWhereNoneIsClose) {
  EXPECT_EQ(suggestion("submarine", kAnimals), "; one of: cat, dog, horse, airplane");
  EXPECT_EQ(suggestion("submarine", {}), "");
}

TEST(Suggestion, CutsALongListShort) {
  std::vector<std::string> many;
  for (int i = 0; i < 1000; ++i) many.push_back("class" + std::to_string(100000 + i));
  const std::string text = suggestion("dog", many);
  EXPECT_TRUE(text.ends_with(" and 980 more")) << text;
  EXPECT_LT(text.size(), 400u);
}

TEST(Error, IsTheBaseOfAll) {
  EXPECT_THROW(throw InvalidArgument("x"), Error);
  EXPECT_THROW(throw FileError("x"), Error);
  EXPECT_THROW(throw FormatError("x"), Error);
  EXPECT_THROW(throw NetworkError("x"), Error);
  EXPECT_THROW(throw DeviceError("x"), Error);
  EXPECT_THROW(throw DivergedError("x"), Error);
}

std::string complaint(const std::function<void()>& check) {
  try {
    check();
  } catch (const InvalidArgument& e) {
    return e.what();
  }
  return "";
}

TEST(Checks, NameTheOptionItsRangeAndTheValue) {
  EXPECT_EQ(complaint([] { require_between("a", 4, 1, 3); }), "a must be between 1 and 3, not 4");
  EXPECT_EQ(complaint([] { require_at_least("a", std::int64_t{0}, 1); }), "a must be at least 1, not 0");
  EXPECT_EQ(complaint([] { require_at_least("a", -0.5, 0); }), "a must be a number of at least 0, not -0.5");
  EXPECT_EQ(complaint([] { require_positive("a", 0); }), "a must be a number above 0, not 0");
  EXPECT_EQ(complaint([] { require_share("a", 1); }), "a must be in [0, 1), not 1");
  EXPECT_EQ(complaint([] { require_fraction("a", 1.5); }), "a must be in [0, 1], not 1.5");
}

TEST(Checks, TakeTheEndsOfTheirRanges) {
  EXPECT_EQ(complaint([] {
              require_between("a", 1, 1, 3);
              require_between("a", 3, 1, 3);
              require_at_least("a", std::int64_t{1}, 1);
              require_at_least("a", 0.0, 0);
              require_share("a", 0);
              require_fraction("a", 1);
            }),
            "");
}

TEST(Checks, RefuseWhatIsNoNumber) {
  for (const double value : {std::nan(""), HUGE_VAL}) {
    EXPECT_THROW(require_at_least("a", value, 0), InvalidArgument);
    EXPECT_THROW(require_positive("a", value), InvalidArgument);
    EXPECT_THROW(require_share("a", value), InvalidArgument);
    EXPECT_THROW(require_fraction("a", value), InvalidArgument);
  }
}

TEST(Error, OfTheLibraryNamesNoFlagOfAProgram) {
  const std::regex comment("//.*"), flag("\"[^\"]*--[a-z][^\"]*\"");
  std::int64_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FATHOM_SOURCE "/lib/fathom")) {
    // The flags there are those of gnuplot, which it starts.
    if (!entry.is_regular_file() || entry.path().filename() == "gnuplot.cpp") continue;
    ++files;
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);)
      EXPECT_FALSE(std::regex_search(std::regex_replace(line, comment, ""), flag)) << entry.path() << line;
  }
  EXPECT_GT(files, 100);
}

}  // namespace
}  // namespace fathom
