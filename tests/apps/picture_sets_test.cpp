/// Folders of pictures, CSV files and lists of pictures as people have them.
#include <gtest/gtest.h>
#include <torch/script.h>

#include <nlohmann/json.hpp>

#include "fathom/data/catalog.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "fathom/train/trainer.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

/// A classifier of colours without a card, and pictures of one colour.
class PictureSets : public testing::Test {
 protected:
  void SetUp() override {
    torch::jit::Module program("foreign");
    program.define("def forward(self, x):\n    return 9 * x.mean([2, 3])\n");
    program.save(path("colours.pt"));
    io::write_file(path("labels.txt"), "red\ngreen\nblue\n");
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  /// A picture of the colour 0 (red), 1 (green) or 2 (blue).
  void add(const std::string& name, int colour) const {
    torch::Tensor picture = torch::zeros({3, 8, 8}, torch::kByte);
    picture[colour].fill_(200);
    image::write_picture(path("picture.png"), picture);
    fs::create_directories(fs::path(path(name)).parent_path());
    fs::rename(path("picture.png"), path(name));
  }
  Outcome run(const std::string& program, const std::string& arguments) const {
    return run_program_in(folder_.path(), program, arguments + " --quiet");
  }
  Outcome evaluate(const std::string& data, const std::string& flags = "--labels labels.txt") const {
    return run("evaluate", "--json --model colours.pt --input-size 8 --data " + data + " " + flags);
  }
  static nlohmann::json report(const Outcome& outcome) {
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.status == 0 ? nlohmann::json::parse(outcome.out) : nlohmann::json::object();
  }
  static bool has_note(const nlohmann::json& json, const std::string& part) {
    for (const auto& note : json.at("notes"))
      if (note.get<std::string>().find(part) != std::string::npos) return true;
    return false;
  }

  TemporaryFolder folder_;
};

TEST_F(PictureSets, ClassesInAnotherOrderAreComparedByName) {
  for (int i = 0; i < 3; ++i) {
    add("set/test/red/" + std::to_string(i) + ".png", 0);
    add("set/test/green/" + std::to_string(i) + ".png", 1);
    add("set/test/blue/" + std::to_string(i) + ".png", 2);
  }
  const auto json = report(evaluate("folder:set"));
  EXPECT_EQ(json.at("accuracy"), 1);  // by position only green would be right
  EXPECT_TRUE(has_note(json, "compared by name"));
  EXPECT_TRUE(
      has_note(json, "9 test pictures in 3 classes (training + test: blue 0 + 3, green 0 + 3, red 0 + 3)"));
  const auto unnamed = report(evaluate("folder:set", ""));
  EXPECT_TRUE(has_note(unnamed, "the model has no class names"));
}

TEST_F(PictureSets, ASubsetIsEvaluatedAndOtherClassesHaveNoAccuracy) {
  add("set/test/blue/1.png", 2);
  add("set/test/red/1.png", 0);
  const Outcome outcome = evaluate("folder:set");
  const auto json = report(outcome);
  EXPECT_EQ(json.at("accuracy"), 1);
  EXPECT_TRUE(json.at("per_class").at("green").is_null());
  EXPECT_NE(outcome.err.find("green  no picture"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("nan"), std::string::npos) << outcome.err;
}

TEST_F(PictureSets, FewOfManyClassesAreListedAndDrawnAlone) {
  torch::jit::Module program("many");
  program.define(
      "def forward(self, x):\n    return torch.cat([9 * x.mean([2, 3])] + [x.mean([2, 3])] * 99, 1)\n");
  program.save(path("many.pt"));
  std::string names = "red\ngreen\nblue\n";
  for (int k = 3; k < 300; ++k) names += "other " + std::to_string(k) + "\n";
  io::write_file(path("many.txt"), names);
  add("set/test/blue/1.png", 2);
  add("set/test/red/1.png", 0);
  const Outcome outcome =
      run("evaluate", "--model many.pt --input-size 8 --labels many.txt --data folder:set -o m.png");
  EXPECT_EQ(outcome.status, 0) << outcome.err;  // a matrix of 300 classes cannot be drawn
  EXPECT_NE(outcome.out.find("298 classes have no picture"), std::string::npos) << outcome.out;
  EXPECT_LT(image::read_picture(path("m.png")).size(1), 400);
}

TEST_F(PictureSets, ClassesThatTheModelLacksAreRefusedByName) {
  add("set/test/red/1.png", 0);
  add("set/test/rouge/1.png", 0);
  add("set/test/blue/1.png", 2);
  const Outcome outcome = evaluate("folder:set");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("the class 'rouge'"), std::string::npos) << outcome.err;
}

TEST_F(PictureSets, EveryPictureOfAnUntidyFolderIsRead) {
  add("set/red/1.jfif", 0);  // its content counts
  add("set/red/2", 0);
  add("set/red/deep/er/3.png", 0);
  add("set/blue/4.png", 2);
  add("set/blue/5.png", 2);
  io::write_file(path("set/blue/Thumbs.db"), "x");
  io::write_file(path("set/__MACOSX/blue/._4.png"), "x");
  const auto json = report(evaluate("folder:set", "--labels labels.txt --split all"));
  EXPECT_EQ(json.at("accuracy"), 1);
  EXPECT_TRUE(
      has_note(json, "3 training and 2 test pictures in 2 classes (training + test: blue 1 + 1, red 2 + 1)"))
      << json;
  EXPECT_FALSE(has_note(json, "passed over")) << json;  // nobody put the other two there
}

TEST_F(PictureSets, DamagedPicturesAreAllNamedAndLeftOutIfAsked) {
  for (int i = 0; i < 3; ++i) add("set/test/red/" + std::to_string(i) + ".png", 0);
  add("set/test/blue/9.png", 2);
  for (const char* name : {"set/test/red/7.png", "set/test/blue/8.jpg"})
    io::write_file(path(name), "damaged");
  const Outcome refused = evaluate("folder:set");
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("2 of 6 test pictures cannot be read: test/blue/8.jpg, test/red/7.png"),
            std::string::npos)
      << refused.err;
  EXPECT_NE(refused.err.find("or leave them out (--skip-damaged)"), std::string::npos) << refused.err;
  const auto json = report(evaluate("folder:set", "--labels labels.txt --skip-damaged"));
  EXPECT_EQ(json.at("accuracy"), 1);
  EXPECT_TRUE(has_note(json, "left out, 2 of 6 test pictures"));
  const Outcome unused = run("evaluate", "--model " FATHOM_SOURCE "/models/fashion-cnn.pt --skip-damaged");
  EXPECT_EQ(unused.status, 2);
  EXPECT_NE(unused.err.find("--skip-damaged has no effect without --data folder:PATH"), std::string::npos)
      << unused.err;
}

