#include "fathom/draw/lettering.hpp"

#include <gtest/gtest.h>

namespace fathom::draw {
namespace {

constexpr int kBaseline = 40;
const Lettering kTall{.height = 20, .colour = {0, 0, 0}};

cv::Mat white(int height = 60, int width = 200) { return {height, width, CV_8UC3, cv::Scalar::all(255)}; }

cv::Mat drawn(const std::string& text, const Lettering& lettering = kTall) {
  cv::Mat canvas = white();
  draw_text(canvas, text, 10, kBaseline, lettering);
  return canvas;
}

bool are_equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

/// The smallest rectangle with all pixels that are not white.
cv::Rect place_of_ink(const cv::Mat& canvas) {
  int left = canvas.cols, top = canvas.rows, right = 0, bottom = 0;
  for (int y = 0; y < canvas.rows; ++y) {
    for (int x = 0; x < canvas.cols; ++x) {
      if (canvas.at<cv::Vec3b>(y, x)[0] > 200) continue;
      left = std::min(left, x), right = std::max(right, x + 1);
      top = std::min(top, y), bottom = std::max(bottom, y + 1);
    }
  }
  return {left, top, right - left, bottom - top};
}

TEST(Lettering, LettersOfEveryScriptAreDrawn) {
  const std::vector<std::string> letters{"?",  "o",  "ö",  "ß", "я", "ψ",     "猫",
                                         "犬", "ネ", "고", "ق", "כ", "\uFFFD"};
  for (std::size_t i = 0; i < letters.size(); ++i) {
    EXPECT_GT(place_of_ink(drawn(letters[i])).area(), 20) << letters[i];
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_FALSE(are_equal(drawn(letters[i]), drawn(letters[j]))) << letters[i] << ' ' << letters[j];
  }
}

TEST(Lettering, CapitalsStandOnTheBaselineAndAreAsTallAsAskedFor) {
  for (const double height : {8.0, 11.0, 20.0}) {
    const cv::Rect ink = place_of_ink(drawn("H", {.height = height, .colour = {0, 0, 0}}));
    EXPECT_EQ(ink.br().y, kBaseline) << height;
    EXPECT_NEAR(ink.height, height, 1) << height;
  }
}

TEST(Lettering, AnAccentIsDrawnAboveItsLetterHoweverItIsWritten) {
  EXPECT_TRUE(are_equal(drawn("Vo\u0308gel"), drawn("Vögel")));
  const cv::Rect capital = place_of_ink(drawn("O")), accented = place_of_ink(drawn("Ö"));
  EXPECT_LT(accented.y, capital.y - 2);
  EXPECT_EQ(accented.br().y, capital.br().y);
}

TEST(Lettering, BytesThatAreNoTextBecomeReplacementCharacters) {
  EXPECT_TRUE(are_equal(drawn("a\xff"), drawn("a\uFFFD")));
  EXPECT_TRUE(are_equal(drawn("a\xc3"), drawn("a\uFFFD")));
  EXPECT_TRUE(are_equal(drawn(std::string("a\0", 2)), drawn("a\uFFFD")));
  EXPECT_NO_THROW(drawn("\xed\xa0\x80\xf8\x80\xe7\x8c"));
}

TEST(Lettering, ControlCharactersAreBlanks) { EXPECT_TRUE(are_equal(drawn("a\nb\tc\x7f"), drawn("a b c "))); }

TEST(Lettering, NothingIsDrawnForAnEmptyText) {
  EXPECT_EQ(text_width("", kTall), 0);
  EXPECT_TRUE(are_equal(drawn(""), white()));
}

TEST(Lettering, TheWidthIsWhatTheLettersTake) {
  for (const char* text : {"Ankle boot", "собака", "猫と犬", "قطة"}) {
    const cv::Rect ink = place_of_ink(drawn(text));
    EXPECT_NEAR(ink.width, text_width(text, kTall), 6) << text;
    EXPECT_GE(ink.x, 10) << text;
    const int twice = text_width(text, {.height = 40});
    EXPECT_NEAR(twice, 2 * text_width(text, kTall), 1) << text;
  }
  EXPECT_GT(text_width("coat", {.bold = true}), text_width("coat", {.bold = false}));
}

TEST(Lettering, CentredTextHasItsMiddleThere) {
  cv::Mat canvas = white();
  draw_text_centred(canvas, "собака", 100, kBaseline, kTall);
  const cv::Rect ink = place_of_ink(canvas);
  EXPECT_NEAR(ink.x + ink.width / 2.0, 100, 2);
}

TEST(Lettering, UpwardsIsTheSameTurned) {
  cv::Mat canvas = white(200, 60), turned;
  draw_text_upwards(canvas, "Vögel", kBaseline, 190, kTall);
  cv::rotate(drawn("Vögel"), turned, cv::ROTATE_90_COUNTERCLOCKWISE);
  EXPECT_TRUE(are_equal(canvas, turned));
}

TEST(Lettering, TextIsShrunkAsFarAsNeeded) {
  const Lettering fitted = shrunk_to_fit("a wide title", kTall, 70);
  EXPECT_LE(text_width("a wide title", fitted), 70);
  EXPECT_GE(text_width("a wide title", fitted), 69);
  EXPECT_EQ(shrunk_to_fit("a wide title", kTall, 700).height, 20);
  EXPECT_EQ(shrunk_to_fit("a wide title", kTall, 70, 15).height, 15);
  EXPECT_EQ(shrunk_to_fit("a wide title", kTall, 0, 0).height, 1);
  EXPECT_EQ(least_width("title", kTall), text_width("title", {.height = 8}));
}

TEST(Lettering, TextWiderThanCairosPicturesIsDrawnToItsEnd) {
  const std::string text = std::string(3999, 'n') + "M";
  const int width = text_width(text, kTall);
  ASSERT_GT(width, 40'000);
  cv::Mat canvas = white();
  draw_text(canvas, text, 150 - width, kBaseline, kTall);
  cv::Mat end = white();
  draw_text(end, "M", 150 - text_width("M", kTall), kBaseline, kTall);
  EXPECT_NEAR(place_of_ink(canvas).br().x, place_of_ink(end).br().x, 1);
}

TEST(Lettering, TextThatIsMuchTooLongIsCut) {
  const std::string longest(1 << 22, 'n');
  EXPECT_EQ(text_width(longest, kTall), text_width(longest.substr(0, 4096) + "…", kTall));
}

TEST(Lettering, ALetterThatNoFontHasIsReportedOnce) {
  testing::internal::CaptureStderr();
  EXPECT_GT(place_of_ink(drawn("\U000F0000")).area(), 20);
  drawn("\U000F0001");
  const std::string note = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(note.starts_with("note: no installed font has all letters of '\U000F0000'")) << note;
  EXPECT_EQ(std::count(note.begin(), note.end(), '\n'), 1) << note;
}

}  // namespace
}  // namespace fathom::draw
