/// Folders as people lay them out: names of splits, test folders without classes, sets as they come.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "data/kept_notes.hpp"
#include "data/picture_folder.hpp"
#include "fathom/core/error.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

TEST_F(Folder, AFolderWithTheClassesOfASplitIsNoClass) {
  add("train/cat/1.png");
  add("train/dog/2.png");
  add("Prüfung/Cat/3.png");
  try {
    list_folder(root());
    ADD_FAILURE() << "accepted";
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("rename it to train, test or val"), std::string::npos)
        << error.what();
  }
  fs::rename(root() / "Prüfung", root() / "fold2");
  fs::rename(root() / "train", root() / "fold1");
  EXPECT_EQ(list_folder(root()).classes, (std::vector<std::string>{"fold1", "fold2"}));
  EXPECT_EQ(
      list_folder(root()).notes.at(0),
      "'fold1' and 'fold2' both have a folder 'Cat', but are taken as classes; splits are called train, "
      "test and val");
}

TEST_F(Folder, ATrainingFolderBesideFoldersWithoutPicturesIsDivided) {
  add_numbered("train/cat", 10, 20);
  add("annotations/cat/1.txt");
  const Listing listing = list_folder(root());
  EXPECT_EQ(listing.classes, std::vector<std::string>{"cat"});
  EXPECT_EQ(listing.notes.at(0), "'annotations' is not read; it is neither train, test nor validation");
}

TEST_F(Folder, NumbersAsNamesOfClassesAreInTheOrderOfText) {
  for (const char* name : {"0", "1", "2", "10"}) add(std::string("train/") + name + "/1.png");
  const Listing listing = list_folder(root());
  EXPECT_EQ(listing.classes, (std::vector<std::string>{"0", "1", "10", "2"}));
  EXPECT_NE(std::find(listing.notes.begin(), listing.notes.end(),
                      "the classes are numbers in the order of text: 0, 1, 10, 2"),
            listing.notes.end());
  fs::remove_all(root() / "train/10");
  for (const std::string& note : list_folder(root()).notes)
    EXPECT_EQ(note.find("order of text"), std::string::npos) << note;
}

TEST_F(Folder, TestAndValidationAloneAreSplits) {
  add("test/cat/1.png");
  add("val/cat/2.png");
  const Listing listing = list_folder(root());
  EXPECT_EQ(listing.classes, std::vector<std::string>{"cat"});
  EXPECT_EQ(listing.test.files, std::vector<fs::path>{root() / "test/cat/1.png"});
  EXPECT_EQ(listing.further.files, std::vector<fs::path>{root() / "val/cat/2.png"});
}

TEST_F(Folder, ClassFoldersThatDifferInCaseAreTheSameClass) {
  add("train/Cat/1.png");
  add("train/hot_dog/2.png");
  add("test/cat/3.png");
  add("test/Hot dog/4.png");
  const ImageSet test = read(Split::test);
  EXPECT_EQ(test.classes, (std::vector<std::string>{"Cat", "hot_dog"}));
  EXPECT_EQ(numbers(test), (std::vector<int>{3, 4}));
  EXPECT_EQ(
      list_folder(root()).notes.at(0),
      "class folders in 'test' are written differently than in 'train', and taken as the same: Hot dog, "
      "cat");
  add("train/cat/5.png");  // now each has its own
  EXPECT_EQ(read(Split::test).labels[0].item<int>(), 1);
  const std::vector<std::string> notes = list_folder(root()).notes;
  EXPECT_NE(std::find(notes.begin(), notes.end(),
                      "the classes 'Cat' and 'cat' have nearly the same name; they are two"),
            notes.end());
}

