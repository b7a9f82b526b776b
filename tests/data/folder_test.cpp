#include <gtest/gtest.h>

#include <fmt/format.h>

#include <map>

#include "data/kept_notes.hpp"
#include "data/picture_folder.hpp"
#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDividedFolder =
    "there is no test split, so every tenth picture of each class is used for testing, and one picture of "
    "each "
    "class that has 2 to 9";

TEST_F(Folder, SubfoldersAreTheClassesInTheirOrder) {
  add("dog/10.png");
  add("cat/20.jpg");
  add("ant/30.bmp");
  const ImageSet set = read(Split::train);
  EXPECT_EQ(set.classes, (std::vector<std::string>{"ant", "cat", "dog"}));
  EXPECT_EQ(numbers(set), (std::vector<int>{30, 20, 10}));
  EXPECT_TRUE(set.labels.equal(torch::arange(3)));
  EXPECT_EQ(set.images.sizes(), torch::IntArrayRef({3, 3, 2, 4}));
  EXPECT_EQ(set.name, "folder:" + root().string());
  EXPECT_NO_THROW(validate(set, "folder"));
}

TEST_F(Folder, EveryTenthOfAClassIsForTesting) {
  add_numbered("a", 10, 35);  // 25 pictures: the 10th and the 20th are 19 and 29
  add_numbered("b", 50, 60);
  EXPECT_EQ(numbers(read(Split::test)), (std::vector<int>{19, 29, 59}));
  const ImageSet training = read(Split::train);
  EXPECT_EQ(training.size(), 32);
  EXPECT_EQ((training.labels == 1).sum().item<int>(), 9);
}

TEST_F(Folder, OneOfASmallClassIsDrawnForTestingAlwaysTheSame) {
  add_numbered("a", 10, 19);  // the 3rd of nine and the 4th of five, by the hashes of these names
  add_numbered("b", 50, 55);
  add("c/99.png");
  EXPECT_EQ(numbers(read(Split::test)), (std::vector<int>{12, 53}));
  EXPECT_EQ(read(Split::train).size(), 13);
  const Listing listing = list_folder(root());
  EXPECT_NE(std::find(listing.notes.begin(), listing.notes.end(),
                      "'folder:" + root().string() + "' has no test pictures of c"),
            listing.notes.end());
}

TEST_F(Folder, TheOldRulesAreKeptForOldRuns) {
  add_numbered("a", 10, 35);
  add_numbered("b", 50, 55);
  add("b/deep/60.png");
  add("b/61.jfif");
  const Listing listing = list_folder(root(), FolderRules::before);
  EXPECT_EQ(listing.train.size(), 28);
  EXPECT_EQ(listing.test.files, (std::vector<fs::path>{root() / "a/19.png", root() / "a/29.png"}));
  EXPECT_EQ(list_folder(root()).train.size() + list_folder(root()).test.size(), 32);
}

