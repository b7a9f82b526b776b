#include "fathom/data/public_sets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "fathom/core/error.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/data/idx.hpp"
#include "io/stored_deflate.hpp"
#include "temporary_folder.hpp"

namespace fathom::data {

/// What a parametrised test is called.
static void PrintTo(const PublicSet& set, std::ostream* out) { *out << set.name; }

namespace {

namespace fs = std::filesystem;

/// All entries fill in what no default could.
class EveryPublicSet : public testing::TestWithParam<PublicSet> {};

INSTANTIATE_TEST_SUITE_P(Table, EveryPublicSet, testing::ValuesIn(public_sets()), [](const auto& set) {
  std::string name = set.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST_P(EveryPublicSet, IsFoundByItsName) {
  const PublicSet* const found = find_public_set(GetParam().name);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->classes, GetParam().classes);  // another entry has the name otherwise
}

TEST_P(EveryPublicSet, HasAReaderAndDistinctClasses) {
  EXPECT_NE(GetParam().read, nullptr);
  const std::vector<std::string>& classes = GetParam().classes;
  EXPECT_GE(classes.size(), 2u);
  EXPECT_EQ(std::set(classes.begin(), classes.end()).size(), classes.size());
  EXPECT_EQ(std::count(classes.begin(), classes.end(), ""), 0);
}

TEST_P(EveryPublicSet, IsPublishedWithSumsAndSizes) {
  EXPECT_FALSE(GetParam().published.empty());
  for (const PublishedFile& file : GetParam().published) {
    EXPECT_EQ(file.sha256.size(), 64u) << file.name;
    EXPECT_EQ(file.sha256.find_first_not_of("0123456789abcdef"), std::string::npos) << file.name;
    EXPECT_GT(file.size, 0u) << file.name;
  }
  EXPECT_FALSE(GetParam().addresses.empty());
  for (const std::string& address : GetParam().addresses) EXPECT_TRUE(address.ends_with('/')) << address;
}

/// Each file is published as .gz under its own name, or all come out of one archive and have sizes.
TEST_P(EveryPublicSet, HasFilesThatADownloadGives) {
  const PublicSet& set = GetParam();
  EXPECT_FALSE(set.folder.empty());
  EXPECT_FALSE(set.training.empty());
  EXPECT_FALSE(set.test.empty());
  const bool archive = set.published.front().name.ends_with(".tar.gz");
  std::vector<std::string> expected, published;
  for (const std::vector<SetFile>* files : {&set.training, &set.test}) {
    for (const SetFile& file : *files) {
      EXPECT_EQ(file.size > 0, archive) << file.name;
      expected.push_back(file.name + ".gz");
    }
  }
  for (const PublishedFile& file : set.published) published.push_back(file.name);
  EXPECT_EQ(set.may_be_packed, !archive);
  if (archive)
    EXPECT_EQ(published.size(), 1u);
  else
    EXPECT_EQ(published, expected);
}

TEST_P(EveryPublicSet, NamesModelsThatShip) {
  EXPECT_FALSE(GetParam().preset.empty());
  for (const std::string& model : {GetParam().classifier, GetParam().generator})
    EXPECT_TRUE(model.empty() || fs::is_regular_file(fs::path(FATHOM_SOURCE) / "models" / model)) << model;
}

/// Files whose label is that of the last class.
TEST_P(EveryPublicSet, GivesAnIdxSetItsOwnClassNames) {
  const PublicSet& set = GetParam();
  if (set.read != read_idx_set) GTEST_SKIP() << "another format";
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / set.folder);
  write_bytes(folder.path() / set.folder / set.test.at(0).name,
              std::string{0, 0, 8, 3} + big32(1) + big32(1) + big32(1) + '\x07');
  write_bytes(folder.path() / set.folder / set.test.at(1).name,
              std::string{0, 0, 8, 1} + big32(1) + static_cast<char>(set.classes.size() - 1));
  const ImageSet read = load(set.name, Split::test, {{folder.path()}, {}, {32, 32}});
  EXPECT_EQ(read.classes, set.classes);
  EXPECT_EQ(read.name, set.name);
}

TEST_P(EveryPublicSet, HasAsManyClassesAsItsLabels) {
  try {
    const ImageSet set = load(GetParam().name, Split::test, {search_directories(std::nullopt), {}, {32, 32}});
    EXPECT_EQ(set.labels.max().item<std::int64_t>() + 1, std::ssize(GetParam().classes));
  } catch (const FileError& error) {
    GTEST_SKIP() << error.what();
  }
}

TEST(PublicSets, AreListedForHelpTexts) {
  EXPECT_EQ(set_names().size(), public_sets().size());
  EXPECT_TRUE(set_choices().starts_with("mnist|fashion-mnist|cifar10|")) << set_choices();
  EXPECT_TRUE(set_choices().ends_with("|" + set_names().back() + "|folder:PATH|csv:FILE")) << set_choices();
}

TEST(PublicSets, OtherNamesHaveNoEntry) {
  EXPECT_EQ(find_public_set("folder:pets"), nullptr);
  EXPECT_EQ(usual_augmentation("folder:pets"), "");
  EXPECT_EQ(usual_augmentation("fashion-mnist"), "hflip(p=0.5)");
}

}  // namespace
}  // namespace fathom::data
