#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "fathom/augment/pipeline.hpp"
#include "fathom/image/mask.hpp"
#include "fathom/image/picture.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kClothes = "--image fashion-mnist:test:0-3 ";

class AugmentPreview : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome run(const std::string& flags) const {
    return run_program("augment_preview", flags + " --json -o " + path("sheet.png"));
  }
  /// The report of a run that must succeed.
  Json report(const std::string& flags) const {
    const Outcome outcome = run(flags);
    EXPECT_EQ(outcome.status, 0) << flags << outcome.err;
    EXPECT_EQ(image::read_picture(path("sheet.png")).size(0), 3) << flags;
    return outcome.status == 0 ? Json::parse(outcome.out) : Json();
  }
  torch::Tensor picture(const std::string& name) const { return image::read_picture(path(name)); }
  std::vector<Json> parameters(const std::string& folder) const {
    std::istringstream lines(io::read_file(path(folder + "/parameters.jsonl")));
    std::vector<Json> all;
    for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
    return all;
  }

  TemporaryFolder folder_;
};

TEST_F(AugmentPreview, ReportsWhatHappenedToEachPictureOfTheGrid) {
  const Json json = report(std::string(kClothes) + "--grid 2x3 --pipeline 'rotate(15) | hflip(p=0)'");
  ASSERT_EQ(json.at("images").size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    const Json& image = json["images"][i];
    EXPECT_EQ(image.at("index"), i);
    EXPECT_EQ(image.at("number"), i % 4);  // four pictures, gone round
    EXPECT_EQ(image.at("epoch"), i / 4);
    ASSERT_EQ(image.at("operations").size(), 1U);  // hflip was passed by
    EXPECT_EQ(image["operations"][0].at("name"), "rotate");
    EXPECT_LE(std::abs(image["operations"][0].at("parameters").at("degrees").get<double>()), 15);
  }
  EXPECT_GT(json.at("images_per_second"), 0);
  EXPECT_EQ(json.at("seed"), 0);
  EXPECT_EQ(json.at("pipeline").at("operations").size(), 2U);
}

TEST_F(AugmentPreview, DrawsAsTheLibraryDoesForTheSameSeedEpochAndPicture) {
  const Json json =
      report(std::string(kClothes) + "--grid 2x3 --seed 7 --pipeline 'rotate(15) | hflip(p=0.5)'");
  const augment::Pipeline pipeline = augment::parse_pipeline("rotate(15) | hflip(p=0.5)");
  for (std::int64_t i = 0; i < 6; ++i)
    EXPECT_EQ(json.at("images")[static_cast<std::size_t>(i)].at("operations"),
              augment::to_json(augment::draw(pipeline, {7, i / 4, i % 4})));
}

TEST_F(AugmentPreview, SavesPicturesAndParametersThatRepeatThem) {
  // Mixing, colours, noise and changes of size: all that a line must hold.
  const std::string pipeline =
      "--pipeline 'crop(height=20, width=24) | rand-augment | gaussian-noise | cutmix(p=0.5) | mixup' ";
  report(kClothes + pipeline + "--grid 2x4 --save-dir " + path("first"));
  const std::vector<Json> lines = parameters("first");
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_TRUE(lines[0].contains("mixing"));
  report(std::string(kClothes) + "--replay " + path("first/parameters.jsonl") + " --save-dir " +
         path("second"));
  for (const char* name : {"0000.png", "0003.png", "0007.png", "parameters.jsonl"})
    EXPECT_EQ(io::read_file(path(std::string("second/") + name)),
              io::read_file(path(std::string("first/") + name)));
  EXPECT_EQ(picture("first/0000.png").sizes(), (std::vector<std::int64_t>{1, 20, 24}));

  const Json one = report(std::string(kClothes) + "--index 5 --replay " + path("first/parameters.jsonl"));
  ASSERT_EQ(one.at("images").size(), 1U);
  EXPECT_EQ(one["images"][0].at("operations"), lines[5].at("operations"));
}

TEST_F(AugmentPreview, MovesMasksAsTheirPictures) {
  torch::Tensor square = torch::zeros({1, 40, 40}, torch::kByte);
  square.narrow(1, 4, 12).narrow(2, 20, 12).fill_(255);
  image::write_picture(path("square.png"), square);
  image::write_picture(path("labels.png"), square.gt(0).to(torch::kByte).mul(3));
  report("--image " + path("square.png") + " --mask " + path("labels.png") +
         " --grid 1x3 --pipeline 'hflip | crop(8) | brightness(0.5)' --save-dir " + path("out"));
  for (const char* index : {"0000", "0001", "0002"}) {
    const torch::Tensor moved = picture(std::string("out/") + index + ".png");
    const torch::Tensor labels = picture(std::string("out/") + index + "-mask.png");
    EXPECT_TRUE(torch::equal(moved.gt(0), labels.gt(0)));
    EXPECT_EQ(labels.max().item<int>(), 3);
    EXPECT_LT(moved.max().item<int>(), 255);
  }
}

