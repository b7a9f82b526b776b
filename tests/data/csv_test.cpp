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
    "there is no column of splits: every tenth picture of a class is for testing, and one of a class with "
    "two to nine";

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
  EXPECT_NE(refused("1.jpg,cat\n2.jpg,dog\n").find("columns path and label"), std::string::npos);
  EXPECT_NE(refused("path,label\n").find("names no pictures"), std::string::npos);
  EXPECT_NE(refused("path,label\na.png,cat\nb,c.png,dog\n").find("line 3 has 3 fields"), std::string::npos);
  EXPECT_NE(refused("path,label\na.png,\n").find("line 2 has no label"), std::string::npos);
  EXPECT_NE(refused("path,label\n ,cat\n").find("line 2 has no path"), std::string::npos);
  EXPECT_NE(refused("path,label,split\na.png,cat,dev\n").find("line 2 has the split 'dev'"),
            std::string::npos);
  EXPECT_NE(refused("path,label\n\"a.png,cat\n").find("line 2 opens"), std::string::npos);
  EXPECT_NE(refused("path,label\n\"a\".png,cat\n").find("line 2 has text behind"), std::string::npos);
  EXPECT_NE(refused(std::string("\xff\xfep\0a\0", 6)).find("UTF-8"), std::string::npos);
  EXPECT_THROW(list_csv(folder_.path() / "none.csv"), FileError);
}

}  // namespace
}  // namespace fathom::data