TEST_F(Folder, TrainAndTestFoldersAreTaken) {
  add("train/cat/1.png");
  add("train/dog/2.png");
  add("test/dog/3.png");
  EXPECT_EQ(numbers(read(Split::train)), (std::vector<int>{1, 2}));
  const ImageSet test = read(Split::test);
  EXPECT_EQ(numbers(test), std::vector<int>{3});
  EXPECT_EQ(test.classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(test.labels[0].item<int>(), 1);  // dog has the number that it has in training
}

TEST_F(Folder, ATestClassUnknownToTrainingIsRefused) {
  add("train/cat/1.png");
  add("test/dog/3.png");
  EXPECT_THROW(read(Split::test), FormatError);
}

TEST_F(Folder, SplitsAreKnownByTheNamesThatPeopleUseInAnyCase) {
  for (const auto& [train, test] : std::map<std::string, std::string>{{"Train", "val"},
                                                                      {"TRAIN", "Valid"},
                                                                      {"training", "testing"},
                                                                      {"train", "Validation"},
                                                                      {"tRain", "TEST"},
                                                                      {"train", "dev"},
                                                                      {"trn", "tst"},
                                                                      {"training", "eval"},
                                                                      {"training_set", "test_set"},
                                                                      {"trainset", "held-out"},
                                                                      {"Train Images", "Holdout"}}) {
    add(train + "/cat/1.png");
    add(test + "/cat/2.png");
    EXPECT_EQ(numbers(read(Split::train)), std::vector<int>{1}) << train;
    EXPECT_EQ(numbers(read(Split::test)), std::vector<int>{2}) << test;
    fs::remove_all(root() / train);
    fs::remove_all(root() / test);
  }
}

TEST_F(Folder, ValidationIsTheTestSplitOnlyWithoutATestFolder) {
  add("train/cat/1.png");
  add("val/cat/2.png");
  EXPECT_EQ(numbers(read(Split::test)), std::vector<int>{2});
  EXPECT_EQ(list_folder(root()).notes.at(0), "the test pictures are those in 'val'");
  add("test/cat/3.png");
  add("annotations/cat/4.png");
  EXPECT_EQ(numbers(read(Split::test)), std::vector<int>{3});
  const Listing listing = list_folder(root());
  EXPECT_EQ(listing.further.files, std::vector<fs::path>{root() / "val/cat/2.png"});
  EXPECT_EQ(listing.notes.at(1), "'annotations' is not read; it is neither train, test nor validation");
  const ImageSet all = read_all_pictures(listing, {.size = {2, 2}, .read = number_in_name});
  EXPECT_EQ(numbers(all), (std::vector<int>{1, 3, 2}));
}

TEST_F(Folder, ClassesMayBeCalledTrainAndVal) {
  add_numbered("train", 10, 12);
  add_numbered("val", 20, 22);
  EXPECT_EQ(read(Split::train).classes, (std::vector<std::string>{"train", "val"}));
  EXPECT_EQ(
      list_folder(root()).notes,
      (std::vector<std::string>{"'train' is taken as a class", "'val' is taken as a class", kDividedFolder}));
  fs::rename(root() / "val", root() / "bus");
  add_numbered("train/steam", 30, 32);
  EXPECT_EQ(read(Split::train).classes, (std::vector<std::string>{"bus", "train"}));
  EXPECT_EQ(list_folder(root()).notes,
            (std::vector<std::string>{"'train' is taken as a class", kDividedFolder}));
}

TEST_F(Folder, ATrainingFolderAloneIsDivided) {
  add_numbered("train/cat", 10, 20);
  add_numbered("train/dog", 30, 40);
  EXPECT_EQ(numbers(read(Split::test)), (std::vector<int>{19, 39}));
  add("test/50.png");  // pictures without classes, as competitions have them
  EXPECT_EQ(numbers(read(Split::test)), (std::vector<int>{19, 39}));
  EXPECT_EQ(list_folder(root()).notes.at(0), "'test' is not read; it has no folders of classes");
  add("val/60.png");
  add("labels/notes.txt");
  EXPECT_EQ(numbers(read(Split::test)), (std::vector<int>{19, 39}));
  EXPECT_EQ(list_folder(root()).notes.at(2), "'val' is not read; it has no folders of classes");
}

TEST_F(Folder, AnEmptyClassInOneSplitIsANote) {
  add("train/cat/1.png");
  add("train/dog/2.png");
  add("test/cat/3.png");
  add("test/dog/.DS_Store");
  fs::create_directory(root() / "test/zoo");
  EXPECT_EQ(numbers(read(Split::test)), std::vector<int>{3});
  EXPECT_EQ(list_folder(root()).notes.at(0), "'folder:" + root().string() + "' has no test pictures of dog");
  add("train/emu/notes.txt");
  EXPECT_THROW(read(Split::test), FormatError);  // in neither
}

TEST_F(Folder, PicturesAreFoundAtAnyDepthAndLinksInACircleAreReadOnce) {
  add("cat/10.png");
  add("cat/2024/may/11.png");
  add("cat/2024/12.png");
  add("dog/13.png");
  fs::create_directory_symlink("..", root() / "cat/2024/up");
  fs::create_directory_symlink("../cat", root() / "cat/again");
  const Listing listing = list_folder(root());
  EXPECT_EQ(listing.train.size() + listing.test.size(), 4);
  EXPECT_EQ(listing.passed_over, 2);
}

TEST_F(Folder, LinksToOtherClassesAndSplitsBringNoPictures) {
  for (const char* part : {"train", "test"})
    for (const char* name : {"cat", "dog"}) add(fmt::format("{}/{}/1.png", part, name));
  add("elsewhere/2.png");
  fs::create_directory_symlink("..", root() / "train/cat/loop");
  fs::create_directory_symlink("../../..", root() / "train/cat/set");
  fs::create_directory_symlink("../cat", root() / "train/dog/cats");
  fs::create_directory_symlink("../../test/dog", root() / "train/dog/tests");
  const Listing listing = list_folder(root());
  EXPECT_EQ(listing.train.size(), 2);
  EXPECT_EQ(listing.test.size(), 2);
  const TemporaryFolder outside;
  io::write_file(outside.path() / "3.png", "3");
  fs::create_directory_symlink(outside.path(), root() / "train/dog/more");
  EXPECT_EQ(list_folder(root()).train.size(), 3);
}

TEST_F(Folder, AFolderAroundTheClassesIsSeenThrough) {
  add("__MACOSX/pets/cat/._1.png");
  add("pets/cat/1.png");
  add("pets/dog/2.png");
  const Listing listing = list_folder(root());
  EXPECT_EQ(listing.classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(listing.notes.at(0), "'pets' is the only folder there; the set is read from it");
  add("pets/3.png");  // a class after all
  EXPECT_EQ(list_folder(root()).classes, std::vector<std::string>{"pets"});
}

TEST_F(Folder, CountsAreSaid) {
  add_numbered("cat", 10, 20);
  add_numbered("dog", 30, 50);
  add("dog/notes.txt");
  add("dog/Thumbs.db");
  add("__MACOSX/dog/1.png");
  const KeptNotes notes;
  read(Split::test);
  ASSERT_EQ(notes.texts().size(), 2U);
  EXPECT_EQ(notes.texts()[0], kDividedFolder);
  // Of the three files beside the pictures, people put one there.
  EXPECT_EQ(
      notes.texts()[1],
      "'folder:" + root().string() +
          "' has 27 training and 3 test pictures in 2 classes (training + test: cat 9 + 1, dog 18 + 2); "
          "passed over: 1 other file (notes.txt)");
}

TEST_F(Folder, EndingsCountInAnyCase) {
  const std::vector<std::string> endings{"png", "PNG",  "jpg", "JPeG", "bmp", "webp", "ppm", "pgm",
                                         "tif", "tiff", "jpe", "JFIF", "gif", "heic", "avif"};
  for (std::size_t i = 0; i < endings.size(); ++i) add("a/" + std::to_string(i + 10) + "." + endings[i]);
  EXPECT_EQ(read(Split::train).size() + read(Split::test).size(), 15);
}

TEST_F(Folder, OtherFilesArePassedOver) {
  add("a/1.png");
  add("a/notes.txt");
  add("a/.2.png");
  add("a/png");
  add("a/3.png/inner.txt");  // a folder that is named like a picture
  add("readme.txt");
  add(".git/4.png");
  const ImageSet set = read(Split::train);
  EXPECT_EQ(numbers(set), std::vector<int>{1});
  EXPECT_EQ(set.classes, std::vector<std::string>{"a"});
}

TEST_F(Folder, PictureFileIsTheOneThatIsReadAtThatIndex) {
  add_numbered("ant", 10, 35);
  add_numbered("bee", 50, 62);
  for (const Split split : {Split::train, Split::test}) {
    const ImageSet set = read(split);
    const std::vector<int> expected = numbers(set);
    for (std::int64_t i = 0; i < set.size(); ++i) {
      const PictureFile found = picture_of(list_folder(root()), split, i);
      EXPECT_EQ(found.file.stem(), std::to_string(expected[i]));
      EXPECT_EQ(found.label, set.labels[i].item<std::int64_t>());
      EXPECT_EQ(found.label_name, set.classes[found.label]);
    }
  }
  EXPECT_EQ(picture_of(list_folder(root()), Split::test, 1).file, root() / "ant" / "29.png");
  EXPECT_EQ(picture_of(list_folder(root()), Split::test, 2).label_name, "bee");
}

TEST_F(Folder, PictureFileRefusesAnIndexOutside) {
  add("a/1.png");
  const Listing listing = list_folder(root());
  EXPECT_NO_THROW(picture_of(listing, Split::train, 0));
  EXPECT_THROW(picture_of(listing, Split::train, 1), InvalidArgument);
  EXPECT_THROW(picture_of(listing, Split::train, -1), InvalidArgument);
  EXPECT_THROW(picture_of(listing, Split::test, 0), FormatError);  // no test picture at all
  EXPECT_THROW(list_folder(root() / "missing"), FileError);
}

TEST_F(Folder, WithoutClassFoldersIsRefused) {
  EXPECT_THROW(read(Split::train), FormatError);
  add("1.png");
  EXPECT_THROW(read(Split::train), FormatError);
}

TEST_F(Folder, AClassWithoutPicturesIsRefusedByName) {
  add("cat/1.png");
  add("dog/notes.txt");
  try {
    read(Split::train);
    ADD_FAILURE() << "accepted";
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("dog"), std::string::npos) << error.what();
  }
}

TEST_F(Folder, TooFewForATestPictureIsRefused) {
  add("a/1.png");
  add("b/2.png");
  EXPECT_EQ(read(Split::train).size(), 2);
  EXPECT_THROW(read(Split::test), FormatError);
}

TEST_F(Folder, AMissingFolderIsAnErrorOfItsOwn) {
  EXPECT_THROW(read_folder(root() / "missing", Split::train, {2, 2}, number_in_name), FileError);
  add("file");
  EXPECT_THROW(read_folder(root() / "file", Split::train, {2, 2}, number_in_name), FileError);
}

TEST_F(Folder, WhatTheReaderThrowsPasses) {
  add("a/1.png");
  const auto broken = [](const fs::path&, Extent) -> torch::Tensor { throw FormatError("not a picture"); };
  EXPECT_THROW(read_folder(root(), Split::train, {2, 2}, broken), FormatError);
}

TEST_F(Folder, AReaderThatGivesAnotherSizeIsRefused) {
  add("a/1.png");
  const auto grey = [](const fs::path&, Extent size) {
    return torch::zeros({1, size.height, size.width}, torch::kUInt8);
  };
  EXPECT_THROW(read_folder(root(), Split::train, {2, 2}, grey), InvalidArgument);
  EXPECT_THROW(read_folder(root(), Split::train, {2, 2}, {}), InvalidArgument);
  EXPECT_THROW(read_folder(root(), Split::train, {0, 2}, number_in_name), InvalidArgument);
  const auto nothing = [](const fs::path&, Extent) { return torch::Tensor(); };
  EXPECT_THROW(read_folder(root(), Split::train, {2, 2}, nothing), InvalidArgument);
}

TEST_F(Folder, PicturesInAFolderAreThoseDirectlyInItIfThereAreAny) {
  add("deep/b/2.png");
  add("deep/a/1.png");
  add("deep/.hidden/3.png");
  const KeptNotes notes;
  EXPECT_EQ(pictures_in(root() / "deep"),
            (std::vector<fs::path>{root() / "deep/a/1.png", root() / "deep/b/2.png"}));
  EXPECT_TRUE(notes.contain("only in its sub-folders"));
  add("deep/9.jfif");
  add("deep/notes.txt");
  EXPECT_EQ(pictures_in(root() / "deep"), std::vector<fs::path>{root() / "deep/9.jfif"});
  EXPECT_TRUE(notes.contain("the sub-folders in folder"));
  add("texts/notes.txt");
  EXPECT_THROW(pictures_in(root() / "texts"), FileError);
  EXPECT_THROW(pictures_in(root() / "missing"), FileError);
}

}  // namespace
}  // namespace fathom::data
