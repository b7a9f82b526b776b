/// Pipelines in one line, and by name: tests of fathom/augment/pipeline_text.cpp.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "augment/mutation.hpp"
#include "augment/pictures.hpp"
#include "fathom/core/error.hpp"
#include "temporary_folder.hpp"

namespace fathom::augment {
namespace {

namespace fs = std::filesystem;

const Operation& only(const Pipeline& pipeline) { return pipeline.operations.at(0); }

/// What is said of a pipeline, after its own text.
std::string complaint_about(const std::string& text) {
  try {
    parse_pipeline(text);
  } catch (const InvalidArgument& e) {
    const std::string start = "pipeline '" + text + "', ", message = e.what();
    return message.starts_with(start) ? message.substr(start.size()) : message;
  }
  return "no complaint";
}

TEST(PipelineText, ReadsNumbersRangesAndWords) {
  EXPECT_EQ(only(parse_pipeline("rotate(12)")).ranges[0], (Range{-12, 12})) << "symmetric";
  EXPECT_EQ(only(parse_pipeline("rotate(-12)")).ranges[0], (Range{-12, 12}));
  EXPECT_EQ(only(parse_pipeline("rotate(3..12)")).ranges[0], (Range{3, 12}));
  EXPECT_EQ(only(parse_pipeline("rotate(-3.5..+1.25)")).ranges[0], (Range{-3.5, 1.25}));
  EXPECT_EQ(only(parse_pipeline("rotate(degrees=90..90)")).ranges[0], (Range{90, 90}));
  EXPECT_EQ(only(parse_pipeline("brightness(1.5)")).ranges[0], (Range{1.5, 1.5})) << "not symmetric";
  EXPECT_EQ(only(parse_pipeline("gamma(.5..2)")).ranges[0], (Range{0.5, 2}));
  const Operation rotate = only(parse_pipeline(" rotate ( 5 , border = reflect , fill=0.5,p=0.25 ) "));
  EXPECT_EQ(rotate.ranges, (std::vector<Range>{{-5, 5}, {1, 1}, {0.5, 0.5}}));
  EXPECT_EQ(rotate.probability, 0.25);
}

TEST(PipelineText, WithoutArgumentsRangesAreUsual) {
  for (const OperationKind& kind : operation_kinds()) {
    if (kind.takes_operations) continue;
    EXPECT_EQ(only(parse_pipeline(kind.name)).ranges, usual(kind).ranges) << kind.name;
    EXPECT_EQ(only(parse_pipeline(kind.name + "()")).kind, &kind);
    EXPECT_EQ(only(parse_pipeline(kind.name + "(p=0.5)")).probability, 0.5);
  }
}

TEST(PipelineText, JoinsAndNestsOperations) {
  const Pipeline pipeline = parse_pipeline(
      "hflip(p=0.5)|one-of(rotate(10), hflip | vflip, some-of(1..2, invert, hue(0.1)), p=0.75)");
  ASSERT_EQ(pipeline.operations.size(), 2U);
  const Operation& one = pipeline.operations[1];
  EXPECT_EQ(one.kind->name, "one-of");
  EXPECT_EQ(one.probability, 0.75);
  ASSERT_EQ(one.operations.size(), 3U);
  EXPECT_EQ(one.operations[0].ranges[0], (Range{-10, 10}));
  EXPECT_EQ(one.operations[1].kind->name, "sequence");
  ASSERT_EQ(one.operations[1].operations.size(), 2U);
  EXPECT_EQ(one.operations[1].operations[1].kind->name, "vflip");
  EXPECT_EQ(one.operations[2].ranges[0], (Range{1, 2}));
  ASSERT_EQ(one.operations[2].operations.size(), 2U);
}

TEST(PipelineText, MixingsStandAtTheEnd) {
  const Pipeline pipeline = parse_pipeline("hflip | cutmix(p=0.5) | mixup(0.2)");
  EXPECT_EQ(pipeline.mixings,
            (std::vector<Mixing>{{Mixing::Kind::cutmix, 1, 0.5}, {Mixing::Kind::mixup, 0.2, 1}}));
  EXPECT_EQ(parse_pipeline("mixup(alpha=0.4, p=0.1)").mixings[0], (Mixing{Mixing::Kind::mixup, 0.4, 0.1}));
  EXPECT_EQ(parse_pipeline("mixup()").mixings[0], usual(Mixing::Kind::mixup));
  EXPECT_EQ(complaint_about("mixup | hflip"),
            "character 9: mixup and cutmix mix finished pictures, so nothing may follow them");
  EXPECT_EQ(complaint_about("one-of(hflip, mixup)"),
            "character 15: mixup mixes whole batches and must come at the end of the pipeline");
  EXPECT_EQ(complaint_about("mixup(0)"), "character 1: mixup's alpha must be in [0.001, 1000], not 0");
  EXPECT_EQ(complaint_about("cutmix(beta=1)"),
            "character 8: cutmix has no parameter 'beta'; one of: alpha, p");
  EXPECT_EQ(complaint_about("cutmix(alpha 1)"), "character 14: '=' is missing");
}

TEST(PipelineText, ErrorsNameThePlaceAndTheClosestName) {
  EXPECT_EQ(complaint_about(""), "character 1: an operation is missing");
  EXPECT_EQ(complaint_about("hflip |"), "character 8: an operation is missing");
  EXPECT_EQ(complaint_about("| hflip"), "character 1: an operation is missing");
  EXPECT_EQ(complaint_about("hflip, vflip"),
            "character 6: ',' is not expected here; operations are separated by |");
  EXPECT_EQ(complaint_about("hflip | rotat(5)"), "character 9: no operation 'rotat'; did you mean 'rotate'?");
  EXPECT_EQ(complaint_about("rotate(degree=5)"),
            "character 8: rotate has no parameter 'degree'; did you mean 'degrees'?");
  EXPECT_EQ(complaint_about("rotate(5, border=mirrored)"),
            "character 18: rotate's border cannot be 'mirrored'; one of: constant, reflect, replicate, wrap");
  EXPECT_EQ(complaint_about("rotate(degrees=ten)"),
            "character 16: rotate's degrees must be a number or a range, not 'ten'");
  EXPECT_EQ(complaint_about("rotate(5..-5)"),
            "character 8: rotate's degrees must go from a lower to a higher value, not 5 to -5");
  EXPECT_EQ(complaint_about("rotate(5..)"), "character 11: a number is missing");
  EXPECT_EQ(complaint_about("rotate(400)"), "character 8: rotate's degrees must be in [-360, 360], not -400");
  EXPECT_EQ(complaint_about("rotate(" + std::string(400, '9') + ")"), "character 8: the number is too large");
  EXPECT_EQ(complaint_about("rotate(border=2)"),
            "character 8: rotate's border must be one of constant, reflect, replicate, wrap");
  EXPECT_EQ(complaint_about("rotate(wrap)"), "character 8: 'wrap' needs a value: wrap=...");
  EXPECT_EQ(complaint_about("rotate(5"), "character 9: ')' is missing");
  EXPECT_EQ(complaint_about("rotate(5,)"), "character 10: a number is missing");
  EXPECT_EQ(complaint_about("rotate)"),
            "character 7: ')' is not expected here; operations are separated by |");
  EXPECT_EQ(complaint_about("posterize(2.5)"), "character 11: posterize's bits must be whole, not 2.5");
  EXPECT_EQ(complaint_about("hflip(3)"), "character 7: hflip has no parameters except p");
  EXPECT_EQ(complaint_about("hflip(p=1.5)"), "character 9: p must be in [0, 1], not 1.5");
  EXPECT_EQ(complaint_about("hflip(x=1)"), "character 7: hflip has only the parameter p, not 'x'");
  EXPECT_EQ(complaint_about("aug-mix(mixture=1)"),
            "character 9: aug-mix's mixture is drawn by the operation and cannot be set");
  EXPECT_EQ(complaint_about("one-of"), "character 1: one-of needs operations: one-of(hflip, rotate(10))");
  EXPECT_EQ(complaint_about("one-of(p=0.5)"),
            "character 1: one-of needs operations: one-of(hflip, rotate(10))");
  EXPECT_EQ(complaint_about("one-of(hflip |)"), "character 15: an operation is missing");
}

TEST(PipelineText, RefusesWhatIsTooDeep) {
  std::string deep = "hflip";
  for (int i = 0; i < 15; ++i) deep = "one-of(" + deep + ")";
  EXPECT_EQ(complaint_about(deep), "no complaint");
  std::string deeper;
  for (int i = 0; i < 100'000; ++i) deeper += "one-of(";
  EXPECT_NE(complaint_about(deeper).find("operations are nested more than 16 deep"), std::string::npos);
  std::string chain = "hflip | vflip";
  for (int i = 0; i < 15; ++i) chain = "one-of(" + chain + ")";
  EXPECT_NE(complaint_about(chain), "no complaint") << "a sequence is an operation too";
}

TEST(PipelineText, DamagedOnesThrowNothingButErrors) {
  const std::string whole =
      "rotate(-5..10, border=reflect, p=0.5) | crop(4, x=0.25) | one-of(hflip | posterize(3..5), "
      "some-of(1..2, "
      "jpeg, invert)) | erasing(with=noise) | cutmix(1, p=0.5) | mixup(0.2)";
  const std::vector<std::string> alphabet = {
      "(", ")",  "|",   ",",     "=",      "..", ".",    "-",
      "+", "9",  "1e9", "nan",   "inf",    " ",  "\xff", std::string(1, '\0'),
      "p", "p=", "0.5", "hflip", "one-of("};
  Random random(7);
  int read = 0;
  for (int i = 0; i < 10'000; ++i) {
    try {
      draw(parse_pipeline(damaged(whole, alphabet, random)), {1, 1, 1});
      ++read;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(read, 50);
  EXPECT_LT(read, 5000);
}

TEST(ReadPipeline, TakesFilesPresetsAndText) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "augmentations");
  const std::string text = R"({"operations": [{"op": "vflip"}]})";
  std::ofstream(folder.path() / "augmentations" / "upside.json") << text;
  std::ofstream(folder.path() / "mine.json") << text;
  const std::vector<fs::path> directories = {folder.path() / "absent", folder.path()};

  EXPECT_EQ(preset_names(directories), (std::vector<std::string>{"upside"}));
  const Pipeline preset = read_pipeline("upside", directories);
  EXPECT_EQ(preset.name, "upside");
  EXPECT_EQ(only(preset).kind->name, "vflip");
  const Pipeline file = read_pipeline((folder.path() / "mine.json").string(), {});
  EXPECT_EQ(file.name, "mine");
  EXPECT_EQ(only(file).kind->name, "vflip");
  EXPECT_EQ(only(read_pipeline("hflip", directories)).kind->name, "hflip");
  EXPECT_EQ(read_pipeline("hflip | cutmix", directories).mixings.size(), 1U);
  EXPECT_THROW(read_pipeline((folder.path() / "absent.json").string(), {}), FileError);
}

TEST(ReadPipeline, SuggestsTheClosestPresetOrOperation) {
  const auto complaint = [](const std::string& text,
                            const std::vector<fs::path>& directories) -> std::string {
    try {
      read_pipeline(text, directories);
    } catch (const InvalidArgument& e) {
      return e.what();
    }
    return "no complaint";
  };
  const std::vector<fs::path> shipped = {fs::path(FATHOM_SOURCE) / "data"};
  EXPECT_EQ(complaint("photos", shipped), "no augmentation 'photos'; did you mean 'photo'?");
  EXPECT_EQ(complaint("hfip", shipped), "no augmentation 'hfip'; did you mean 'hflip'?");
  EXPECT_TRUE(
      complaint("something", shipped).starts_with("no augmentation 'something'; presets: cifar, digits, "))
      << complaint("something", shipped);
  EXPECT_NE(complaint("something", {}).find("none was found"), std::string::npos);
  EXPECT_NE(complaint("", {}), "no complaint");
}

TEST(Presets, AllLoadAndKeepTheSizeOfAPicture) {
  const std::vector<fs::path> shipped = {fs::path(FATHOM_SOURCE) / "data"};
  const std::vector<std::string> names = preset_names(shipped);
  for (const char* name : {"cifar", "digits", "fashion", "photo", "strong"})
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  for (const std::string& name : names) {
    const Pipeline pipeline = read_pipeline(name, shipped);
    EXPECT_FALSE(pipeline.empty()) << name;
    const torch::Tensor picture = noise_picture(3, 33, 40);
    for (std::int64_t i = 0; i < 20; ++i)
      EXPECT_EQ(augment(pipeline, picture, {1, 0, i}).sizes(), picture.sizes()) << name;
  }
}

TEST(PipelineText, AParameterIsGivenOnce) {
  const auto refused = [](const std::string& text, const std::string& part) {
    try {
      parse_pipeline(text);
      ADD_FAILURE() << text << " was taken";
    } catch (const InvalidArgument& e) {
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
  };
  refused("resize(32, 32)", "character 12: only the first parameter may be given without its name");
  refused("rotate(10, degrees=20)", "character 12: 'degrees' is given twice");
  refused("hflip(p=0.5, p=0.6)", "'p' is given twice");
  refused("crop(padding=1, 4)", "only the first parameter");
  refused("mixup(0.2, 0.5)", "only alpha may be given without its name, as the first argument");
  refused("mixup(alpha=0.2, alpha=0.5)", "'alpha' is given twice");
  EXPECT_NO_THROW(parse_pipeline("resize(32, width=32) | crop(4, p=0.5) | mixup(0.2, p=0.5)"));
}

TEST(PipelineText, WhatCanBeWrittenInOneLineCanBeAFile) {
  // Sequences that | makes within one-of count as deep as they are in a file.
  std::string text = "hflip";
  int deepest = 0;
  for (int depth = 1; depth <= 20; ++depth) {
    text = "one-of(" + text + " | vflip)";
    try {
      const Pipeline pipeline = parse_pipeline(text);
      EXPECT_NO_THROW(pipeline_from_json(to_json(pipeline).dump(), "nested")) << depth;
      deepest = depth;
    } catch (const InvalidArgument&) {
      break;
    }
  }
  EXPECT_GE(deepest, 5);
  EXPECT_LT(deepest, 20);
}

}  // namespace
}  // namespace fathom::augment
