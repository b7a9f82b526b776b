#include "fathom/data/csv.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "io/stored_deflate.hpp"
#include "temporary_folder.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;
using Fields = std::vector<std::string>;

class Csv : public ::testing::Test {
 protected:
  fs::path file() const { return folder_.path() / "pets.csv"; }
  Listing listed(const std::string& text) const {
    write_bytes(file(), text);
    return list_csv(file());
  }
  std::string refused(const std::string& text) const {
    try {
      listed(text);
    } catch (const FormatError& error) {
      return error.what();
    }
    return "accepted";
  }
  /// Names relative to the folder of the CSV file.
  Fields files(const PictureList& list) const {
    Fields names;
    for (const fs::path& path : list.files) names.push_back(path.lexically_relative(folder_.path()).string());
    return names;
  }
  TemporaryFolder folder_;
};

TEST_F(Csv, RowsAreReadAsRfc4180SaysWithTheirLines) {
  const std::vector<CsvRow> rows =
      csv_rows("a,\"b, c\"\r\n\r\n\"say \"\"hi\"\"\",\"two\nlines\"\nlast,", ',', "it");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].fields, (Fields{"a", "b, c"}));
  EXPECT_EQ(rows[1].fields, (Fields{"say \"hi\"", "two\nlines"}));
  EXPECT_EQ(rows[1].line, 3);
  EXPECT_EQ(rows[2].fields, (Fields{"last", ""}));
  EXPECT_EQ(rows[2].line, 5);
  EXPECT_TRUE(csv_rows("", ',', "it").empty());
  EXPECT_EQ(csv_rows("a\rb", ',', "it").size(), 2U);
  // Spaces beside quotes are no part of a field.
  EXPECT_EQ(csv_rows("\"a\" , \" b\"\n  c,\"\"", ',', "it")[0].fields, (std::vector<std::string>{"a", " b"}));
  EXPECT_EQ(csv_rows("\"a\" , \" b\"\n  c,\"\"", ',', "it")[1].fields, (std::vector<std::string>{"  c", ""}));
  EXPECT_THROW(csv_rows("a,caf\xe9", ',', "it"), FormatError);  // Latin-1
}

