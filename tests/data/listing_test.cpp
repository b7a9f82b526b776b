#include "fathom/data/listing.hpp"

#include <gtest/gtest.h>

#include "data/kept_notes.hpp"
#include "fathom/core/error.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

/// Two classes, "odd" and "even", of pictures that are named by numbers; further ones are in the list too.
Listing numbered(int train, int test) {
  Listing listing{.name = "folder:numbers", .root = "numbers", .classes = {"even", "odd"}};
  for (int i = 0; i < train + test; ++i)
    (i < train ? listing.train : listing.test).add("numbers/" + std::to_string(i) + ".png", i % 2);
  return listing;
}

/// A picture filled with the number in its name; those that `broken` names cannot be decoded.
PictureReader all_but(const std::vector<int>& broken) {
  return [=](const fs::path& path, Extent size) {
    const int number = std::stoi(path.filename().string());
    if (std::find(broken.begin(), broken.end(), number) != broken.end())
      throw FormatError("cannot decode '" + path.string() + "'");
    return torch::full({3, size.height, size.width}, number, torch::kUInt8);
  };
}

std::string refusal(const Listing& listing, Split split, const PictureReader& read) {
  try {
    read_pictures(listing, split, {.size = {2, 2}, .read = read});
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Listing, AllDamagedPicturesOfARunAreNamedAtOnce) {
  const std::string text = refusal(numbered(8, 4), Split::train, all_but({2, 5, 9}));
  EXPECT_NE(
      text.find("2 of 8 training pictures cannot be read: 2.png, 5.png; 1 of 4 test pictures cannot be "
                "read: 9.png (2.png: cannot decode 'numbers/2.png'; 5.png: cannot decode 'numbers/5.png'; "
                "9.png: cannot decode 'numbers/9.png'); repair or remove them, or leave them out"),
      std::string::npos)
      << text;
  const std::string test = refusal(numbered(8, 4), Split::test, all_but({2, 5, 9}));
  EXPECT_EQ(test.find("training"), std::string::npos) << test;  // nobody reads these
  EXPECT_EQ(refusal(numbered(8, 4), Split::test, all_but({2})), "accepted");
}

TEST(Listing, OfManyDamagedPicturesTwentyAreNamed) {
  std::vector<int> broken(30);
  for (int i = 0; i < 30; ++i) broken[static_cast<std::size_t>(i)] = i;
  const std::string text = refusal(numbered(40, 1), Split::train, all_but(broken));
  EXPECT_NE(text.find("30 of 40 training"), std::string::npos) << text;
  EXPECT_NE(text.find("19.png and 10 more"), std::string::npos) << text;
  EXPECT_EQ(text.find("20.png"), std::string::npos) << text;
  EXPECT_NE(text.find("4.png: cannot decode 'numbers/4.png'; and 25 more)"), std::string::npos) << text;
}

TEST(Listing, DamagedPicturesAreLeftOutIfAsked) {
  const KeptNotes notes;
  const ReadOptions options{.size = {2, 2}, .read = all_but({0, 3}), .skip_damaged = true};
  const ImageSet set = read_pictures(numbered(5, 1), Split::train, options);
  ASSERT_EQ(set.size(), 3);
  EXPECT_TRUE(
      set.images.select(1, 0).select(1, 0).select(1, 0).equal(torch::tensor({1, 2, 4}, torch::kUInt8)));
  EXPECT_TRUE(set.labels.equal(torch::tensor({1, 0, 0}, torch::kInt64)));
  EXPECT_TRUE(notes.contain("left out, 2 of 5 training pictures cannot be read: 0.png, 3.png"));
  EXPECT_THROW(read_pictures(numbered(1, 1), Split::train, options), FormatError);  // none is left
}

TEST(Listing, CountsOfManyClassesAreShortened) {
  Listing listing{.name = "folder:many", .root = "many"};
  for (int k = 0; k < 25; ++k) {
    listing.classes.push_back("c" + std::to_string(k));
    listing.train.add("many/1.png", k);
  }
  listing.train.add("many/2.png", 7);
  listing.train.add("many/3.png", 7);
  listing.test.add("many/4.png", 7);
  const std::string text = counts_text(listing);
  EXPECT_NE(text.find("27 training and 1 test picture in 25 classes (training + test: the smallest is "
                      "c0 1 + 0, the largest c7 3 + 1)"),
            std::string::npos)
      << text;
}

TEST(Listing, MissingFilesAreCalledMissing) {
  const auto none = [](const fs::path& path, Extent) -> torch::Tensor {
    throw FileError("cannot read '" + path.string() + "': no such file");
  };
  EXPECT_NE(
      refusal(numbered(2, 0), Split::train, none)
          .find("has missing pictures: 2 of 2 training pictures are missing: 0.png, 1.png; correct the list, "
                "or leave them out"),
      std::string::npos)
      << refusal(numbered(2, 0), Split::train, none);
  const std::string one = refusal(numbered(1, 0), Split::train, none);
  EXPECT_NE(one.find("the only training picture is missing: 0.png"), std::string::npos) << one;
}

TEST(Listing, AnEmptySplitNamesTheWayOut) {
  const std::string text = refusal(numbered(3, 0), Split::test, all_but({}));
  EXPECT_NE(text.find("its pictures are all for training: use that split, or all of them"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace fathom::data
