/// Pipelines and drawings as JSON: tests of fathom/augment/pipeline_json.cpp.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "augment/mutation.hpp"
#include "augment/pictures.hpp"
#include "fathom/core/error.hpp"

namespace fathom::augment {
namespace {

using Json = nlohmann::ordered_json;

/// What is said of a pipeline file.
std::string complaint_about_file(const std::string& text) {
  try {
    pipeline_from_json(text, "mine.json");
  } catch (const FormatError& e) {
    return e.what();
  }
  return "no complaint";
}

/// The same of one operation in it, after the file's name.
std::string complaint_about_operation(const std::string& operation) {
  const std::string message = complaint_about_file(R"({"operations": [)" + operation + "]}");
  const std::string start = "augmentation 'mine.json': ";
  return message.starts_with(start) ? message.substr(start.size()) : message;
}

std::string complaint_about_drawing(const Json& json) {
  try {
    drawing_from_json(json);
  } catch (const FormatError& e) {
    return e.what();
  }
  return "no complaint";
}

constexpr const char* kWholePipeline =
    "rotate(-5..10, border=reflect, p=0.5) | crop(4, x=0.25) | one-of(hflip | posterize(3..5), some-of(1..2, "
    "jpeg, invert)) | colour-jitter | aug-mix(3) | erasing(with=noise) | cutmix(1, p=0.5) | mixup(0.2)";

TEST(PipelineJson, GivesTheSameDraws) {
  const Pipeline pipeline = parse_pipeline(kWholePipeline);
  const std::string text = to_json(pipeline).dump(2);
  const Pipeline again = pipeline_from_json(text, "again");
  EXPECT_EQ(to_json(again).dump(2), text);
  EXPECT_EQ(again.mixings, pipeline.mixings);
  for (std::int64_t i = 0; i < 50; ++i)
    EXPECT_EQ(to_json(draw(again, {1, 0, i})), to_json(draw(pipeline, {1, 0, i})));
}

TEST(PipelineJson, EveryKindComesBackWithItsUsualRanges) {
  for (const OperationKind& kind : operation_kinds()) {
    Operation operation = usual(kind);
    if (kind.takes_operations) operation.operations = {usual(operation_kind("hflip"))};
    const Pipeline again = pipeline_from_json(to_json(Pipeline{.operations = {operation}}).dump(), "again");
    ASSERT_EQ(again.operations.size(), 1U);
    EXPECT_EQ(again.operations[0].kind, &kind);
    EXPECT_EQ(again.operations[0].ranges, operation.ranges) << kind.name;
  }
}

TEST(PipelineJson, ReadsNumbersRangesAndWords) {
  const Pipeline pipeline = pipeline_from_json(
      R"({"name": "mine", "description": "of two", "operations": [
          {"op": "rotate", "degrees": 10, "border": "wrap", "fill": 0.5, "p": 0.25},
          {"op": "brightness", "factor": [0.5, 1.5]}, {"op": "mixup", "alpha": 0.4, "p": 0.5}]})",
      "mine");
  EXPECT_EQ(pipeline.name, "mine");
  ASSERT_EQ(pipeline.operations.size(), 2U);
  EXPECT_EQ(pipeline.operations[0].ranges, (std::vector<Range>{{-10, 10}, {3, 3}, {0.5, 0.5}}));
  EXPECT_EQ(pipeline.operations[0].probability, 0.25);
  EXPECT_EQ(pipeline.operations[1].ranges[0], (Range{0.5, 1.5}));
  EXPECT_EQ(pipeline.mixings, (std::vector<Mixing>{{Mixing::Kind::mixup, 0.4, 0.5}}));
}

TEST(PipelineJson, WritesWhatItReads) {
  const Json json = to_json(parse_pipeline("posterize(4) | rotate(5) | cutmix"));
  EXPECT_EQ(json.dump(), R"({"operations":[{"op":"posterize","bits":4,"p":1},)"
                         R"({"op":"rotate","degrees":[-5,5],"border":"constant","fill":0,"p":1},)"
                         R"({"op":"cutmix","alpha":1,"p":1}]})");
}

TEST(PipelineJson, SyntaxErrorsHaveLineAndColumn) {
  const std::string message = complaint_about_file("{\"operations\": [\n  {\"op\" \"hflip\"}]}");
  EXPECT_TRUE(
      message.starts_with("augmentation 'mine.json': not valid JSON: parse error at line 2, column 15"))
      << message;
}

