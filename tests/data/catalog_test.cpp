#include "fathom/data/catalog.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "fathom/core/error.hpp"
#include "fathom/image/picture.hpp"
#include "io/stored_deflate.hpp"
#include "temporary_folder.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

/// Sets an environment variable for the length of a test; nullptr unsets it.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { set(before_ ? before_->c_str() : nullptr); }

 private:
  void set(const char* value) { value ? setenv(name_, value, 1) : unsetenv(name_); }
  const char* name_;
  std::optional<std::string> before_;
};

Catalog in(const fs::path& directory) { return {{directory}, {}, {32, 32}}; }

std::string message(const std::string& name, const Catalog& catalog) {
  try {
    load(name, Split::train, catalog);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// An idx pair of one 1x1 picture with the given pixel and the label 0.
void write_small_test_split(const fs::path& directory, const std::string& name, char pixel,
                            bool with_labels = true) {
  fs::create_directories(directory / name);
  write_bytes(directory / name / "t10k-images-idx3-ubyte",
              std::string{0, 0, 8, 3} + big32(1) + big32(1) + big32(1) + pixel);
  if (with_labels)
    write_bytes(directory / name / "t10k-labels-idx1-ubyte.gz",
                gzip_of(std::string{0, 0, 8, 1} + big32(1) + '\0'));
}

TEST(Catalog, DirectoriesAreSearchedInTheDocumentedOrder) {
  const Environment data("FATHOM_DATA", "/somewhere/data"), home("HOME", "/home/someone");
  const std::vector<fs::path> found = search_directories("given");
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0], "given");
  EXPECT_EQ(found[1], "/somewhere/data");
  EXPECT_EQ(found[2], fs::path(FATHOM_SOURCE) / "data");  // this test lies in build/bin of the project
  EXPECT_EQ(found[3], "/home/someone/.cache/fathom");
  EXPECT_EQ(found[4], "/usr/share/datasets");
}

TEST(Catalog, WhatIsNotSetIsNotSearched) {
  const Environment data("FATHOM_DATA", nullptr), home("HOME", "");
  const std::vector<fs::path> found = search_directories(std::nullopt);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1], "/usr/share/datasets");
}

TEST(Catalog, DownloadsGoToTheFirstDirectoryThatIsNamed) {
  const Environment home("HOME", "/home/someone");
  {
    const Environment data("FATHOM_DATA", "/somewhere/data");
    EXPECT_EQ(download_directory("given"), "given");
    EXPECT_EQ(download_directory(""), "/somewhere/data");
    EXPECT_EQ(download_directory(std::nullopt), "/somewhere/data");
  }
  const Environment data("FATHOM_DATA", "");
  EXPECT_EQ(download_directory(std::nullopt), "/home/someone/.cache/fathom");
  const Environment homeless("HOME", nullptr);
  EXPECT_EQ(download_directory(std::nullopt), std::nullopt);
}

TEST(Catalog, BatchesOfCifarAreNotLookedForPacked) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "cifar-10-batches-bin");
  const std::string record(3073, '\0');
  write_bytes(folder.path() / "cifar-10-batches-bin" / "test_batch.bin.gz", record);
  EXPECT_THROW(load("cifar10", Split::test, in(folder.path())), FileError);
  write_bytes(folder.path() / "cifar-10-batches-bin" / "test_batch.bin", record);
  const ImageSet set = load("cifar10", Split::test, in(folder.path()));
  EXPECT_EQ(set.size(), 1);
  EXPECT_EQ(set.classes[5], "dog");
}

TEST(Catalog, TellsTheFilesOfASet) {
  const TemporaryFolder folder;
  write_small_test_split(folder.path(), "mnist", 7);
  const std::vector<fs::path> files = set_files("mnist", Split::test, in(folder.path()));
  ASSERT_EQ(files.size(), 2U);
  for (const fs::path& file : files) EXPECT_TRUE(fs::exists(file)) << file;
  const fs::path pets = folder.path() / "pets";
  for (const char* name : {"train/cat/1.png", "train/cat/notes.txt", "train/dog/2.png", "test/cat/3.png"}) {
    fs::create_directories((pets / name).parent_path());
    write_bytes(pets / name, "no picture is opened");
  }
  EXPECT_EQ(set_files("folder:" + pets.string(), Split::train, in(folder.path())),
            std::vector<fs::path>({pets / "train/cat/1.png", pets / "train/dog/2.png"}));
  EXPECT_THROW(set_files("folder:some/where", Split::train, in(folder.path())), FileError);
  EXPECT_THROW(set_files("mnist", Split::train, in(folder.path())), FileError);
  EXPECT_THROW(set_files("minst", Split::train, in(folder.path())), InvalidArgument);
}