TEST_F(Folder, ATestFolderOfPicturesWithoutClassesLeavesTheRestUsable) {
  add("train/cat/1.png");
  add("train/dog/2.png");
  add("val/cat/3.png");
  add("test/images/4.png");
  EXPECT_EQ(numbers(read(Split::train)), (std::vector<int>{1, 2}));
  EXPECT_EQ(numbers(read(Split::test)), std::vector<int>{3});
  const std::vector<std::string> notes = list_folder(root()).notes;
  EXPECT_NE(std::find(notes.begin(), notes.end(), "'test' is not read; it has no folders of classes"),
            notes.end());
  add("test/images/dog/5.png");                                // classes below a folder in between
  EXPECT_EQ(numbers(read(Split::test)), std::vector<int>{3});  // a picture beside them has no class
  fs::remove(root() / "test/images/4.png");
  EXPECT_EQ(numbers(read(Split::test)), std::vector<int>{5});
}

TEST_F(Folder, TinyImageNetIsReadAsItComes) {
  add("train/n01/images/1.JPEG");
  add("train/n02/images/2.JPEG");
  write_bytes(root() / "train/n01/n01_boxes.txt", "n01_1.JPEG\t0\t0\t9\t9\n");
  add("val/images/3.JPEG");
  add("val/images/4.JPEG");
  add("val/images/5.JPEG");
  write_bytes(root() / "val/val_annotations.txt", "3.JPEG\tn02\t0\t32\t44\t62\n4.JPEG\tn01\t1\t2\t3\t4\n");
  add("test/images/6.JPEG");
  EXPECT_EQ(numbers(read(Split::train)), (std::vector<int>{1, 2}));
  const ImageSet validation = read(Split::test);
  EXPECT_EQ(numbers(validation), (std::vector<int>{4, 3}));  // by class
  EXPECT_TRUE(validation.labels.equal(torch::tensor({0, 1}, torch::kInt64)));
  const KeptNotes notes;
  read(Split::test);
  EXPECT_TRUE(notes.contain("the classes of the pictures in 'val' are taken from its annotations"));
  EXPECT_TRUE(notes.contain("the annotations in 'val' do not name 1 of its pictures"));
}

TEST_F(Folder, AFolderOfTheSameNameInAFolderIsSeenThrough) {
  add("seg_train/seg_train/cat/1.png");
  add("seg_train/seg_train/dog/2.png");
  add("seg_test/seg_test/cat/3.png");
  EXPECT_EQ(read(Split::train).classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(numbers(read(Split::test)), std::vector<int>{3});
}

TEST_F(Folder, ASecondFolderOfASplitIsSaidToBeLeftOut) {
  for (const char* part : {"TRAIN", "train", "test"}) add(std::string(part) + "/cat/1.png");
  if (std::distance(fs::directory_iterator(root()), {}) < 3) GTEST_SKIP() << "names in any case are the same";
  EXPECT_EQ(list_folder(root()).notes.at(0), "'TRAIN' is not read; the training split is 'train'");
}

TEST_F(Folder, WhatIsNoDataSetIsNamedAsWhatItIs) {
  const auto refusal = [](const fs::path& path) -> std::string {
    try {
      list_folder(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  add("one.png");
  add("pets.zip");
  add("pets.csv");
  add("flat/1.png");
  add("flat/2.png");
  fs::create_directory(root() / "empty");
  for (const auto& [name, part] :
       std::map<std::string, std::string>{{"one.png", "is one picture"},
                                          {"pets.zip", "is an archive, not a folder; unpack it first"},
                                          {"pets.csv", "as a CSV file it is 'csv:"},
                                          {"flat", "has 2 pictures without classes"},
                                          {"empty", "it is empty"},
                                          {"nowhere", "no such folder"},
                                          {std::string(5000, 'x'), "File name too long"}})
    EXPECT_NE(refusal(root() / name).find(part), std::string::npos) << refusal(root() / name);
  EXPECT_EQ(refusal(""), "the name of the folder is empty");
}

TEST_F(Folder, ASetMayBeCalledAsASplitAndLinkToWhatIsBesideIt) {
  add("dev/cat/1.png");
  add("store/2.png");
  fs::create_directory_symlink("../../store", root() / "dev/cat/more");
  const Listing listing = list_folder(root() / "dev");
  EXPECT_EQ(listing.train.size() + listing.test.size(), 2);
}

}  // namespace
}  // namespace fathom::data
