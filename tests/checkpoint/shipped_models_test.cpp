#include "fathom/checkpoint/shipped_models.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"
#include "temporary_folder.hpp"

namespace fathom::checkpoint {
namespace {

/// A folder of models for $FATHOM_MODELS.
class NamedModels : public testing::Test {
 protected:
  void SetUp() override {
    setenv("FATHOM_MODELS", folder_.path().c_str(), 1);
    io::write_file(folder_.path() / "pets-cnn.pt", "model");
    io::write_file(folder_.path() / "notes.txt", "no model");
  }
  void TearDown() override { unsetenv("FATHOM_MODELS"); }

  TemporaryFolder folder_;
};

TEST_F(NamedModels, AreFoundWithAndWithoutTheirEnding) {
  EXPECT_EQ(find_model("pets-cnn"), folder_.path() / "pets-cnn.pt");
  EXPECT_EQ(find_model("pets-cnn.pt"), folder_.path() / "pets-cnn.pt");
  const std::vector<NamedModel> all = named_models();
  const auto is_pets = [&](const NamedModel& m) { return m.file == folder_.path() / "pets-cnn.pt"; };
  EXPECT_EQ(std::count_if(all.begin(), all.end(), is_pets), 1);
  EXPECT_TRUE(std::none_of(all.begin(), all.end(), [](const NamedModel& m) { return m.name == "notes"; }));
}

TEST_F(NamedModels, OfThisProjectAreFoundByPrograms) {
  EXPECT_TRUE(std::filesystem::equivalent(find_model("mnist-cnn"), FATHOM_SOURCE "/models/mnist-cnn.pt"));
}

TEST_F(NamedModels, AFileThatExistsComesFirst) {
  const std::filesystem::path file = folder_.path() / "notes.txt";
  EXPECT_EQ(find_model(file.string()), file);
  EXPECT_EQ(find_model("nowhere/pets-cnn"), "nowhere/pets-cnn");  // a path, which its reader refuses
  EXPECT_EQ(find_model("mine.pt"), "mine.pt");
}

TEST_F(NamedModels, ANameNextToOneIsCorrected) {
  try {
    find_model("pets-cmn");
    FAIL();
  } catch (const FileError& e) {
    EXPECT_NE(std::string(e.what()).find("did you mean 'pets-cnn'?"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace fathom::checkpoint