TEST(PipelineJson, ErrorsNameThePlaceAndTheClosestName) {
  EXPECT_EQ(complaint_about_file("[]"), "augmentation 'mine.json': must be an object, not a list");
  EXPECT_EQ(complaint_about_file("{}"), "augmentation 'mine.json': 'operations' is missing");
  EXPECT_EQ(complaint_about_file(R"({"operations": {}})"),
            "augmentation 'mine.json': operations: must be a list, not an object");
  EXPECT_EQ(complaint_about_file(R"({"operations": [], "nam": 1})"),
            "augmentation 'mine.json': nam: no such field; did you mean 'name'?");
  EXPECT_EQ(complaint_about_file(R"({"operations": [], "name": 1})"),
            "augmentation 'mine.json': name: must be a text, not 1");

  EXPECT_EQ(complaint_about_operation("7"), "operations[0]: must be an object, not 7");
  EXPECT_EQ(complaint_about_operation("{}"), "operations[0]: 'op' is missing");
  EXPECT_EQ(complaint_about_operation(R"({"op": 3})"), "operations[0].op: must be a text, not 3");
  EXPECT_EQ(complaint_about_operation(R"({"op": "hflip"}, {"op": "rotat"})"),
            "operations[1].op: no operation 'rotat'; did you mean 'rotate'?");
  EXPECT_EQ(complaint_about_operation(R"({"op": "rotate", "degree": 3})"),
            "operations[0].degree: rotate has no parameter 'degree'; did you mean 'degrees'?");
  EXPECT_EQ(complaint_about_operation(R"({"op": "rotate", "border": "mirrored"})"),
            "operations[0].border: rotate's border cannot be 'mirrored'; one of: constant, reflect, "
            "replicate, wrap");
  EXPECT_EQ(complaint_about_operation(R"({"op": "rotate", "degrees": "ten"})"),
            "operations[0].degrees: rotate's degrees must be a number or a range, not 'ten'");
  EXPECT_EQ(complaint_about_operation(R"({"op": "rotate", "degrees": [5, -5]})"),
            "operations[0].degrees: rotate's degrees must go from a lower to a higher value, not 5 to -5");
  EXPECT_EQ(complaint_about_operation(R"({"op": "rotate", "degrees": [1, 2, 3]})"),
            "operations[0].degrees: a range must have two values, not 3");
  EXPECT_EQ(complaint_about_operation(R"({"op": "rotate", "degrees": [1, "2"]})"),
            "operations[0].degrees[1]: must be a number, not \"2\"");
  EXPECT_EQ(complaint_about_operation(R"({"op": "rotate", "degrees": true})"),
            "operations[0].degrees: must be a number, not true");
  EXPECT_EQ(complaint_about_operation(R"({"op": "rotate", "degrees": null})"),
            "operations[0].degrees: must be a number, not null");
  EXPECT_EQ(complaint_about_operation(R"({"op": "rotate", "degrees": 1000})"),
            "operations[0].degrees: rotate's degrees must be in [-360, 360], not -1000");
  EXPECT_EQ(complaint_about_operation(R"({"op": "posterize", "bits": 2.5})"),
            "operations[0].bits: posterize's bits must be whole, not 2.5");
  EXPECT_EQ(complaint_about_operation(R"({"op": "aug-mix", "mixture": 0.5})"),
            "operations[0].mixture: aug-mix's mixture is drawn by the operation and cannot be set");
  EXPECT_EQ(complaint_about_operation(R"({"op": "hflip", "p": 2})"),
            "operations[0].p: must be in [0, 1], not 2");
  EXPECT_EQ(complaint_about_operation(R"({"op": "hflip", "p": [0, 1]})"),
            "operations[0].p: must be a number, not a list");
  EXPECT_EQ(complaint_about_operation(R"({"op": "one-of"})"), "operations[0]: one-of needs 'operations'");
  EXPECT_EQ(complaint_about_operation(R"({"op": "one-of", "operations": []})"),
            "operations[0]: one-of needs 'operations'");
  EXPECT_EQ(complaint_about_operation(R"({"op": "one-of", "operations": [{"op": "rotate", "p": -1}]})"),
            "operations[0].operations[0].p: must be in [0, 1], not -1");
  EXPECT_EQ(complaint_about_operation(R"({"op": "hflip", "operations": []})"),
            "operations[0].operations: hflip has only the parameter p, not 'operations'");
}