TEST_F(PictureSets, ACsvFileNamesPicturesAndLabels) {
  add("pictures/a, b.png", 0);
  add("pictures/c.png", 2);
  add("pictures/d.png", 1);
  io::write_file(path("lists/set.csv"),
                 "\xef\xbb\xbfpath,label,split\r\n\"../pictures/a, b.png\",red,test\r\n"
                 "../pictures/c.png,blue,test\r\n../pictures/d.png,green,train\r\n");
  const auto json = report(evaluate("csv:lists/set.csv"));
  EXPECT_EQ(json.at("accuracy"), 1);
  EXPECT_TRUE(json.at("per_class").at("green").is_null());
  EXPECT_EQ(
      report(evaluate("csv:lists/set.csv", "--labels labels.txt --split all")).at("per_class").at("green"),
      1);
  for (const char* out : {"lists/set.csv", "pictures/c.png"}) {
    const std::string before = io::read_file(path(out));
    const Outcome outcome = evaluate("csv:lists/set.csv", std::string("--labels labels.txt -o ") + out);
    EXPECT_NE(outcome.status, 0) << out;
    EXPECT_TRUE(io::read_file(path(out)) == before) << out;
  }
  EXPECT_EQ(report(run("occlusion",
                       "--json --model colours.pt --input-size 8 --labels labels.txt -o o.png --image "
                       "csv:lists/set.csv:test:1"))
                .at("predicted"),
            "blue");
}