TEST_F(Csv, PathsLabelsAndSplitsAreTaken) {
  const Listing set =
      listed("path,label,split\nb/1.jpg,dog,train\na/2.jpg,cat,Train\n\"x, y.png\",dog,TEST\n");
  EXPECT_EQ(set.name, "csv:" + file().string());
  EXPECT_EQ(set.classes, (Fields{"cat", "dog"}));
  EXPECT_EQ(files(set.train), (Fields{"b/1.jpg", "a/2.jpg"}));
  EXPECT_EQ(set.train.labels, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(files(set.test), Fields{"x, y.png"});
  EXPECT_TRUE(set.notes.empty());
}

TEST_F(Csv, ByteOrderMarkLineEndsOrderOfColumnsAndOthersDoNotMatter) {
  const Listing set =
      listed("\xef\xbb\xbfSplit,id, Label ,PATH\r\ntrain,7,cat,/abs/1.jpg\r\ntest,8,cat,2.jpg\r\n\r\n");
  EXPECT_EQ(set.train.files, std::vector<fs::path>{"/abs/1.jpg"});
  EXPECT_EQ(files(set.test), Fields{"2.jpg"});
}

constexpr const char* kDivided =
    "there is no test split, so every tenth picture of each class is used for testing, and one picture of "
    "each "
    "class that has 2 to 9";

TEST_F(Csv, AMissingColumnIsNamedWithTheLineAsItIs) {
  const std::string text = refused("file;cls\n1.jpg;cat\n");
  EXPECT_NE(
      text.find("no column of labels in the first line 'file;cls'; known names for labels: label, labels, "
                "class,"),
      std::string::npos)
      << text;
  EXPECT_EQ(text.find("paths"), std::string::npos) << text;
  EXPECT_NE(
      refused("a\tb\n1\t2\n").find("no column of paths and no column of labels in the first line 'a\tb'"),
      std::string::npos);
}

TEST_F(Csv, SemicolonsTabsAndOtherNamesOfColumnsAreTakenAndSaid) {
  EXPECT_EQ(listed("path;label\n1.jpg;a,b\n2.jpg;c\n").classes, (Fields{"a,b", "c"}));
  const Listing set = listed("filename\tclass\n1.jpg\tcat\n2.jpg\tcat\n");
  EXPECT_EQ(set.classes, Fields{"cat"});
  EXPECT_EQ(set.columns, (Fields{"filename", "class"}));
  EXPECT_EQ(set.notes, (Fields{"the column 'filename' is taken as the path",
                               "the column 'class' is taken as the label", kDivided}));
}

TEST_F(Csv, NumbersAreSortedAsNumbers) {
  EXPECT_EQ(listed("path,label\na,10\nb,9\nc,0\n").classes, (Fields{"0", "9", "10"}));
  EXPECT_EQ(listed("path,label\na,10\nb,9\nc,x\n").classes, (Fields{"10", "9", "x"}));
}

TEST_F(Csv, WithoutSplitsEveryTenthOfAClassIsForTesting) {
  std::string text = "path,label\n";
  for (int i = 0; i < 20; ++i) text += std::to_string(i) + ".png," + (i % 2 == 0 ? "even" : "odd") + "\n";
  const Listing set = listed(text);
  EXPECT_EQ(files(set.test), (Fields{"18.png", "19.png"}));
  EXPECT_EQ(set.train.size(), 18);
  EXPECT_EQ(set.notes, Fields{kDivided});
}

TEST_F(Csv, ValIsTheTestSplitOnlyIfThereIsNoOther) {
  const Listing two = listed("path,label,split\n1,a,train\n2,a,valid\n");
  EXPECT_EQ(files(two.test), Fields{"2"});
  EXPECT_EQ(two.notes, Fields{"the test pictures are those of the split val"});
  const Listing three = listed("path,label,split\n1,a,train\n2,a,validation\n3,a,testing\n");
  EXPECT_EQ(files(three.test), Fields{"3"});
  EXPECT_EQ(files(three.further), Fields{"2"});
}

TEST_F(Csv, WhatIsWrongIsNamedWithItsLine) {
  EXPECT_NE(refused("").find("is empty"), std::string::npos);
  EXPECT_NE(refused("1.jpg,cat\n2.jpg,dog\n").find("no column of "), std::string::npos);
  EXPECT_NE(refused("path,label\n").find("names no pictures"), std::string::npos);
  EXPECT_NE(refused("path,label\na.png,cat\nb,c.png,dog\n").find("line 3 has 3 fields"), std::string::npos);
  EXPECT_NE(refused("path,label\na.png,\n").find("line 2 has no label"), std::string::npos);
  EXPECT_NE(refused("path,label\n ,cat\n").find("line 2 has no path"), std::string::npos);
  EXPECT_NE(refused("path,label,split\na.png,cat,later\n").find("line 2 has the split 'later'"),
            std::string::npos);
  EXPECT_NE(refused("path,label\n\"a.png,cat\n").find("line 2 opens"), std::string::npos);
  EXPECT_NE(refused("path,label\n\"a\".png,cat\n").find("line 2 has text behind"), std::string::npos);
  EXPECT_NE(refused(std::string("\xff\xfep\0a\0", 6)).find("UTF-8"), std::string::npos);
  EXPECT_THROW(list_csv(folder_.path() / "none.csv"), FileError);
}

TEST_F(Csv, AFoldInNumbersIsNotReadAndAnEmptySplitIsTraining) {
  const Listing folds = listed("path,label,fold\n1,a,0\n2,a,1\n");
  EXPECT_EQ(folds.train.size() + folds.test.size(), 2);
  EXPECT_EQ(folds.notes,
            (Fields{"the column 'fold' has numbers, not names of splits; it is not read", kDivided}));
  EXPECT_NE(refused("path,label,split\n1,a,0\n").find("line 2 has the split '0'"), std::string::npos);
  const Listing empty = listed("path,label,split\n1,a,test\n2,a,\n3,a, \n");
  EXPECT_EQ(files(empty.train), (Fields{"2", "3"}));
  EXPECT_EQ(empty.notes, Fields{"pictures without a split are taken for training: 2, the first in line 3"});
  EXPECT_EQ(files(listed("path,label,split\n1,a,train\n2,a,dev\n").test), Fields{"2"});
}

TEST_F(Csv, OfSeveralColumnsForOneThingTheUsualNameIsTakenElseNone) {
  EXPECT_EQ(listed("path,label,class\n1,0,cat\n2,0,cat\n").classes, Fields{"0"});
  EXPECT_EQ(listed("path,label,class\n1,0,cat\n2,0,cat\n").notes[0],
            "the column 'label' is taken; 'class' is not read");
  EXPECT_NE(refused("path,label,label\n1,a,b\n").find("two columns are called 'label'"), std::string::npos);
  EXPECT_NE(refused("path,class,target\n1,cat,0\n")
                .find("each of the columns 'class', 'target' may be the label; call one of them 'label'"),
            std::string::npos);
  EXPECT_EQ(listed("Image Path,class-name\n1,cat\n").classes, Fields{"cat"});
}

TEST_F(Csv, AFileThatIsNamedTwiceIsReadOnceOrRefused) {
  const Listing set = listed("path,label,split\n1,a,train\n./1,a,train\n1,a,test\n");
  EXPECT_EQ(files(set.train), Fields{"1"});
  EXPECT_EQ(files(set.test), Fields{"1"});
  EXPECT_EQ(set.notes, (Fields{"lines that name a file again: 1; each file is read once",
                               "lines that name a file of another split: 1"}));
  const std::string text = refused("path,label\n1,a\nx/../1,b\n");
  EXPECT_NE(text.find("has the label 'a' in line 2, but 'b' in line 3"), std::string::npos) << text;
}

TEST_F(Csv, LabelsThatDifferInCaseAloneAreANote) {
  const Listing set = listed("path,label,split\n1,Cat,train\n2,cat,test\n");
  EXPECT_EQ(set.classes, (Fields{"Cat", "cat"}));
  EXPECT_EQ(set.notes, Fields{"the classes 'Cat' and 'cat' have nearly the same name; they are two"});
}

TEST_F(Csv, FilesAreFoundAsListsNameThem) {
  for (const char* name : {"images/a.jpg", "images/b.PNG", "images/deep/c.jpg", "other/a.jpg", "here.png"}) {
    fs::create_directories((folder_.path() / name).parent_path());
    write_bytes(folder_.path() / name, "x");
  }
  const Listing set = listed(
      "path,label,split\na,cat,train\nb,cat,train\ndeep\\c.jpg,cat,train\n"
      "here.png,cat,train\nnowhere.png,cat,train\n");
  EXPECT_EQ(files(set.train),
            (Fields{"images/a.jpg", "images/b.PNG", "images/deep/c.jpg", "here.png", "nowhere.png"}));
  EXPECT_EQ(set.notes, (Fields{"pictures that are not where the list says are taken from '" +
                                   (folder_.path() / "images").string() + "': 3",
                               "names with back-slashes, which are taken as slashes: 1",
                               "names without an ending whose files have one: 2"}));
  // Two folders with as many of them: nothing is guessed.
  EXPECT_EQ(files(listed("path,label,split\na.jpg,cat,train\n").train), Fields{"a.jpg"});
  EXPECT_EQ(files(listed("path,label,split\nimages\\a.jpg,cat,train\n").train), Fields{"images/a.jpg"});
}

TEST_F(Csv, SpreadsheetsAndPicturesAreNamedAsWhatTheyAre) {
  EXPECT_EQ(listed("sep=;\r\npath;label\r\n1;a,b\r\n2;c\r\n").classes, (Fields{"a,b", "c"}));
  EXPECT_EQ(listed("path|label\n1|a\n").classes, Fields{"a"});
  EXPECT_NE(refused("PK\x03\x04xyz").find("an archive or a spreadsheet"), std::string::npos);
  EXPECT_NE(refused(std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16)).find("it is a picture"),
            std::string::npos);
}

}  // namespace
}  // namespace fathom::data
