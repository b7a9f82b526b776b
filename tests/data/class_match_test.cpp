#include "fathom/data/class_match.hpp"

#include <gtest/gtest.h>

#include "data/kept_notes.hpp"
#include "fathom/core/error.hpp"

namespace fathom::data {
namespace {

using ClassList = std::vector<std::string>;

/// A picture per class, and one more of the first.
ImageSet one_of_each(const ClassList& classes) {
  torch::Tensor labels = torch::cat({torch::arange(std::ssize(classes)), torch::zeros({1}, torch::kInt64)});
  return {torch::zeros({labels.size(0), 3, 2, 2}, torch::kUInt8), labels, classes, "folder:pets"};
}

std::vector<std::int64_t> labels_of(const ImageSet& set) {
  return {set.labels.data_ptr<std::int64_t>(), set.labels.data_ptr<std::int64_t>() + set.size()};
}

std::string refusal(const ImageSet& set, const ClassList& model) {
  try {
    with_classes_of(set, model);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ClassMatch, EqualListsStayAsTheyAreWithoutAWord) {
  const KeptNotes notes;
  const ImageSet set = with_classes_of(one_of_each({"ant", "bee"}), {"ant", "bee"});
  EXPECT_EQ(labels_of(set), (std::vector<std::int64_t>{0, 1, 0}));
  EXPECT_TRUE(notes.texts().empty());
}

TEST(ClassMatch, AnotherOrderIsMappedByName) {
  const KeptNotes notes;
  const ImageSet set = with_classes_of(one_of_each({"ant", "bee", "cat"}), {"cat", "ant", "bee"});
  EXPECT_EQ(labels_of(set), (std::vector<std::int64_t>{1, 2, 0, 1}));
  EXPECT_EQ(set.classes, (ClassList{"cat", "ant", "bee"}));
  EXPECT_TRUE(notes.contain("in another order"));
}

TEST(ClassMatch, ASubsetIsMappedAndTheOthersHaveNoImages) {
  const KeptNotes notes;
  const ImageSet set = with_classes_of(one_of_each({"bee", "cat"}), {"ant", "bee", "cat"});
  EXPECT_EQ(labels_of(set), (std::vector<std::int64_t>{1, 2, 1}));
  EXPECT_EQ(missing_classes(set), ClassList{"ant"});
  EXPECT_TRUE(notes.contain("2 of the model's 3 classes"));
}

TEST(ClassMatch, CaseAndSignsBetweenWordsDoNotMatter) {
  const KeptNotes notes;
  const ImageSet set =
      with_classes_of(one_of_each({"ankle_boot", "t-shirt_top"}), {"T-shirt/top", "Ankle boot"});
  EXPECT_EQ(labels_of(set), (std::vector<std::int64_t>{1, 0, 1}));
  EXPECT_TRUE(notes.contain("'ankle_boot', 't-shirt_top'"));
  // Not if two classes would be one.
  EXPECT_NE(refusal(one_of_each({"CAT", "cat"}), {"Cat", "dog"}), "accepted");
  EXPECT_EQ(labels_of(with_classes_of(one_of_each({"C", "C++"}), {"C++", "C"})),
            (std::vector<std::int64_t>{1, 0, 1}));
}

TEST(ClassMatch, NamesThatTheModelLacksAreListed) {
  const std::string text = refusal(one_of_each({"ant", "cow", "dog"}), {"ant", "bee", "cat"});
  EXPECT_NE(text.find("'cow', 'dog'"), std::string::npos) << text;
  EXPECT_EQ(text.find("'ant', 'cow'"), std::string::npos) << text;
  EXPECT_NE(text.find("'ant', 'bee', 'cat'"), std::string::npos) << text;
  EXPECT_NE(refusal(one_of_each({"ant", "bee", "cow"}), {"ant", "bee"}), "accepted");
}

TEST(ClassMatch, AnOddClassWithoutImagesIsNoObstacle) {
  ImageSet set = one_of_each({"ant", "bee"});
  set.classes.emplace_back("zoo");
  EXPECT_EQ(labels_of(with_classes_of(set, {"bee", "ant"})), (std::vector<std::int64_t>{1, 0, 1}));
}

TEST(ClassMatch, WithoutNamesTheOrderIsAnAssumptionThatIsSaid) {
  const KeptNotes notes;
  const ImageSet set = with_classes_of(one_of_each({"ant", "bee"}), {"class 0", "class 1"});
  EXPECT_EQ(labels_of(set), (std::vector<std::int64_t>{0, 1, 0}));
  EXPECT_EQ(set.classes, (ClassList{"ant", "bee"}));
  EXPECT_TRUE(notes.contain("no class names"));
  EXPECT_NE(refusal(one_of_each({"ant", "bee"}), {"class 0", "class 1", "class 2"}).find("class names"),
            std::string::npos);
}

TEST(ClassMatch, WithoutNamesFewerClassesAreTakenByTheirNumbers) {
  const KeptNotes notes;
  const ImageSet set = with_classes_of(one_of_each({"0", "2"}), {"class 0", "class 1", "class 2"});
  EXPECT_EQ(labels_of(set), (std::vector<std::int64_t>{0, 2, 0}));
  EXPECT_TRUE(notes.contain("of these numbers"));
  EXPECT_NE(refusal(one_of_each({"0", "3"}), {"class 0", "class 1", "class 2"}), "accepted");
}

TEST(ClassMatch, WhoCannotRenumberNeedsTheSameOrder) {
  EXPECT_NO_THROW(require_classes_of(one_of_each({"ant", "Bee"}), {"ant", "bee"}));
  EXPECT_THROW(require_classes_of(one_of_each({"ant", "bee"}), {"bee", "ant"}), InvalidArgument);
  EXPECT_THROW(require_classes_of(one_of_each({"ant", "bee"}), {"ant", "bee", "cat"}), InvalidArgument);
  EXPECT_THROW(require_classes_of(one_of_each({"ant", "bee"}), {"ant", "cow"}), InvalidArgument);
  const KeptNotes notes;
  EXPECT_NO_THROW(require_classes_of(one_of_each({"ant", "bee"}), {"class 0", "class 1"}));
  EXPECT_TRUE(notes.contain("no class names"));
}

}  // namespace
}  // namespace fathom::data
