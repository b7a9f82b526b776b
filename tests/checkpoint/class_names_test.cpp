#include "fathom/checkpoint/class_names.hpp"

#include <gtest/gtest.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"

namespace fathom::checkpoint {
namespace {

const std::vector<std::string> kBirds = {"crane", "heron", "Crane", "crane"};

std::string why_no_class(const std::vector<std::string>& classes, const std::string& name) {
  try {
    class_index(classes, name);
    return "nothing";
  } catch (const InvalidArgument& e) {
    return e.what();
  }
}

TEST(ClassNames, ANameOfSeveralClassesIsRefusedWithTheirIndices) {
  EXPECT_EQ(why_no_class(kBirds, "crane"),
            "the name 'crane' stands for the classes 0 and 3: give the index instead");
  EXPECT_EQ(why_no_class(kBirds, "CRANE"),
            "the name 'CRANE' stands for the classes 0, 2 and 3: give the index instead");
  EXPECT_EQ(class_index(kBirds, "3"), 3);
  EXPECT_EQ(class_index(kBirds, "Heron"), 1);
}

TEST(ClassNames, TheNameAsItIsWrittenComesFirst) {
  EXPECT_EQ(class_index(kBirds, "Crane"), 2);
  EXPECT_EQ(class_index({"a", "A"}, "A"), 1);
}

TEST(ClassNames, NumbersAreNamesFirst) {
  EXPECT_EQ(class_index({"1", "0"}, "1"), 0);
  EXPECT_EQ(class_index({"0", "1", "1"}, "2"), 2);
  EXPECT_EQ(class_index({"0", "1", "1"}, "1"), 1);  // the index of one of them
  EXPECT_NE(why_no_class({"2", "2", "x"}, "2").find("the classes 0 and 1"), std::string::npos);
}

TEST(ClassNames, NamesThatRepeatAreListed) {
  EXPECT_EQ(repeated_names({"a", "b"}), "");
  EXPECT_EQ(repeated_names({"b", "a", "a", "b", "b", "c"}),
            "the name 'a' stands for the classes 1 and 2; the name 'b' stands for the classes 0, 3 and 4");
  const std::vector<std::string> all_alike(20, "x");
  EXPECT_EQ(repeated_names(all_alike),
            "the name 'x' stands for the classes 0, 1, 2, 3, 4, 5, 6, 7 and 12 more");
}

TEST(ClassNames, AClassifierTellsNamesThatRepeat) {
  std::string notes;
  const NoteHandler before = set_note_handler([&](const std::string& text) { notes += text + "\n"; });
  const Classifier model(
      [](const torch::Tensor& x) {
        return 9 * x.mean({2, 3});
      },
      {.input_size = {4, 4}, .labels = {"crane", "heron", "crane"}}, torch::kCPU);
  set_note_handler(before);
  EXPECT_NE(notes.find("the name 'crane' stands for the classes 0 and 2"), std::string::npos) << notes;
  EXPECT_THROW(model.class_index("crane"), InvalidArgument);
}

}  // namespace
}  // namespace fathom::checkpoint
