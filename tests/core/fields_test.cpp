#include "fathom/core/fields.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"

namespace fathom {
namespace {

const nlohmann::json kObject = {{"format", "state"}, {"version", 2},       {"half", 0.5}, {"name", "n"},
                                {"below", -1},       {"nothing", nullptr}, {"yes", true}, {"seed", 7U}};

template <typename Value>
Value read_as(const char* name) {
  Value value{};
  FieldReader read(kObject);
  read(name, value);
  return value;
}

TEST(Fields, AreReadByTheirType) {
  EXPECT_EQ(read_as<double>("half"), 0.5);
  EXPECT_EQ(read_as<std::int64_t>("version"), 2);
  EXPECT_EQ(read_as<std::string>("name"), "n");
  EXPECT_EQ(read_as<std::uint64_t>("seed"), 7U);
  EXPECT_EQ(read_as<std::optional<double>>("half"), 0.5);
  EXPECT_FALSE(read_as<std::optional<double>>("nothing").has_value());
}

TEST(Fields, OfAnotherTypeAreNamed) {
  EXPECT_THROW(read_as<std::int64_t>("half"), FormatError);
  EXPECT_THROW(read_as<std::int64_t>("yes"), FormatError);
  EXPECT_THROW(read_as<std::int64_t>("below"), FormatError);
  EXPECT_THROW(read_as<std::uint64_t>("below"), FormatError);
  EXPECT_THROW(read_as<double>("name"), FormatError);
  EXPECT_THROW(read_as<std::string>("half"), FormatError);
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
  bool ready = false;
  Size size;
  std::vector<Size> others;
};

constexpr auto kSizeFields = [](auto& field, auto& size) { field("width", size.width); };
constexpr auto kThingFields = [](auto& field, auto& thing) {
  field("weight", thing.weight);
  field("seed", thing.seed);
  field("name", thing.name);
  field("price", thing.price);
  field("colour", thing.colour, colour_from);
  field("ready", thing.ready);
  field.part("size", thing.size, kSizeFields);
  field.parts("others", thing.others, kSizeFields);
};

TEST(Fields, OfOneListAreWrittenAndReadBack) {
  const Thing thing{0.5, ~std::uint64_t{0}, "box", {}, Colour::blue, true, {3}, {{4}, {5}}};
  const nlohmann::json json = written_fields(thing, kThingFields);
  EXPECT_EQ(json, nlohmann::json({{"weight", 0.5},
                                  {"seed", ~std::uint64_t{0}},
                                  {"name", "box"},
                                  {"price", nullptr},
                                  {"colour", "blue"},
                                  {"ready", true},
                                  {"size", {{"width", 3}}},
                                  {"others", {{{"width", 4}}, {{"width", 5}}}}}));
  Thing back;
  read_fields(json, back, kThingFields);
  EXPECT_EQ(written_fields(back, kThingFields), json);
}

TEST(Fields, OfAListAreReadByTheirType) {
  const nlohmann::json good = written_fields(Thing{}, kThingFields);
  for (const auto& [key, value] : good.items()) {
    nlohmann::json missing = good, wrong = good;
    missing.erase(key);
    wrong[key] = {true};
    Thing thing;
    EXPECT_THROW(read_fields(missing, thing, kThingFields), FormatError) << key;
    EXPECT_THROW(read_fields(wrong, thing, kThingFields), FormatError) << key;
  }
  nlohmann::json below = good;
  below["size"]["width"] = -1;
  Thing thing;
  EXPECT_THROW(read_fields(below, thing, kThingFields), FormatError);
}

TEST(Fields, ThatCameLaterMayBeMissing) {
  constexpr auto fields = [](auto& field, auto& thing) { field.later("colour", thing.colour, colour_from); };
  Thing thing;
  read_fields(nlohmann::json::object(), thing, fields);
  EXPECT_EQ(thing.colour, Colour::red);
  thing.colour = Colour::blue;
  Thing back;
  read_fields(written_fields(thing, fields), back, fields);
  EXPECT_EQ(back.colour, Colour::blue);
  EXPECT_THROW(read_fields({{"colour", 1}}, back, fields), FormatError);
}

}  // namespace
}  // namespace fathom