TEST(Catalog, FashionMnistIsReadFromTheDebianPackage) {
  const ImageSet train = load("fashion-mnist", Split::train, in("/usr/share/datasets"));
  EXPECT_EQ(train.images.sizes(), torch::IntArrayRef({60000, 1, 28, 28}));
  EXPECT_TRUE(train.labels.bincount().equal(torch::full({10}, 6000, torch::kInt64)));
  EXPECT_EQ(train.classes[9], "Ankle boot");
  EXPECT_EQ(train.name, "fashion-mnist");
  // Published for the training images: mean 0.2860, standard deviation 0.3530.
  const PixelStatistics statistics = pixel_statistics(train);
  EXPECT_NEAR(statistics.mean[0], 0.2860, 5e-5);
  EXPECT_NEAR(statistics.std[0], 0.3530, 5e-5);

  const ImageSet test = load("fashion-mnist", Split::test, in("/usr/share/datasets"));
  EXPECT_EQ(test.images.sizes(), torch::IntArrayRef({10000, 1, 28, 28}));
  EXPECT_NE(checksum(test.first(100)), checksum(train.first(100)));
}

TEST(Catalog, MnistHasItsCounts) {
  const char* directory = std::getenv("FATHOM_DATA");
  if (!directory) GTEST_SKIP() << "MNIST is not here: FATHOM_DATA is not set";
  const ImageSet train = load("mnist", Split::train, in(directory));
  EXPECT_EQ(train.images.sizes(), torch::IntArrayRef({60000, 1, 28, 28}));
  EXPECT_TRUE(train.labels.slice(0, 0, 5).equal(torch::tensor({5, 0, 4, 1, 9}, torch::kInt64)));
  EXPECT_EQ(train.classes[7], "7");
  // Published for the training images: mean 0.1307, standard deviation 0.3081.
  EXPECT_NEAR(pixel_statistics(train).mean[0], 0.1307, 5e-5);
  EXPECT_NEAR(pixel_statistics(train).std[0], 0.3081, 5e-5);
  EXPECT_EQ(load("mnist", Split::test, in(directory)).size(), 10000);
}

TEST(Catalog, Cifar10HasItsCounts) {
  const char* directory = std::getenv("FATHOM_DATA");
  if (!directory) GTEST_SKIP() << "CIFAR-10 is not here: FATHOM_DATA is not set";
  const ImageSet test = load("cifar10", Split::test, in(directory));
  EXPECT_EQ(test.images.sizes(), torch::IntArrayRef({10000, 3, 32, 32}));
  EXPECT_TRUE(test.labels.bincount().equal(torch::full({10}, 1000, torch::kInt64)));
  const ImageSet train = load("cifar10", Split::train, in(directory));
  EXPECT_EQ(train.images.sizes(), torch::IntArrayRef({50000, 3, 32, 32}));
  EXPECT_TRUE(train.labels.bincount().equal(torch::full({10}, 5000, torch::kInt64)));
}

TEST(Catalog, TheFirstDirectoryWithAllFilesIsTaken) {
  const TemporaryFolder incomplete, first, second;
  write_small_test_split(incomplete.path(), "mnist", 1, false);
  write_small_test_split(first.path(), "mnist", 2);
  write_small_test_split(second.path(), "mnist", 3);
  const Catalog catalog{{"/no/such/place", incomplete.path(), first.path(), second.path()}, {}, {32, 32}};
  EXPECT_EQ(load("mnist", Split::test, catalog).images.item<int>(), 2);
}

TEST(Catalog, FolderSetsGoThroughTheReader) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "cat");
  write_bytes(folder.path() / "cat" / "a.png", "x");
  const auto white = [](const fs::path&, Extent size) {
    return torch::full({3, size.height, size.width}, 255, torch::kUInt8);
  };
  const Catalog catalog{{}, white, {5, 6}};
  const ImageSet set = load("folder:" + folder.path().string(), Split::train, catalog);
  EXPECT_EQ(set.images.sizes(), torch::IntArrayRef({1, 3, 5, 6}));
}

