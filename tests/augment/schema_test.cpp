#include "fathom/augment/schema.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fathom/augment/pipeline.hpp"
#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"

namespace fathom::augment {
namespace {

using Json = nlohmann::ordered_json;

TEST(Schema, IsTheOneInTheDocumentation) {
  EXPECT_EQ(Json::parse(io::read_file(FATHOM_SOURCE "/docs/augmentation.schema.json")), pipeline_schema())
      << "augment_preview --schema writes it";
}

/// A file with one operation.
std::string file_of(const Json& operation) { return Json({{"operations", {operation}}}).dump(); }

TEST(Schema, SaysOfEveryParameterWhatTheParserTakes) {
  int checked = 0;
  const Json all = pipeline_schema();
  for (const Json& kind : all["$defs"]["operation"]["oneOf"]) {
    Json good = {{"op", kind["properties"]["op"]["const"]}};
    for (const Json& name : kind["required"])
      if (name == "operations") good["operations"] = {{{"op", "hflip"}}};
    EXPECT_NO_THROW(pipeline_from_json(file_of(good), "good")) << good;
    for (const auto& [name, schema] : kind["properties"].items()) {
      if (name == "op" || name == "operations") continue;
      Json with = good;
      with[name] = schema["default"];
      EXPECT_NO_THROW(pipeline_from_json(file_of(with), "usual")) << with;
      if (schema.contains("enum")) {
        with[name] = "nothing of the kind";
        EXPECT_THROW(pipeline_from_json(file_of(with), "word"), FormatError) << with;
        continue;
      }
      const Json& number = name == "p" ? schema : schema["anyOf"][1]["items"];
      for (const char* end : {"minimum", "maximum"}) {
        const double limit = number[end].get<double>();
        const double beyond = limit + (end == std::string("minimum") ? -1 : 1);
        const auto value = [&](double v) { return name == "p" ? Json(v) : Json({v, v}); };
        with[name] = value(limit);
        EXPECT_NO_THROW(pipeline_from_json(file_of(with), "limit")) << with;
        with[name] = value(beyond);
        EXPECT_THROW(pipeline_from_json(file_of(with), "beyond"), FormatError) << with;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 200);
}

TEST(Schema, KnowsTheMixings) {
  const Json all = pipeline_schema();
  for (const Json& mixing : all["$defs"]["mixing"]["oneOf"]) {
    const Json& alpha = mixing["properties"]["alpha"];
    Json file = {{"op", mixing["properties"]["op"]["const"]}, {"alpha", alpha["maximum"]}};
    EXPECT_EQ(pipeline_from_json(file_of(file), "most").mixings.size(), 1U);
    file["alpha"] = 2 * alpha["maximum"].get<double>();
    EXPECT_THROW(pipeline_from_json(file_of(file), "more"), FormatError);
  }
}

}  // namespace
}  // namespace fathom::augment
