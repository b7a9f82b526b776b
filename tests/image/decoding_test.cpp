/// Every format, depth and orientation against what Pillow and numpy make of it (make_pictures.py).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/npy.hpp"
#include "image/picture_files.hpp"
#include "run_program.hpp"

namespace fathom::image {
namespace {

/// The notes while an object of this class lives.
class HeardNotes {
 public:
  HeardNotes() {
    last_ = set_note_handler([this](const std::string& text) { texts_.push_back(text); });
  }
  HeardNotes(const HeardNotes&) = delete;
  HeardNotes& operator=(const HeardNotes&) = delete;
  ~HeardNotes() { set_note_handler(last_); }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  NoteHandler last_;
};

struct TableRow {
  std::string name;
  int tolerance = 0;
  std::size_t notes = 0;
};

void expect_right(const std::filesystem::path& folder, const TableRow& row) {
  const HeardNotes heard;
  testing::internal::CaptureStderr();
  const torch::Tensor read = read_picture(folder / row.name),
                      right = io::read_npy(folder / (row.name + ".npy"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << row.name;
  ASSERT_EQ(read.sizes(), right.sizes()) << row.name;
  const torch::Tensor apart = (read.to(torch::kInt) - right.to(torch::kInt)).abs();
  EXPECT_LE(apart.max().item<int>(), row.tolerance) << row.name;
  EXPECT_EQ(heard.texts().size(), row.notes) << row.name;
}

/// With the opacity kept. Colours that nobody sees, below no opacity at all, may be others.
void expect_right_opacity(const std::filesystem::path& folder, const TableRow& row) {
  const HeardNotes heard;
  const torch::Tensor read =
      decode_picture_with_opacity(io::read_file(folder / row.name), row.name).to(torch::kInt);
  const torch::Tensor right = io::read_npy(folder / (row.name + ".rgba.npy")).to(torch::kInt);
  ASSERT_EQ(read.sizes(), right.sizes()) << row.name;
  const torch::Tensor apart = (read - right).abs(), seen = right[3].gt(0).to(torch::kInt);
  EXPECT_LE(apart[3].max().item<int>(), std::max(1, row.tolerance)) << row.name;
  EXPECT_LE((apart * seen).max().item<int>(), std::max(1, row.tolerance)) << row.name;
}

TEST(Decoding, EveryFormatDepthAndOrientationGivesThePixelsThatPillowAndNumpyGive) {
  const std::string python = "/usr/bin/python3";  // Debian's, the one that python3-pil is for
  if (run_command(python + " -c 'import numpy, PIL'").status != 0)
    GTEST_SKIP() << "python3-pil is not installed";
  const TemporaryFolder folder;
  const Outcome made = run_command(fmt::format("OMP_NUM_THREADS=1 {} '{}/tests/image/make_pictures.py' '{}'",
                                               python, FATHOM_SOURCE, folder.path().string()));
  ASSERT_EQ(made.status, 0) << made.err;
  std::istringstream list(io::read_file(folder.path() / "list.txt"));
  int count = 0, with_opacity = 0;
  for (TableRow row; list >> row.name >> row.tolerance >> row.notes; ++count) {
    try {
      expect_right(folder.path(), row);
      if (!std::filesystem::exists(folder.path() / (row.name + ".rgba.npy"))) continue;
      expect_right_opacity(folder.path(), row);
      ++with_opacity;
    } catch (const Error& error) {
      ADD_FAILURE() << row.name << ": " << error.what();
    }
  }
  EXPECT_GT(count, 150);
  EXPECT_GT(with_opacity, 40);
}

std::string sole_note_about(const std::string& bytes) {
  const HeardNotes heard;
  decode_picture(bytes, "pics/cat");
  return heard.texts().size() == 1 ? heard.texts()[0] : fmt::format("{} notes", heard.texts().size());
}

/// A picture of 2 x 1 pixels with the colours 0 (200, 100, 50) and 1 (9, 9, 9), `count` times.
std::string gif_bytes(int count) {
  // Codes of 3 bits: clear (4), 0, 1, end (5).
  const std::string picture = "," + little16(0) + little16(0) + little16(2) + little16(1) +
                              bytes_of({0, 2, 2, 0b01000100, 0b00001010, 0});
  std::string bytes = "GIF89a" + little16(2) + little16(1) + bytes_of({0x80, 0, 0, 200, 100, 50, 9, 9, 9});
  for (int i = 0; i < count; ++i) bytes += picture;
  return bytes + ";";
}

TEST(Decoding, ANoteSaysWhichPartOfAFileIsRead) {
  EXPECT_EQ(sole_note_about(gif_bytes(3)), "'pics/cat' is an animation of 3 pictures; the first is read");
  EXPECT_EQ(sole_note_about(gif_bytes(1)), "0 notes");
  EXPECT_TRUE(
      decode_picture(gif_bytes(1), "x")
          .equal(torch::tensor({200, 9, 100, 9, 50, 9}, torch::kInt).to(torch::kUInt8).view({3, 1, 2})));
}

TEST(Decoding, ANoteSaysThatSamplesAreStretched) {
  EXPECT_EQ(sole_note_about(png_file({2, 1, 16, 0}, bytes_of({0, 3, 0xe8, 0, 0}))),
            "'pics/cat' has 16 bits, but its largest sample is 1000; its samples are read as 10 bits");
}

TEST(Decoding, EveryTruncationAndDamageOfAGifIsRefusedOrHarmless) {
  const std::string whole = gif_bytes(2);
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    // Behind the first picture the file may end: the mark of the end is often missing.
    if (length == whole.size() - 16) continue;
    EXPECT_THROW(decode_picture(whole.substr(0, length), "cut"), FormatError) << length;
  }
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const char flip : {'\x01', '\x21', '\xff'}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      try {
        EXPECT_LE(decode_picture(damaged, "damaged").numel(), 300'000'000) << at;
      } catch (const FormatError&) {
      }
    }
}

TEST(Decoding, AScreenThatAShortGifCannotFillIsRefused) {
  std::string bytes = gif_bytes(1);
  bytes.replace(6, 4, little16(9000) + little16(9000));
  EXPECT_THROW(decode_picture(bytes, "large"), FormatError);
}

TEST(Decoding, WarningsOfLibpngReachNobody) {
  // Transparency in a file with alpha, about which libpng warns.
  const std::string bytes = png_file({1, 1, 8, 6}, bytes_of({0, 200, 100, 50, 255}),
                                     png_chunk("tRNS", bytes_of({0, 1, 0, 1, 0, 1})));
  testing::internal::CaptureStderr();
  EXPECT_EQ(sole_note_about(bytes), "0 notes");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace fathom::image
