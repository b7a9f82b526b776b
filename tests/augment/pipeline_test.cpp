#include "fathom/augment/pipeline.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "augment/pictures.hpp"
#include "fathom/core/error.hpp"

namespace fathom::augment {
namespace {

/// Every kind as a pipeline draws it; those made of operations have some that change size and colours.
std::vector<Operation> one_of_each_kind() {
  std::vector<Operation> all;
  for (const OperationKind& kind : operation_kinds()) {
    Operation& operation = all.emplace_back(usual(kind));
    if (kind.takes_operations)
      operation.operations =
          parse_pipeline(
              "rotate(20) | crop(2, height=9) | gaussian-noise(0.1) | one-of(erasing, hue | elastic)")
              .operations;
  }
  return all;
}

/// Ranges over all that is allowed; sizes and counts small enough for a test.
Operation at_its_widest(const OperationKind& kind) {
  Operation operation = usual(kind);
  for (const Parameter& p : kind.parameters) {
    if (p.drawn_only) continue;
    if (p.scale == Scale::choice) {
      operation.ranges[parameter_index(kind, p.name)] = {p.allowed.low, p.allowed.low};
      continue;
    }
    Range range = p.allowed;
    if (p.name == "height" || p.name == "width" || p.name == "padding" || p.name == "length")
      range.high = std::min(range.high, 40.);
    if (p.name == "sigma" || p.name == "radius" || p.name == "count" || p.name == "tiles")
      range.high = std::min(range.high, 8.);
    set(operation, p.name, range);
  }
  return operation;
}

Operation any_operation(Random& random, int depth) {
  const std::vector<OperationKind>& kinds = operation_kinds();
  const OperationKind& kind = kinds[static_cast<std::size_t>(random.whole(0, std::ssize(kinds) - 1))];
  if (kind.takes_operations && depth == 3) return usual(operation_kind("hflip"));
  Operation operation = random.uniform() < 0.5 ? usual(kind) : at_its_widest(kind);
  for (std::size_t i = 0; i < kind.parameters.size(); ++i)
    if (const Parameter& p = kind.parameters[i]; p.scale == Scale::choice) {
      const auto choice = static_cast<double>(random.whole(0, std::ssize(p.choices) - 1));
      operation.ranges[i] = {choice, choice};
    }
  operation.probability = random.uniform() < 0.5 ? 1 : random.uniform();
  if (kind.takes_operations)
    for (std::int64_t i = random.whole(1, 3); i > 0; --i)
      operation.operations.push_back(any_operation(random, depth + 1));
  return operation;
}

Pipeline any_pipeline(Random& random) {
  Pipeline pipeline;
  for (std::int64_t i = random.whole(1, 4); i > 0; --i)
    pipeline.operations.push_back(any_operation(random, 0));
  return pipeline;
}

void expect_sound(const torch::Tensor& result, const torch::Tensor& picture, Extent size) {
  ASSERT_EQ(result.scalar_type(), picture.scalar_type());
  ASSERT_EQ(result.sizes(), (std::vector<std::int64_t>{picture.size(0), size.height, size.width}));
  if (result.scalar_type() != torch::kFloat) return;
  // Interpolation's weights sum to 1 but for rounding.
  ASSERT_GE(result.min().item<float>(), -1e-5F);
  ASSERT_LE(result.max().item<float>(), 1 + 1e-5F);
  ASSERT_TRUE(result.isfinite().all().item<bool>());
}

TEST(Pipeline, WhatHappensToAPictureFollowsFromSeedEpochAndIndexAlone) {
  const Pipeline pipeline = parse_pipeline(
      "crop(4) | rotate | one-of(elastic, gaussian-noise) | rand-augment | erasing(with=noise)");
  const torch::Tensor picture = noise_picture(3, 32, 32);
  const torch::Tensor first = augment(pipeline, picture, {1, 2, 3});
  augment(pipeline, picture, {5, 5, 5});
  EXPECT_TRUE(augment(pipeline, picture, {1, 2, 3}).equal(first));
  EXPECT_FALSE(augment(pipeline, picture, {2, 2, 3}).equal(first));
  EXPECT_FALSE(augment(pipeline, picture, {1, 3, 3}).equal(first));
  EXPECT_FALSE(augment(pipeline, picture, {1, 2, 4}).equal(first));
  EXPECT_FALSE(augment(pipeline, picture, {1, 3, 2}).equal(first));
}

TEST(Pipeline, SeedEpochAndIndexGiveDifferentDraws) {
  const Pipeline pipeline = parse_pipeline("rotate");
  std::set<double> degrees;
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    for (std::int64_t epoch = 0; epoch < 10; ++epoch)
      for (std::int64_t index = 0; index < 10; ++index)
        degrees.insert(draw(pipeline, {seed, epoch, index})[0].values[0]);
  EXPECT_EQ(degrees.size(), 1000U);
}

TEST(Pipeline, ChangingOneOperationLeavesTheDrawsOfTheOthers) {
  const auto drawn = [](const std::string& text) { return draw(parse_pipeline(text), {9, 9, 9}); };
  const Drawing before = drawn("rotate(10) | crop(4) | one-of(scale, shear) | gaussian-noise");
  for (const char* text : {"rotate(30, border=wrap) | crop(4) | one-of(scale, shear) | gaussian-noise",
                           "aug-mix | crop(4) | one-of(scale, shear) | gaussian-noise",
                           "erasing | crop(4) | one-of(scale, shear) | gaussian-noise",
                           "hflip | crop(4) | one-of(scale, shear) | gaussian-noise"}) {
    Drawing after = drawn(text);
    ASSERT_EQ(after.size(), 4U) << text;
    after[0] = before[0];
    EXPECT_EQ(to_json(after), to_json(before)) << text;
  }
  Drawing without = drawn("rotate(10, p=0) | crop(4) | one-of(scale, shear) | gaussian-noise");
  EXPECT_EQ(to_json(without), to_json(Drawing(before.begin() + 1, before.end())));
  const Drawing inner = drawn("rotate(10) | crop(4) | one-of(scale(0.2..3, p=0.99), shear) | gaussian-noise");
  EXPECT_EQ(to_json(Drawing{inner[0], inner[1], inner[3]}),
            to_json(Drawing{before[0], before[1], before[3]}));
}

TEST(Pipeline, EqualOperationsDrawForThemselves) {
  const Drawing drawing = draw(parse_pipeline("rotate | rotate"), {1, 1, 1});
  EXPECT_NE(drawing[0].values[0], drawing[1].values[0]);
}

TEST(Replay, OfWhatWasWrittenIsTheSameBitForBit) {
  for (const Operation& operation : one_of_each_kind())
    for (std::int64_t i = 0; i < 8; ++i) {
      const Drawing drawing = draw({.operations = {operation}}, {1, 0, i});
      const std::string text = to_json(drawing).dump();
      const Drawing again = drawing_from_json(nlohmann::ordered_json::parse(text));
      EXPECT_EQ(to_json(again).dump(), text);
      for (const torch::Tensor& picture : {noise_picture(3, 20, 24), noise_picture(4, 20, 24, torch::kFloat)})
        EXPECT_TRUE(replay(again, picture).equal(replay(drawing, picture))) << operation.kind->name;
    }
}

TEST(KeepsSize, IsFalseForEveryPipelineWhoseResultMayDiffer) {
  for (const char* text :
       {"resize(16, width=32)", "resize(height=0..32, width=32)", "resize(height=32, width=0..32)",
        "resize(height=1..32, width=32)", "resize(height=32..40, width=32)", "crop(0, height=0..32)",
        "centre-crop(0..32)", "resized-crop(height=0..32)", "resize(32, width=32) | crop(0, height=30)",
        "one-of(hflip, crop(0, height=31..32))", "one-of(crop(0, height=30), hflip)",
        "some-of(1, crop(0, height=30), resize(32, width=32))", "hflip | sequence(crop(0, width=8), hflip)",
        "crop(0, height=30) | resize(32, width=32, p=0.5)", "crop(0, height=30, p=0.001)",
        "crop(0, height=30) | one-of(resize(32, width=32), hflip)"}) {
    const Pipeline pipeline = parse_pipeline(text);
    EXPECT_FALSE(keeps_size(pipeline, {32, 32})) << text;
    std::set<std::int64_t> heights, widths;
    for (std::int64_t i = 0; i < 20000; ++i) {
      const Extent size = result_size(draw(pipeline, {1, 0, i}), {32, 32});
      heights.insert(size.height), widths.insert(size.width);
    }
    EXPECT_FALSE(heights == std::set<std::int64_t>{32} && widths == std::set<std::int64_t>{32})
        << text << " never gives another size";
  }
}

TEST(KeepsSize, IsTrueIfTheResultHasTheSizeWhateverItHadInBetween) {
  for (const char* text :
       {"", "hflip", "resize", "resize(32, width=32)", "crop(4)", "rand-augment | crop(4, height=32)",
        "resize(height=0..0, width=32)", "crop(0, height=30, p=0)", "resized-crop(height=32, width=32)",
        "crop(0, height=16, width=20) | resize(32, width=32)",
        "resize(40, width=40) | one-of(crop(0, height=32, width=32), centre-crop(32, width=32))",
        "some-of(2, crop(4), resize(32, width=32))", "crop(0, height=8..32, p=0.5) | resize(32, width=32)"}) {
    const Pipeline pipeline = *text == '\0' ? Pipeline() : parse_pipeline(text);
    EXPECT_TRUE(keeps_size(pipeline, {32, 32})) << text;
    for (std::int64_t i = 0; i < 200; ++i)
      EXPECT_EQ(result_size(draw(pipeline, {1, 0, i}), {32, 32}), (Extent{32, 32})) << text;
  }
}

TEST(Replay, OnAMaskMovesItWithoutNewLabels) {
  // 7 and 200 only, beside the 0 of what comes into view.
  const torch::Tensor mask = torch::where(noise_picture(1, 30, 36) > 127, 200, 7).to(torch::kByte);
  for (const Operation& each : one_of_each_kind())
    for (std::int64_t i = 0; i < 5; ++i) {
      Operation operation = each;
      for (std::size_t k = 0; k < operation.ranges.size(); ++k)
        if (each.kind->parameters[k].name == "fill") operation.ranges[k] = {0.5, 0.5};
      const Drawing drawing = draw({.operations = {operation}}, {1, 0, i});
      const torch::Tensor moved = replay(drawing, mask, Target::mask);
      EXPECT_TRUE((moved.eq(200) | moved.eq(7) | moved.eq(0)).all().item<bool>()) << each.kind->name;
      const Extent size = result_size(drawing, {30, 36});
      EXPECT_EQ(moved.size(1), size.height);
      EXPECT_EQ(moved.size(2), size.width);
      if (each.kind->group != Group::geometry && each.kind->group != Group::composition) {
        EXPECT_TRUE(moved.equal(mask)) << each.kind->name << " has nothing to do with labels";
      }
    }
}

TEST(Replay, OnAMaskMovesItAsItsPicture) {
  // Where the picture is bright the mask has its label: they still agree but at the edges.
  torch::Tensor picture = torch::zeros({1, 64, 64}, torch::kByte);
  picture.narrow(1, 16, 24).narrow(2, 20, 30).fill_(255);
  const torch::Tensor mask = torch::where(picture > 0, 3, 1).to(torch::kByte);
  for (const Operation& operation : one_of_each_kind()) {
    if (operation.kind->group != Group::geometry) continue;
    const Drawing drawing = draw({.operations = {operation}}, {3, 0, 1});
    const torch::Tensor seen = replay(drawing, picture), labels = replay(drawing, mask, Target::mask);
    const torch::Tensor sure = (seen < 5) | (seen > 250);
    const torch::Tensor agree = (seen > 127) == labels.eq(3);
    EXPECT_TRUE((agree | sure.logical_not()).all().item<bool>()) << operation.kind->name;
    EXPECT_GT(sure.to(torch::kFloat).mean().item<float>(), 0.85F) << operation.kind->name;
  }
}

TEST(Replay, OfNothingIsACopy) {
  const torch::Tensor picture = noise_picture(3, 5, 5);
  torch::Tensor result = replay({}, picture);
  EXPECT_TRUE(result.equal(picture));
  result.zero_();
  EXPECT_GT(picture.max().item<int>(), 0);
}

TEST(Replay, LeavesThePictureAsItWasHoweverItLies) {
  const Pipeline pipeline = parse_pipeline("invert | hflip | erasing | brightness(0.5)");
  on_each_form(12, 17, [&](const torch::Tensor& picture) {
    const torch::Tensor before = picture.clone();
    const torch::Tensor result = augment(pipeline, picture, {1, 1, 1});
    EXPECT_TRUE(picture.equal(before));
    const torch::Tensor interleaved = picture.permute({1, 2, 0}).contiguous().permute({2, 0, 1});
    EXPECT_TRUE(augment(pipeline, interleaved, {1, 1, 1}).equal(result));
    EXPECT_TRUE(interleaved.equal(before)) << "read in place, but not written";
    const torch::Tensor wide = torch::cat({picture, picture}, 2).narrow(2, 17, 17);
    EXPECT_TRUE(augment(pipeline, wide, {1, 1, 1}).equal(result));
    EXPECT_TRUE(
        augment(pipeline, picture.transpose(1, 2).contiguous().transpose(1, 2), {1, 1, 1}).equal(result));
  });
}

TEST(Replay, OutlivesWhatItCameFrom) {
  torch::Tensor result;
  {
    const torch::Tensor picture = torch::full({3, 8, 8}, 10, torch::kByte);
    result = augment(parse_pipeline("hflip | invert"), picture, {});
  }
  EXPECT_TRUE(result.eq(245).all().item<bool>());
}

TEST(Replay, RefusesWhatIsNoPicture) {
  const Drawing flip = {step_of("hflip")};
  for (const torch::Tensor& other :
       {torch::Tensor(), torch::zeros({8, 8}), torch::zeros({2, 8, 8}), torch::zeros({5, 8, 8}),
        torch::zeros({3, 0, 8}), torch::zeros({1, 3, 8, 8}), torch::zeros({3, 8, 8}, torch::kDouble),
        torch::zeros({3, 8, 8}, torch::kInt), torch::zeros({1, 1, 16385}, torch::kByte)})
    EXPECT_THROW(replay(flip, other), InvalidArgument);
  EXPECT_EQ(replay(flip, torch::zeros({1, 1, 16384}, torch::kByte)).size(2), 16384);
}

TEST(ResultSize, IsThatOfTheResultForEveryKind) {
  Random random(4);
  for (const Operation& usual_one : one_of_each_kind())
    for (int i = 0; i < 12; ++i) {
      const Operation operation =
          i % 2 == 0 || usual_one.kind->takes_operations ? usual_one : at_its_widest(*usual_one.kind);
      const Extent size{random.whole(1, 40), random.whole(1, 40)};
      const Drawing drawing = draw({.operations = {operation}}, {2, 0, i});
      SCOPED_TRACE(operation.kind->name);
      for (const torch::ScalarType type : {torch::kByte, torch::kFloat}) {
        const torch::Tensor picture =
            noise_picture(i % 3 == 2 ? 4 : 1 + 2 * (i % 3), size.height, size.width, type);
        expect_sound(replay(drawing, picture), picture, result_size(drawing, size));
      }
    }
}

TEST(Describe, SaysWhatWasDrawnAndLeavesOutWhatIsAsUsual) {
  EXPECT_EQ(describe(step_of("hflip")), "hflip");
  EXPECT_EQ(describe(step_of("rotate", {{"degrees", 12.345}})), "rotate degrees 12.3");
  EXPECT_EQ(describe(step_of("rotate", {{"degrees", 5}, {"border", 3}})), "rotate degrees 5, border wrap");
  EXPECT_EQ(describe(step_of("crop", {{"padding", 4}, {"x", 0.2}, {"y", 0.71}})),
            "crop padding 4, x 0.2, y 0.71");
  Step one{.kind = &operation_kind("one-of"), .steps = {step_of("vflip")}};
  EXPECT_EQ(describe(one), "one-of vflip");
}

TEST(AnyPipeline, OnAnyPictureGivesAPictureOfTheSizePromised) {
  Random random(2);
  for (int round = 0; round < 400; ++round) {
    const Pipeline pipeline = any_pipeline(random);
    const std::string text = to_json(pipeline).dump();
    SCOPED_TRACE(text);
    const bool tiny = random.uniform() < 0.3;
    const Extent size{random.whole(1, tiny ? 4 : 48), random.whole(1, tiny ? 4 : 48)};
    constexpr std::int64_t kChannels[] = {1, 3, 4};
    const torch::Tensor picture =
        noise_picture(kChannels[random.whole(0, 2)], size.height, size.width,
                      random.uniform() < 0.5 ? torch::kByte : torch::kFloat, random());
    const Drawing drawing = draw(pipeline, {random(), random.whole(0, 100), random.whole(0, 1'000'000)});
    expect_sound(replay(drawing, picture), picture, result_size(drawing, size));
    const torch::Tensor mask = noise_picture(1, size.height, size.width, torch::kByte, random());
    expect_sound(replay(drawing, mask, Target::mask), mask, result_size(drawing, size));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(AnyPipeline, TakesLongThinPictures) {
  Random random(3);
  std::int64_t number = 0;
  for (const Operation& operation : one_of_each_kind())
    for (const Extent size :
         {Extent{8192, 3}, Extent{3, 8192}, Extent{1, 500}, Extent{500, 1}, Extent{1, 1}}) {
      const Pipeline pipeline{.operations = {operation}};
      ++number;
      const torch::Tensor picture = noise_picture(number % 2 == 0 ? 3 : 1, size.height, size.width,
                                                  number % 3 == 0 ? torch::kFloat : torch::kByte);
      const Drawing drawing = draw(pipeline, {random(), 0, 0});
      SCOPED_TRACE(to_json(drawing).dump());
      expect_sound(replay(drawing, picture), picture, result_size(drawing, size));
    }
}

}  // namespace
}  // namespace fathom::augment
