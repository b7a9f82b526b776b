#include "fathom/core/fields.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"

namespace fathom {
namespace {

const nlohmann::json kObject = {{"format", "state"}, {"version", 2},       {"half", 0.5}, {"name", "n"},
                                {"below", -1},       {"nothing", nullptr}, {"yes", true}, {"seed", 7U}};

TEST(Fields, AreReadByTheirType) {
  EXPECT_EQ(number_field(kObject, "half"), 0.5);
  EXPECT_EQ(integer_field(kObject, "below"), -1);
  EXPECT_EQ(count_field(kObject, "version"), 2);
  EXPECT_EQ(text_field(kObject, "name"), "n");
  EXPECT_EQ(seed_field(kObject), 7U);
  EXPECT_FALSE(optional_number_field(kObject, "nothing").has_value());
}

TEST(Fields, OfAnotherTypeAreNamed) {
  EXPECT_THROW(integer_field(kObject, "half"), FormatError);
  EXPECT_THROW(integer_field(kObject, "yes"), FormatError);
  EXPECT_THROW(count_field(kObject, "below"), FormatError);
  EXPECT_THROW(number_field(kObject, "name"), FormatError);
  EXPECT_THROW(text_field(kObject, "half"), FormatError);
  try {
    field(kObject, "missing");
    FAIL();
  } catch (const FormatError& e) {
    EXPECT_NE(std::string(e.what()).find("'missing'"), std::string::npos);
  }
}

TEST(Fields, FormatAndVersionMustBeTheOnesThatAreRead) {
  EXPECT_NO_THROW(require_format(kObject, "state", 2, "a state"));
  EXPECT_THROW(require_format(kObject, "state", 3, "a state"), FormatError);
  EXPECT_THROW(require_format(kObject, "card", 2, "a card"), FormatError);
}

}  // namespace
}  // namespace fathom