TEST_F(AugmentPreview, KeepsLabelsOfSixteenBits) {
  image::write_picture(path("picture.png"), torch::zeros({1, 6, 6}, torch::kByte));
  const torch::Tensor labels = torch::arange(0, 36, torch::kFloat).mul(1000).view({1, 6, 6});
  image::write_mask(path("labels.png"), labels);
  report("--image " + path("picture.png") + " --mask " + path("labels.png") +
         " --grid 1x1 --pipeline 'hflip | brightness(0.5)' --save-dir " + path("out"));
  EXPECT_TRUE(image::read_mask(path("out/0000-mask.png")).equal(labels.flip({2})));
}

TEST_F(AugmentPreview, PaletteMasksKeepTheirIndicesWhenDrawnAndWhenReplayed) {
  const std::string make =
      "import sys; from PIL import Image; m = Image.new('P', (4, 2)); "
      "m.putpalette([c for i in range(256) for c in (255 - i, i * 7 % 256, i * 31 % 256)]); "
      "m.putdata([0, 1, 15, 255, 255, 15, 1, 0]); m.save(sys.argv[1] + '/a.png'); m.save(sys.argv[1] + "
      "'/a.bmp'); "
      "m.save(sys.argv[1] + '/a.tif'); Image.new('RGB', (4, 2)).save(sys.argv[1] + '/x.png')";
  if (run_command("/usr/bin/python3 -c 'import PIL'").status != 0)
    GTEST_SKIP() << "python3-pil is not installed";
  ASSERT_EQ(run_command("/usr/bin/python3 -c \"" + make + "\" '" + path("") + "'").status, 0);
  const torch::Tensor mirrored =
      torch::tensor({255, 15, 1, 0, 0, 1, 15, 255}, torch::kInt).to(torch::kUInt8).view({1, 2, 4});
  for (const char* mask : {"a.png", "a.bmp", "a.tif"}) {
    const std::string both = "--image " + path("x.png") + " --mask " + path(mask);
    report(both + " --pipeline 'hflip(p=1)' --grid 1x1 --save-dir " + path("drawn"));
    EXPECT_TRUE(image::read_mask(path("drawn/0000-mask.png")).equal(mirrored)) << mask;
    report(both + " --replay " + path("drawn/parameters.jsonl") + " --save-dir " + path("replayed"));
    EXPECT_TRUE(image::read_mask(path("replayed/0000-mask.png")).equal(mirrored)) << mask;
    // What was written is a mask, too.
    report("--image " + path("x.png") + " --mask " + path("drawn/0000-mask.png") + " --replay " +
           path("drawn/parameters.jsonl") + " --save-dir " + path("again"));
    EXPECT_TRUE(image::read_mask(path("again/0000-mask.png")).equal(mirrored.flip({2}))) << mask;
  }
}

