#include "fathom/data/picture_content.hpp"

#include <gtest/gtest.h>

#include "fathom/image/format.hpp"
#include "io/stored_deflate.hpp"
#include "temporary_folder.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

TEST(PictureContent, FirstBytesTellTheFormat) {
  for (const std::string& start :
       {"\x89PNG\r\n\x1a\n"s, "\xff\xd8\xff\xe0"s, "GIF89a"s, "RIFF\x10\0\0\0WEBPVP8 "s, "II*\0"s, "MM\0*"s,
        "P5\n12 8\n255\n"s, "P3 2 2"s, "P6\n# made by"s, "P7\nWIDTH 3"s,
        "\0\0\0\x20"
        "ftypheic"s,
        "\0\0\0\x1c"
        "ftypavif"s,
        "\0\0\0\x0cjP  "s, "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"s})
    EXPECT_TRUE(image::is_picture(start)) << start;
}

TEST(PictureContent, TextsAndOtherFilesAreNoPictures) {
  for (const std::string& start : {""s, "BMW is a make of cars"s, "P5 is a good phone"s, "P.S."s,
                                   "RIFF\x10\0\0\0WAVEfmt "s, "PK\x03\x04"s, "%PDF-1.7"s,
                                   "\0\0\0\x20"
                                   "ftypisom"s,
                                   "II"s, "GIF"s, "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x29\0\0\0"s})
    EXPECT_FALSE(image::is_picture(start)) << start;
}

TEST(PictureContent, TheEndingDecidesAndThenTheContent) {
  const TemporaryFolder folder;
  const auto is_picture = [&](const std::string& name, const std::string& bytes) {
    write_bytes(folder.path() / name, bytes);
    return is_picture_file(fs::directory_entry(folder.path() / name));
  };
  EXPECT_TRUE(is_picture("damaged.JFIF", "x"));  // the reader says so
  EXPECT_TRUE(is_picture("a.jpe", ""));
  EXPECT_TRUE(is_picture("without-ending", "\x89PNG\r\n\x1a\n"));
  EXPECT_TRUE(is_picture("wrong.dat", "\xff\xd8\xff\xe1"));
  EXPECT_FALSE(is_picture("notes.txt", "BMW"));
  EXPECT_FALSE(is_picture("empty", ""));
  fs::create_directory(folder.path() / "folder.png");
  EXPECT_FALSE(is_picture_file(fs::directory_entry(folder.path() / "folder.png")));
  fs::create_symlink("nowhere.png", folder.path() / "dangling.png");
  EXPECT_FALSE(is_picture_file(fs::directory_entry(folder.path() / "dangling.png")));
}

TEST(PictureContent, NamesOfSystemsAreKnownInAnyCase) {
  for (const char* name :
       {".DS_Store", "._dog.jpg", "__MACOSX", "Thumbs.db", "thumbs.DB", "desktop.ini", ".git"})
    EXPECT_TRUE(is_system_name(name)) << name;
  for (const char* name : {"dog.jpg", "MACOSX", "thumbs", "_dog.jpg"})
    EXPECT_FALSE(is_system_name(name)) << name;
}

}  // namespace
}  // namespace fathom::data