TEST_F(PictureSets, TrainAndResumeTakeACsvFile) {
  std::string rows = "path,label\n";
  for (int i = 0; i < 24; ++i) {
    const std::string name = std::to_string(i) + ".png";
    add(name, i % 2);
    rows += name + (i % 2 == 0 ? ",red\n" : ",green\n");
  }
  io::write_file(path("24.png"), "damaged");
  io::write_file(path("set.csv"), rows + "24.png,red\n");
  const std::string usual = "--model mlp --data csv:set.csv --image-size 8 --batch-size 8 -o net.pt ";
  EXPECT_EQ(run("train", usual + "--epochs 1").status, 1);
  EXPECT_FALSE(fs::exists(path("net.pt")));
  const Outcome overwriting = run("train", usual + "--epochs 1 --skip-damaged --history set.csv");
  EXPECT_EQ(overwriting.status, 2);
  EXPECT_NE(overwriting.err.find("would overwrite --data 'set.csv'"), std::string::npos) << overwriting.err;
  report(run("train", usual + "--json --epochs 1 --skip-damaged"));
  const auto all = report(run("evaluate", "--json --model net.pt --split all --skip-damaged"));
  EXPECT_TRUE(has_note(all, "22 of the 24 pictures of --split all were in the training set")) << all;
  const auto test = report(run("evaluate", "--json --model net.pt --skip-damaged"));
  EXPECT_FALSE(has_note(test, "training set of the model")) << test;
  const auto json = report(run("train", "--json --epochs 2 --resume net.pt"));
  EXPECT_EQ(json.at("epochs"), 2);
  EXPECT_TRUE(has_note(json, "left out, 1 of 23 training pictures")) << json;
}

/// The test pictures of each class have the colour of the other.
TEST_F(PictureSets, ATrainingThatFailedSaysSoAndWhatToTry) {
  for (int i = 0; i < 8; ++i)
    for (const int colour : {0, 1}) {
      const std::string file = std::string(colour == 0 ? "red/" : "green/") + std::to_string(i) + ".png";
      add("set/train/" + file, colour);
      add("set/test/" + file, 1 - colour);
    }
  const auto json =
      report(run("train",
                 "--json --model mlp --data folder:set --image-size 8 --batch-size 8 --epochs 20 "
                 "-o net.pt"));
  EXPECT_EQ(json.at("test_accuracy"), 0);
  EXPECT_TRUE(has_note(json, "to always answer the most frequent class gives 50.00 %")) << json;
  EXPECT_TRUE(has_note(json, "16 test pictures give a wide interval")) << json;
  EXPECT_TRUE(has_note(json, "to train better, try a smaller --lr, more --epochs")) << json;
}

TEST_F(PictureSets, ARunOfAnOlderVersionResumesWithThePicturesItBeganWith) {
  for (int i = 10; i < 22; ++i) {
    add("set/red/" + std::to_string(i) + ".png", 0);
    add("set/green/" + std::to_string(i) + ".png", 1);
  }
  report(run("train",
             "--json --model mlp --data folder:set --image-size 8 --batch-size 8 --epochs 1 -o net.pt"));
  add("set/red/deep/1.png", 0);  // older versions did not see it
  const Outcome other = run("train", "--resume net.pt --epochs 2");
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.err.find("checksum"), std::string::npos) << other.err;

  data::Catalog catalog{{}, image::read_picture_as, {8, 8}};
  catalog.folder_rules = data::FolderRules::before;
  data::ImageSet set = data::load("folder:" + path("set"), data::Split::train, catalog);
  set.name = "folder:set";
  const std::string state = io::read_file(path("net.train"));
  train::Trainer trainer = train::Trainer::resume(state, set);
  nlohmann::json note = nlohmann::json::parse(train::Trainer::note_of(state));
  EXPECT_EQ(note.erase("every_picture"), 1U);  // as older versions wrote it
  trainer.set_note(note.dump());
  io::write_file(path("net.train"), trainer.state());
  const auto json = report(run("train", "--json --resume net.pt --epochs 2"));
  EXPECT_EQ(json.at("epochs"), 2);
  EXPECT_TRUE(has_note(json, "22 training and 2 test pictures")) << json;
}

/// The names of the pictures that attribution has explained.
std::vector<std::string> explained_pictures(const nlohmann::json& json) {
  std::vector<std::string> names;
  for (const auto& result : json.at("results")) names.push_back(result.at("image"));
  return names;
}