TEST(PipelineJson, MixingsStandAtTheEnd) {
  EXPECT_EQ(complaint_about_operation(R"({"op": "mixup"}, {"op": "hflip"})"),
            "operations[1]: mixup and cutmix mix finished pictures, so nothing may follow them");
  EXPECT_EQ(complaint_about_operation(R"({"op": "mixup", "alpa": 1})"),
            "operations[0].alpa: mixup has no parameter 'alpa'; did you mean 'alpha'?");
  EXPECT_EQ(complaint_about_operation(R"({"op": "mixup", "alpha": 0})"),
            "operations[0]: mixup's alpha must be in [0.001, 1000], not 0");
  EXPECT_EQ(complaint_about_operation(R"({"op": "mixup", "alpha": [1, 2]})"),
            "operations[0].alpha: must be a number, not a list");
  const std::string nested =
      complaint_about_operation(R"({"op": "one-of", "operations": [{"op": "mixup"}]})");
  EXPECT_TRUE(nested.starts_with("operations[0].operations[0]")) << nested;
  EXPECT_NE(nested.find("end of the pipeline"), std::string::npos) << nested;
}

TEST(PipelineJson, RefusesWhatIsTooDeepOrTooLarge) {
  std::string deep = R"({"op": "hflip"})";
  for (int i = 0; i < 15; ++i) deep = R"({"op": "sequence", "operations": [)" + deep + "]}";
  EXPECT_EQ(complaint_about_operation(deep), "no complaint");
  for (int i = 0; i < 5; ++i) deep = R"({"op": "sequence", "operations": [)" + deep + "]}";
  EXPECT_NE(complaint_about_operation(deep).find("operations are nested more than 16 deep"),
            std::string::npos);

  EXPECT_NE(complaint_about_operation(R"({"op": "rotate", "degrees": 1e999})"), "no complaint");
  EXPECT_NE(complaint_about_operation(R"({"op": "rotate", "degrees": -99999999999999999999})"),
            "no complaint");
  EXPECT_NE(complaint_about_file(R"({"operations": )" + std::string(300'000, '[')), "no complaint");
  EXPECT_EQ(complaint_about_file(R"({"operations": {"a": )" + std::string(300'000, '[') +
                                 std::string(300'000, ']') + "}}"),
            "augmentation 'mine.json': not valid JSON: more than 64 lists and objects within each other");
  EXPECT_EQ(complaint_about_file(R"({"operations": [], "description": )" + std::string(100'000, '[') +
                                 std::string(100'000, ']') + "}"),
            "augmentation 'mine.json': not valid JSON: more than 64 lists and objects within each other");
  EXPECT_EQ(complaint_about_file(R"({"operations": {"a": []}})"),
            "augmentation 'mine.json': operations: must be a list, not an object");
  EXPECT_EQ(complaint_about_operation("[[]]"), "operations[0]: must be an object, not a list");
}

TEST(PipelineJson, DamagedFilesThrowNothingButErrors) {
  const std::vector<std::string> alphabet = {"{",       "}",    "[",   "]",      ",",    ":",    "\"",
                                             "0",       "-1",   "1e9", "1e400",  "null", "true", "NaN",
                                             "\\u0000", "\xff", "op",  "\"p\":", "hflip"};
  const std::string whole = to_json(parse_pipeline(kWholePipeline)).dump();
  Random random(5);
  int read = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string text = damaged(whole, alphabet, random);
    try {
      draw(pipeline_from_json(text, "damaged"), {1, 1, 1});
      ++read;
    } catch (const Error&) {
    }  // any other exception ends the test
  }
  EXPECT_GT(read, 10) << "some damage is none";
  EXPECT_LT(read, 2000);
}

TEST(DrawingJson, SaysAllThatWasDrawn) {
  const Drawing drawing = {step_of("rotate", {{"degrees", 12.25}}),
                           Step{.kind = &operation_kind("one-of"), .steps = {step_of("hflip")}}};
  EXPECT_EQ(to_json(drawing).dump(),
            R"([{"name":"rotate","parameters":{"degrees":12.25,"border":"constant","fill":0}},)"
            R"({"name":"one-of","parameters":{},"operations":[{"name":"hflip","parameters":{}}]}])");
}

TEST(DrawingJson, ErrorsNameThePlaceAndTheClosestName) {
  const auto complaint = [](const char* text) { return complaint_about_drawing(Json::parse(text)); };
  EXPECT_EQ(complaint("{}"), "operations: must be a list, not an object");
  EXPECT_EQ(complaint("[1]"), "operations[0]: must be an object, not 1");
  EXPECT_EQ(complaint(R"([{"name": "hflip"}])"), "operations[0]: 'parameters' is missing");
  EXPECT_EQ(complaint(R"([{"name": "hflp", "parameters": {}}])"),
            "operations[0].name: no operation 'hflp'; did you mean 'hflip'?");
  EXPECT_EQ(complaint(R"([{"name": "gamma", "parameters": {}}])"),
            "operations[0].parameters: 'gamma' is missing");
  EXPECT_EQ(complaint(R"([{"name": "gamma", "parameters": 5}])"),
            "operations[0].parameters: must be an object, not 5");
  EXPECT_EQ(complaint(R"([{"name": "gamma", "parameters": {"gamma": 90}}])"),
            "operations[0].parameters.gamma: gamma's gamma must be in [0.05, 20], not 90");
  EXPECT_EQ(complaint(R"([{"name": "gamma", "parameters": {"gamma": [1]}}])"),
            "operations[0].parameters.gamma: must be a number, not a list");
  EXPECT_EQ(complaint(R"([{"name": "posterize", "parameters": {"bits": 2.5}}])"),
            "operations[0].parameters.bits: posterize's bits must be whole and in [1, 8], not 2.5");
  EXPECT_EQ(complaint(R"([{"name": "gamma", "parameters": {"gamma": 1, "gama": 1}}])"),
            "operations[0].parameters: gamma has no parameter 'gama'; did you mean 'gamma'?");
  EXPECT_EQ(complaint(R"([{"name": "rotate", "parameters": {"degrees": 1, "border": "wrp", "fill": 0}}])"),
            "operations[0].parameters.border: rotate's border cannot be 'wrp'; did you mean 'wrap'?");
  EXPECT_EQ(complaint(R"([{"name": "hflip", "parameters": {}, "operations": []}])"),
            "operations[0]: hflip takes no operations");
}

TEST(DrawingJson, NumbersThatAreNoneAreRefused) {
  Json json = to_json(Drawing{step_of("rotate")});
  for (const double none : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    json[0]["parameters"]["degrees"] = none;
    EXPECT_NE(complaint_about_drawing(json), "no complaint");
  }
  json[0]["parameters"]["degrees"] = "\xff";  // no text of any encoding
  EXPECT_NE(complaint_about_drawing(json), "no complaint");
  json[0]["parameters"]["degrees"] = 1;
  json[0]["name"] = "\xff";
  EXPECT_NE(complaint_about_drawing(json), "no complaint");
}

TEST(DrawingJson, OfAMixtureHasChainsOfOneSizeAndAsManyAsWeights) {
  const Drawing drawing = draw(parse_pipeline("aug-mix(width=6)"), {1, 1, 1});
  const auto chain = [](const Drawing& steps) {
    return Step{.kind = &operation_kind("sequence"), .steps = steps};
  };
  Drawing many = drawing, sizes = drawing, bare = drawing;
  many[0].steps.push_back(chain({}));
  sizes[0].steps[2] = chain({chain({step_of("resize", {{"height", 5}})})});
  bare[0].steps[1] = step_of("hflip");
  EXPECT_EQ(complaint_about_drawing(to_json(drawing)), "no complaint");
  EXPECT_EQ(complaint_about_drawing(to_json(many)),
            "operations[0].operations: aug-mix has at most 6 chains, not 7");
  EXPECT_EQ(complaint_about_drawing(to_json(sizes)),
            "operations[0].operations[2]: a chain must keep the size of the picture");
  EXPECT_EQ(complaint_about_drawing(to_json(bare)),
            "operations[0].operations[1]: a chain of aug-mix must be a sequence, not hflip");
}

TEST(DrawingJson, DamagedOnesThrowNothingButErrorsOrCanBeReplayed) {
  const std::vector<std::string> alphabet = {"{",  "}", "[",   "]",    ",",     ":",      "\"",      "0",
                                             "-1", "9", "1e9", "null", "hflip", "resize", "sequence"};
  const Drawing drawn =
      draw(parse_pipeline("rotate | crop | posterize | erasing | aug-mix | one-of(invert)"), {1, 1, 1});
  const std::string whole = to_json(drawn).dump();
  const torch::Tensor picture = noise_picture(3, 12, 12);
  Random random(6);
  int read = 0;
  for (int i = 0; i < 4000; ++i) {
    const Json json = Json::parse(damaged(whole, alphabet, random), nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) continue;
    try {
      const Drawing again = drawing_from_json(json);
      const Extent size = result_size(again, {12, 12});
      if (size.height * size.width > 1'000'000) continue;
      EXPECT_EQ(replay(again, picture).size(1), size.height);
      ++read;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(read, 10);
}

}  // namespace
}  // namespace fathom::augment
