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
  EXPECT_EQ(unsigned_field(kObject, "seed"), 7U);
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

enum class Colour { red, blue };
std::string to_string(Colour colour) { return colour == Colour::red ? "red" : "blue"; }
Colour colour_from(const std::string& name) { return name == "red" ? Colour::red : Colour::blue; }

struct Size {
  std::int64_t width = 0;
};
struct Thing {
  double weight = 0;
  std::uint64_t seed = 0;
  std::string name;
  std::optional<double> price;
  Colour colour = Colour::red;
  Size size;
};

constexpr auto kSizeFields = [](auto& field, auto& size) { field("width", size.width); };
constexpr auto kThingFields = [](auto& field, auto& thing) {
  field("weight", thing.weight);
  field("seed", thing.seed);
  field("name", thing.name);
  field("price", thing.price);
  field("colour", thing.colour, colour_from);
  field.part("size", thing.size, kSizeFields);
};

TEST(Fields, OfOneListAreWrittenAndReadBack) {
  const Thing thing{0.5, ~std::uint64_t{0}, "box", {}, Colour::blue, {3}};
  const nlohmann::json json = written_fields(thing, kThingFields);
  EXPECT_EQ(json, nlohmann::json({{"weight", 0.5},
                                  {"seed", ~std::uint64_t{0}},
                                  {"name", "box"},
                                  {"price", nullptr},
                                  {"colour", "blue"},
                                  {"size", {{"width", 3}}}}));
  Thing back;
  read_fields(json, back, kThingFields);
  EXPECT_EQ(written_fields(back, kThingFields), json);
}

TEST(Fields, OfAListAreReadByTheirType) {
  const nlohmann::json good = written_fields(Thing{}, kThingFields);
  for (const auto& [key, value] : good.items()) {
    nlohmann::json missing = good, wrong = good;
    missing.erase(key);
    wrong[key] = nlohmann::json::array();
    Thing thing;
    EXPECT_THROW(read_fields(missing, thing, kThingFields), FormatError) << key;
    EXPECT_THROW(read_fields(wrong, thing, kThingFields), FormatError) << key;
  }
  nlohmann::json below = good;
  below["size"]["width"] = -1;
  Thing thing;
  EXPECT_THROW(read_fields(below, thing, kThingFields), FormatError);
}

TEST(Fields, FormatAndVersionMustBeTheOnesThatAreRead) {
  EXPECT_NO_THROW(require_format(kObject, "state", 2, "a state"));
  EXPECT_THROW(require_format(kObject, "state", 3, "a state"), FormatError);
  EXPECT_THROW(require_format(kObject, "card", 2, "a card"), FormatError);
}

}  // namespace
}  // namespace fathom
