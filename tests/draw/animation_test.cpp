#include "fathom/draw/animation.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "temporary_folder.hpp"

namespace fathom::draw {
namespace {

torch::Tensor grey(int value) { return torch::full({3, 15, 21}, value, torch::kUInt8); }

TEST(Animation, IntoAFolderIsNumberedPictures) {
  const TemporaryFolder folder;
  Animation animation(folder.path() / "frames");
  animation.add(grey(10));
  animation.add(grey(200));
  animation.finish();
  EXPECT_TRUE(torch::equal(image::read_picture(folder.path() / "frames" / "0000.png"), grey(10)));
  EXPECT_TRUE(torch::equal(image::read_picture(folder.path() / "frames" / "0001.png"), grey(200)));
}

TEST(Animation, WritesVideosOfOddSizes) {
  const TemporaryFolder folder;
  Animation animation(folder.path() / "ascent.mp4");
  for (int i = 0; i < 5; ++i) animation.add(grey(50 * i));
  animation.finish();
  // Every MP4 file begins with a box of type "ftyp", after its length.
  EXPECT_EQ(io::read_file(folder.path() / "ascent.mp4").substr(4, 4), "ftyp");
}

TEST(Animation, WritesGifs) {
  const TemporaryFolder folder;
  Animation animation(folder.path() / "ascent.GIF");
  animation.add(grey(10));
  animation.finish();
  EXPECT_EQ(io::read_file(folder.path() / "ascent.GIF").substr(0, 6), "GIF89a");
}

TEST(Animation, WhatIsNotFinishedLeavesNothing) {
  const TemporaryFolder folder;
  for (const char* name : {"a.mp4", "a.gif"}) {
    Animation animation(folder.path() / name);
    animation.add(grey(1));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Animation, RefusesOtherEndingsAndPlacesThatCannotBeWritten) {
  const TemporaryFolder folder;
  EXPECT_THROW(Animation(folder.path() / "ascent.tiff"), InvalidArgument);
  for (const char* path : {"/dev/null/ascent.mp4", "/dev/null/ascent.gif", "/dev/null/frames"})
    EXPECT_THROW(Animation{path}, FileError) << path;
}

}  // namespace
}  // namespace fathom::draw