TEST(Catalog, OnePictureOfAFolderIsReadAloneAtItsOwnSize) {
  const TemporaryFolder folder;
  torch::Tensor striped = torch::zeros({3, 40, 70}, torch::kUInt8);
  striped.slice(2, 0, 70, 2).fill_(200);  // would be gone in a picture made smaller
  image::write_picture(folder.path() / "train" / "ant" / "a.png", torch::full({3, 9, 9}, 50, torch::kUInt8));
  image::write_picture(folder.path() / "train" / "bee" / "b.png", striped);
  image::write_picture(folder.path() / "train" / "bee" / "grey.png",
                       torch::full({1, 3, 4}, 7, torch::kUInt8));
  fs::create_directory(folder.path() / "train" / "cow");
  write_bytes(folder.path() / "train" / "cow" / "no-picture.png", "x");  // nobody may notice
  fs::create_directories(folder.path() / "test" / "ant");
  write_bytes(folder.path() / "test" / "ant" / "other.png", "x");
  const Catalog catalog{{}, image::read_picture_as, {32, 32}};
  const std::string set = "folder:" + folder.path().string();

  const NamedPicture bee = load_picture({set, Split::train, 1}, catalog);
  EXPECT_TRUE(bee.image.equal(striped));
  EXPECT_EQ(bee.label, 1);
  EXPECT_EQ(bee.label_name, "bee");
  EXPECT_TRUE(
      load_picture({set, Split::train, 2}, catalog).image.equal(torch::full({3, 3, 4}, 7, torch::kUInt8)));

  EXPECT_THROW(load_picture({set, Split::train, 4}, catalog), InvalidArgument);
  EXPECT_THROW(load_picture({set, Split::train, -1}, catalog), InvalidArgument);
  EXPECT_THROW(load_picture({set, Split::train, 0}, Catalog{}), InvalidArgument);  // no reader
  EXPECT_THROW(load_picture({set, Split::train, 3}, catalog), FormatError);
}

TEST(Catalog, ACsvFileIsASet) {
  const TemporaryFolder folder;
  write_bytes(folder.path() / "pets.csv",
              "path,label,split\nb.png,bee,train\na.png,ant,test\nc.png,ant,val\n");
  const auto first_letter = [](const fs::path& path, Extent size) {
    return torch::full({3, std::max<std::int64_t>(1, size.height), std::max<std::int64_t>(1, size.width)},
                       path.filename().string()[0], torch::kUInt8);
  };
  const Catalog catalog{{}, first_letter, {5, 6}};
  const std::string set = "csv:" + (folder.path() / "pets.csv").string();
  const ImageSet test = load(set, Split::test, catalog);
  EXPECT_EQ(test.images.sizes(), torch::IntArrayRef({1, 3, 5, 6}));
  EXPECT_EQ(test.images[0][0][0][0].item<int>(), 'a');
  EXPECT_EQ(test.name, set);
  EXPECT_EQ(load_all(set, catalog).size(), 3);
  EXPECT_EQ(set_files(set, Split::train, catalog), std::vector<fs::path>{folder.path() / "b.png"});
  EXPECT_TRUE(is_picture_set(set) && is_picture_set("folder:x") && !is_picture_set("mnist"));
  const auto name = parse_picture_name(set + ":train:0");
  ASSERT_TRUE(name);
  EXPECT_EQ(load_picture(*name, catalog).label_name, "bee");
  EXPECT_THROW(parse_picture_name(set), InvalidArgument);
}

TEST(Catalog, AllPicturesOfAPublicSetAreItsTrainingAndTestPictures) {
  const ImageSet all = load_all("fashion-mnist", in("/usr/share/datasets"));
  ASSERT_EQ(all.size(), 70000);
  const ImageSet test = load("fashion-mnist", Split::test, in("/usr/share/datasets"));
  EXPECT_TRUE(all.labels.slice(0, 60000).equal(test.labels));
  EXPECT_TRUE(all.images[69999].equal(test.images[9999]));
}

TEST(Catalog, AnUnknownNameIsCorrected) {
  EXPECT_THROW(load("fashion-mnits", Split::train, in("/")), InvalidArgument);
  EXPECT_NE(message("fashion-mnits", in("/")).find("did you mean 'fashion-mnist'"), std::string::npos);
  EXPECT_NE(message("imagenet", in("/")).find("folder:PATH"), std::string::npos);
}

TEST(Catalog, APathWithoutItsKindIsCorrected) {
  const TemporaryFolder folder;
  const std::string pets = (folder.path() / "pets").string(), list = (folder.path() / "pets.csv").string();
  fs::create_directory(pets);
  write_bytes(list, "path,label\n");
  EXPECT_NE(message(pets, in("/")).find("it is 'folder:" + pets + "'"), std::string::npos);
  EXPECT_NE(message(list, in("/")).find("it is 'csv:" + list + "'"), std::string::npos);
}

TEST(Catalog, AMissingSetSaysWhereItWasSoughtAndHowToGetIt) {
  const Catalog catalog{{"/first/place", "/second/place"}, {}, {32, 32}};
  EXPECT_THROW(load("mnist", Split::train, catalog), FileError);
  const std::string text = message("mnist", catalog);
  EXPECT_NE(text.find("/first/place, /second/place"), std::string::npos) << text;
  EXPECT_NE(text.find("fetch_data mnist"), std::string::npos) << text;
  EXPECT_EQ(text.find("dataset-fashion-mnist"), std::string::npos) << text;
  EXPECT_NE(message("fashion-mnist", catalog).find("dataset-fashion-mnist"), std::string::npos);
  EXPECT_NE(message("cifar10", catalog).find("fetch_data cifar10"), std::string::npos);
}