TEST_F(AugmentPreview, StagesAreTheFirstRowOfTheGrid) {
  const std::string pipeline = "--pipeline 'rotate(15) | hflip(p=0.5) | mixup' ";
  const Json grid = report(kClothes + pipeline + "--grid 2x3"),
             stages = report(kClothes + pipeline + "--stages --grid 2x3");
  ASSERT_EQ(stages.at("images").size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(stages["images"][i], grid["images"][i]);
}

TEST_F(AugmentPreview, CatalogShowsEveryOperationThatStandsForItself) {
  const Json json = report("--image fashion-mnist:test:0 --catalog");
  std::map<std::string, int> shown;
  for (const Json& image : json.at("images")) ++shown[image.at("operations")[0].at("name")];
  for (const augment::OperationKind& kind : augment::operation_kinds())
    EXPECT_EQ(shown[kind.name], kind.takes_operations          ? 0
                                : augment::has_magnitude(kind) ? 3
                                                               : 1)
        << kind.name;
}

TEST_F(AugmentPreview, MagnitudeAndProbabilityTurnThePipeline) {
  const auto operations = [&](const std::string& flags) {
    return report(std::string(kClothes) + "--pipeline 'rotate(10..10) | brightness(2..2)' --grid 1x1 " +
                  flags)
        .at("images")[0]
        .at("operations");
  };
  EXPECT_EQ(operations("--probability 0").size(), 0U);
  EXPECT_EQ(operations("--magnitude 200")[0].at("parameters").at("degrees"), 20);
  EXPECT_EQ(operations("--magnitude 0")[1].at("parameters").at("factor"), 1);
}

TEST_F(AugmentPreview, TakesPicturesOfAnySizeFromAFolder) {
  const torch::Tensor colour = torch::randint(0, 255, {3, 150, 211}, torch::kByte);
  image::write_picture(path("pictures/b.jpg"), colour);
  image::write_picture(path("pictures/c.png"), image::to_grey(colour));
  image::write_picture(path("pictures/a.png"), colour.narrow(1, 0, 1).narrow(2, 0, 1).contiguous());
  io::write_file(path("pictures/notes.txt"), "no picture");
  for (const char* flags :
       {"--grid 2x3", "--grid 1x3 --pipeline strong", "--stages --grid 1x2", "--catalog"}) {
    const Json json = report("--image " + path("pictures") + " " + flags);
    if (flags != std::string("--catalog")) {
      EXPECT_EQ(json.at("images")[0].at("picture"), path("pictures/a.png"));
      EXPECT_EQ(json.at("images")[1].at("picture"), path("pictures/b.jpg"));
    }
  }
}

TEST_F(AugmentPreview, TheSameCommandGivesTheSameBytes) {
  const StartedFromNothing each_run;
  for (const std::string flags : {"--pipeline strong --seed 3", "--pipeline strong --stages", "--catalog"}) {
    report(kClothes + flags);
    const std::string first = io::read_file(path("sheet.png"));
    report(kClothes + flags + " --threads 1");
    EXPECT_EQ(io::read_file(path("sheet.png")), first) << flags;
  }
}

TEST_F(AugmentPreview, SaysWhatIsWrongAndWritesNothing) {
  std::filesystem::create_directory(path("empty"));
  io::write_file(path("bad.jsonl"),
                 "{\"index\": 0, \"number\": 0, \"epoch\": 0, \"operations\": [{\"name\": \"rotat\"}]}\n");
  io::write_file(path("text.jsonl"), "\nnothing\n");
  image::write_picture(path("mask.png"), torch::zeros({1, 5, 5}, torch::kByte));
  image::write_picture(path("colours.png"), torch::zeros({3, 28, 28}, torch::kByte));
  struct Case {
    std::string flags;
    int status;
    std::string says;
  };
  const std::string clothes = kClothes;
  for (const Case& c : std::vector<Case>{
           {"", 2, "--image is missing"},
           {clothes + "--pipeline 'rotat(3)'", 2, "did you mean 'rotate'?"},
           {clothes + "--pipeline nowhere.json", 1, "nowhere.json"},
           {clothes + "--grid 0x3", 2, "--grid must be"},
           {clothes + "--grid 3x41", 2, "--grid must be"},
           {clothes + "--magnitude 201", 2, "--magnitude must be"},
           {clothes + "--probability x", 2, "--probability must be"},
           {clothes + "--stages --catalog", 2, "cannot be combined"},
           {clothes + "--catalog --pipeline strong", 2, "cannot be combined"},
           {clothes + "--index 3", 2, "--index needs --replay"},
           {clothes + "--replay " + path("bad.jsonl"), 1, "did you mean 'rotate'?"},
           {clothes + "--replay " + path("text.jsonl"), 1, "line 2: not valid JSON"},
           {clothes + "--replay nowhere.jsonl", 1, "nowhere.jsonl"},
           {clothes + "--pipeline strong --mask " + path("mask.png"), 2, "without mixup"},
           {"--image fashion-mnist:test:0 --mask " + path("mask.png"), 1, "has 5x5 pixels"},
           {"--image fashion-mnist:test:0 --mask " + path("colours.png"), 1, "a PNG mask must be"},
           {"--image " + path("empty"), 1, "no pictures in folder"},
           {"--image nowhere.png", 1, "nowhere.png"}}) {
    const Outcome outcome = run(c.flags);
    EXPECT_EQ(outcome.status, c.status) << c.flags << outcome.err;
    EXPECT_NE(outcome.err.find("augment_preview: error: "), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(c.says), std::string::npos) << outcome.err;
  }
  EXPECT_FALSE(std::filesystem::exists(path("sheet.png")));
}

TEST_F(AugmentPreview, LeavesOutDamagedPicturesIfItIsAskedTo) {
  for (const char* name : {"a", "c"})
    image::write_picture(path(std::string("photos/") + name + ".png"),
                         torch::full({3, 8, 8}, 9, torch::kByte));
  io::write_file(path("photos/b.png"), "no picture");
  const std::string photos = "--image " + path("photos") + " --pipeline hflip --grid 1x2";
  EXPECT_EQ(run(photos).status, 1);
  const Json left = report(photos + " --skip-damaged");
  EXPECT_EQ(left.at("images")[0].at("picture"), path("photos/a.png"));
  EXPECT_EQ(left.at("images")[1].at("picture"), path("photos/c.png"));
  EXPECT_NE(left.at("notes").dump().find("left out"), std::string::npos);
  const Outcome masked = run(photos + " --skip-damaged --mask " + path("photos/a.png"));
  EXPECT_EQ(masked.status, 2) << masked.err;
  EXPECT_NE(masked.err.find("--mask and --skip-damaged cannot be combined"), std::string::npos) << masked.err;
}

TEST_F(AugmentPreview, AWindowWithoutADisplayIsAnError) {
  for (const char* environment :
       {"env -u DISPLAY -u WAYLAND_DISPLAY", "env -u WAYLAND_DISPLAY DISPLAY=:4711"}) {
    const Outcome outcome = run_command(std::string(environment) + " '" FATHOM_BIN "/augment_preview' " +
                                        kClothes + "--window -o " + path("sheet.png"));
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    EXPECT_NE(outcome.err.find("augment_preview: error: --window"), std::string::npos) << outcome.err;
  }
}

/// A screen without a screen: an X server in memory, keys and clicks by xdotool, screenshots by ImageMagick.
class AugmentWindow : public AugmentPreview {
 protected:
  void SetUp() override {
    for (const char* tool : {"Xvfb", "xdotool", "import"})
      if (std::system((std::string("command -v ") + tool + " >/dev/null").c_str()) != 0)
        GTEST_SKIP() << tool << " is not installed";
  }
  /// Starts the program with a window, then does as `script` says; $window is its id.
  Outcome with_window(const std::string& flags, const std::string& script) const {
    io::write_file(path("script.sh"),
                   // The server itself takes a display that is free, where other tests start servers too.
                   "Xvfb -displayfd 3 -nolisten tcp -screen 0 1280x1024x24 3>" + path("display") +
                       " &\n"
                       "trap \"kill $!\" EXIT\n"
                       "until [ -s " +
                       path("display") +
                       " ]; do sleep 0.1; done\n"
                       "export DISPLAY=:$(cat " +
                       path("display") + ")\n'" FATHOM_BIN "/augment_preview' " + flags +
                       " --window --json -o " + path("sheet.png") + " >" + path("report.json") + " &\n" +
                       "program=$!\n"
                       "until window=$(xdotool search --onlyvisible --name '^augment_preview'); do\n"
                       "  kill -0 $program || exit 1; sleep 0.1\n"
                       "done\n"
                       "saved() { until [ -s " +
                       path("sheet.png") +
                       " ]; do sleep 0.1; done; }\n"
                       "sleep 1; xdotool windowfocus --sync $window\n" +
                       script + "\nwait $program\n");
    return run_command("timeout 120 bash " + path("script.sh"));
  }
  Json window_report() const { return Json::parse(io::read_file(path("report.json"))); }
};

TEST_F(AugmentWindow, ShowsTheNextSeedAndSavesWhatIsSeen) {
  const Outcome outcome =
      with_window(std::string(kClothes) + "--seed 3 --save-dir " + path("saved"),
                  "xdotool key n; sleep 2; import -window root " + path("screen.png") +
                      "; xdotool key s; saved; sleep 1; xdotool key p; sleep 1; xdotool key "
                      "p; sleep 1; xdotool key q");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(window_report().at("seed"), 2);
  const std::string saved = io::read_file(path("sheet.png"));
  EXPECT_EQ(parameters("saved").size(), 6U);

  report(std::string(kClothes) + "--seed 4 --grid 1x6");
  EXPECT_EQ(saved, io::read_file(path("sheet.png")));
  // The sheet is on the screen, pixel for pixel.
  const torch::Tensor sheet = picture("sheet.png"), screen = picture("screen.png");
  EXPECT_TRUE(torch::equal(screen.narrow(1, 0, sheet.size(1)).narrow(2, 0, sheet.size(2)), sheet));
}

TEST_F(AugmentWindow, SlidersTurnMagnitudeAndProbability) {
  // They stand below the picture, how far below depends on the toolkit; a click beside the knob moves it.
  const Outcome outcome =
      with_window(std::string(kClothes) + "--magnitude 50 --probability 50",
                  "eval $(xdotool getwindowgeometry --shell $window)\n"
                  "for up in 6 10 14 18 22 26 30 34 38 42 46 50 54; do\n"
                  "  xdotool mousemove $((X + WIDTH - 20)) $((Y + HEIGHT - up)) click 1; sleep 0.2\n"
                  "done; sleep 1\n"
                  "import -window root " +
                      path("screen.png") + "; xdotool key q");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json seen = window_report();
  EXPECT_GT(seen.at("magnitude"), 50);
  EXPECT_GT(seen.at("probability"), 50);
}

}  // namespace
}  // namespace fathom