TEST_F(PictureSets, ListsOfPicturesAreTakenInEveryForm) {
  add("a.png", 0);
  add("b, c.png", 1);
  add("photos/d.jfif", 2);
  add("deep/er/e.png", 2);
  io::write_file(path("photos/notes.txt"), "x");
  const std::string usual =
      "--json --model colours.pt --input-size 8 --labels labels.txt --method occlusion -o o.png --image ";
  using Names = std::vector<std::string>;
  const auto names = [&](const std::string& list) {
    return explained_pictures(report(run("attribution", usual + list)));
  };
  EXPECT_EQ(names("'b, c.png'"), Names{"b, c.png"});
  EXPECT_EQ(names("'a.png,b, c.png,a.png'"), (Names{"a.png", "b, c.png", "a.png"}));
  EXPECT_EQ(names("a.png 'b, c.png' photos --image a.png"),
            (Names{"a.png", "b, c.png", "photos/d.jfif", "a.png"}));
  EXPECT_EQ(names("- < a.png"), Names{"-"});
  const Outcome deep = run("attribution", usual + "deep");
  EXPECT_EQ(explained_pictures(report(deep)), Names{"deep/er/e.png"});
  EXPECT_NE(deep.err.find("only in its sub-folders"), std::string::npos) << deep.err;
  EXPECT_EQ(report(run("occlusion",
                       "--json --model colours.pt --input-size 8 --labels labels.txt -o o.png "
                       "--image - < 'b, c.png'"))
                .at("predicted"),
            "green");
  EXPECT_EQ(run("occlusion", "--model colours.pt --input-size 8 --image - < /dev/null").status, 1);
}

TEST_F(PictureSets, AllDamagedPicturesOfAListAreNamed) {
  add("a.png", 0);
  for (const char* name : {"b.png", "c.png"}) io::write_file(path(name), "damaged");
  const Outcome outcome =
      run("attribution",
          "--model colours.pt --input-size 8 --method occlusion -o o.png --image b.png a.png c.png");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("2 of 3 pictures cannot be read: 'b.png', 'c.png'"), std::string::npos)
      << outcome.err;
  const auto json =
      report(run("attribution",
                 "--json --skip-damaged --model colours.pt --input-size 8 --method occlusion -o o.png "
                 "--image b.png a.png c.png"));
  EXPECT_EQ(explained_pictures(json), std::vector<std::string>{"a.png"});
  EXPECT_TRUE(has_note(json, "left out, 2 of 3 pictures cannot be read: 'b.png', 'c.png' (b.png: "));
  EXPECT_TRUE(has_note(json, "; c.png: "));  // each has its own reason
}

TEST_F(PictureSets, FormulasInClassNamesAreSaidAndEscapesAreShown) {
  io::write_file(path("odd.txt"), "=1+1\n\x1b[31mgreen\nblue\n");
  add("a.png", 0);
  add("b.png", 1);
  const Outcome outcome =
      run("predict", "--model colours.pt --input-size 8 --labels odd.txt --image a.png b.png --csv t.csv");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("may take class names of the table as formulas: =1+1"), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.out.find("b.png: \\x1b[31mgreen "), std::string::npos) << outcome.out;
  EXPECT_EQ((outcome.out + outcome.err).find('\x1b'), std::string::npos);
}

TEST_F(PictureSets, MissingFilesOfACsvFileAreCalledMissing) {
  add("images/a.png", 0);
  add("images/b.png", 2);
  io::write_file(path("set.csv"), "image_id,target,split\na,red,test\nb,blue,test\nc,blue,test\n");
  const Outcome outcome = evaluate("csv:set.csv");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(
      outcome.err.find("has missing pictures: 1 of 3 test pictures is missing: c; correct the list, or leave "
                       "them out (--skip-damaged)"),
      std::string::npos)
      << outcome.err;
  const auto json = report(evaluate("csv:set.csv", "--labels labels.txt --skip-damaged"));
  EXPECT_EQ(json.at("accuracy"), 1);
  EXPECT_TRUE(has_note(json, "the column 'target' is taken as the label")) << json;
  EXPECT_TRUE(has_note(json, "are taken from 'images': 2")) << json;
}

}  // namespace
}  // namespace fathom