TEST(Catalog, PictureNamesAreParsed) {
  const auto name = parse_picture_name("fashion-mnist:test:17");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->set, "fashion-mnist");
  EXPECT_EQ(name->split, Split::test);
  EXPECT_EQ(name->index, 17);

  const auto folder = parse_picture_name("folder:pics/pets:train:3");
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->set, "folder:pics/pets");
  EXPECT_EQ(folder->split, Split::train);
  EXPECT_EQ(folder->index, 3);

  const auto colons = parse_picture_name("folder:C:pets:train:3");
  ASSERT_TRUE(colons);
  EXPECT_EQ(colons->set, "folder:C:pets");
}

TEST(Catalog, FileNamesAreNoPictureNames) {
  for (const char* text :
       {"", "dog.png", "mnist", "mnist.png", "pics/mnist:test:1.png", ":", "::", "a:b", "photo:test:1"}) {
    EXPECT_FALSE(parse_picture_name(text)) << text;
  }
}

TEST(Catalog, ASlipInTheSetsNameIsLeftForLoadToCorrect) {
  const auto name = parse_picture_name("mnits:test:1");
  ASSERT_TRUE(name);
  EXPECT_THROW(load_picture(*name, in("/")), InvalidArgument);
}

TEST(Catalog, WrongPictureNamesOfASetAreRefused) {
  for (const char* text :
       {"mnist:", "mnist:test", "mnist:tset:1", "mnist:test:", "mnist:test:-4", "mnist:test:1x",
        "mnist:test: 1", "mnist:test:1.5", "mnist:test:99999999999999999999", "mnist:test:1:2", "cifar10:17",
        "folder:pets", "folder::test:1"}) {
    EXPECT_THROW(parse_picture_name(text), InvalidArgument) << text;
  }
}

TEST(Catalog, SlicesAreParsed) {
  const auto slice = parse_picture_slice("fashion-mnist:test:3-15");
  ASSERT_TRUE(slice);
  EXPECT_EQ(slice->set, "fashion-mnist");
  EXPECT_EQ(slice->split, Split::test);
  EXPECT_EQ(slice->first, 3);
  EXPECT_EQ(slice->last, 15);

  const auto one = parse_picture_slice("folder:pics/pets:train:7");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->set, "folder:pics/pets");
  EXPECT_EQ(one->first, 7);
  EXPECT_EQ(one->last, 7);
  EXPECT_FALSE(parse_picture_slice("dog-3.png"));
  EXPECT_FALSE(parse_picture_slice("photo:test:1-2"));
}

TEST(Catalog, WrongSlicesAreRefused) {
  for (const char* text : {"mnist:test:", "mnist:test:-", "mnist:test:1-", "mnist:test:-3",
                           "mnist:test:1-2-3", "mnist:test:a-b", "mnist:tset:0-3", "mnist:0-3"}) {
    EXPECT_THROW(parse_picture_slice(text), InvalidArgument) << text;
  }
  try {
    parse_picture_slice("mnist:test:9-3");
    FAIL() << "a slice that ends before it begins was taken";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 3-9"), std::string::npos) << error.what();
  }
}

TEST(Catalog, ASliceIsItsPicturesInOrder) {
  const Catalog catalog = in("/usr/share/datasets");
  const auto pictures = load_pictures({"fashion-mnist", Split::test, 1, 3}, catalog);
  ASSERT_EQ(pictures.size(), 3u);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const NamedPicture alone =
        load_picture({"fashion-mnist", Split::test, static_cast<std::int64_t>(i) + 1}, catalog);
    EXPECT_TRUE(pictures[i].image.equal(alone.image));
    EXPECT_EQ(pictures[i].label_name, alone.label_name);
  }
  EXPECT_THROW(load_pictures({"fashion-mnist", Split::test, 9998, 10000}, catalog), InvalidArgument);
}

TEST(Catalog, OnePictureComesWithItsLabel) {
  const NamedPicture picture = load_picture({"fashion-mnist", Split::test, 1}, in("/usr/share/datasets"));
  EXPECT_EQ(picture.image.sizes(), torch::IntArrayRef({1, 28, 28}));
  EXPECT_EQ(picture.label, 2);
  EXPECT_EQ(picture.label_name, "Pullover");
}

TEST(Catalog, AnIndexBeyondTheSetIsRefused) {
  EXPECT_NO_THROW(load_picture({"fashion-mnist", Split::test, 9999}, in("/usr/share/datasets")));
  EXPECT_THROW(load_picture({"fashion-mnist", Split::test, 10000}, in("/usr/share/datasets")),
               InvalidArgument);
  EXPECT_THROW(load_picture({"fashion-mnist", Split::test, -1}, in("/usr/share/datasets")), InvalidArgument);
}

}  // namespace
}  // namespace fathom::data
