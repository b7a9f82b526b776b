#include "fathom/draw/sheet.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/draw/confusion.hpp"
#include "image/pixel.hpp"

namespace fathom::draw {
namespace {

torch::Tensor filled(std::int64_t height, std::int64_t width, int value, std::int64_t channels = 3) {
  return torch::full({channels, height, width}, value, torch::kUInt8);
}

/// Pure red of the given brightness, which no text has.
torch::Tensor red(std::int64_t height, std::int64_t width, int value) {
  torch::Tensor picture = torch::zeros({3, height, width}, torch::kUInt8);
  picture[0].fill_(value);
  return picture;
}

/// Where the pixels of such a picture lie.
Patch place_of(const torch::Tensor& picture, int value) {
  const torch::Tensor there = ((picture[0] == value) & (picture[1] == 0) & (picture[2] == 0)).nonzero();
  if (there.numel() == 0) return {};
  const torch::Tensor low = std::get<0>(there.min(0)), high = std::get<0>(there.max(0));
  const std::int64_t y = low[0].item<std::int64_t>(), x = low[1].item<std::int64_t>();
  return {y, x, high[0].item<std::int64_t>() - y + 1, high[1].item<std::int64_t>() - x + 1};
}

int darkest(const torch::Tensor& picture, std::int64_t top, std::int64_t bottom, std::int64_t left,
            std::int64_t right) {
  return picture.slice(1, top, bottom).slice(2, left, right).min().item<int>();
}

/// The outermost pixels are white: nothing is cut.
bool has_white_edge(const torch::Tensor& picture, std::int64_t width = 8) {
  const std::int64_t h = picture.size(1), w = picture.size(2);
  return darkest(picture, 0, width, 0, w) == 255 && darkest(picture, h - width, h, 0, w) == 255 &&
         darkest(picture, 0, h, 0, width) == 255 && darkest(picture, 0, h, w - width, w) == 255;
}

TEST(Sheet, APictureIsCopiedAsItIs) {
  const torch::Tensor made = sheet({{red(40, 60, 99), "", {}}});
  EXPECT_EQ(made.scalar_type(), torch::kUInt8);
  const Patch place = place_of(made, 99);
  EXPECT_EQ(place.height, 40);
  EXPECT_EQ(place.width, 60);
  // White all round, as wide on the left as on the right and on top as below.
  EXPECT_EQ(place.x, made.size(2) - place.x - 60);
  EXPECT_EQ(place.y, made.size(1) - place.y - 40);
  EXPECT_GE(place.x, 8);
}

TEST(Sheet, PanelsStandInOneRowUnlessColumnsAreGiven) {
  const std::vector<Panel> panels{
      {red(40, 40, 91), "", {}}, {red(40, 40, 92), "", {}}, {red(40, 40, 93), "", {}}};
  const torch::Tensor row = sheet(panels), two = sheet(panels, {.columns = 2});
  EXPECT_EQ(place_of(row, 91).y, place_of(row, 93).y);
  EXPECT_LT(place_of(row, 91).x, place_of(row, 92).x);
  EXPECT_LT(place_of(row, 92).x, place_of(row, 93).x);
  EXPECT_EQ(place_of(two, 91).y, place_of(two, 92).y);
  EXPECT_GT(place_of(two, 93).y, place_of(two, 91).y + 40);
  EXPECT_EQ(place_of(two, 93).x, place_of(two, 91).x);
}

TEST(Sheet, MoreColumnsThanPanelsLeaveNoGap) {
  const std::vector<Panel> panels{{red(40, 40, 91), "", {}}};
  EXPECT_TRUE(sheet(panels, {.columns = 5}).equal(sheet(panels)));
}

TEST(Sheet, PicturesOfARowShareTheirTopWhateverTheirTitles) {
  const torch::Tensor made =
      sheet({{red(40, 80, 91), "title", {}}, {red(30, 80, 92), "", {"caption", "another"}}});
  EXPECT_EQ(place_of(made, 91).y, place_of(made, 92).y);
}

TEST(Sheet, TitlesStandAboveAndCaptionsBelow) {
  const torch::Tensor bare = sheet({{red(40, 120, 91), "", {}}});
  const torch::Tensor titled = sheet({{red(40, 120, 91), "Title", {}}});
  const torch::Tensor captioned = sheet({{red(40, 120, 91), "", {"one", "two"}}});
  const Patch with_title = place_of(titled, 91), with_captions = place_of(captioned, 91);
  EXPECT_LT(darkest(titled, 0, with_title.y, 0, titled.size(2)), 80);
  EXPECT_EQ(with_captions.y, place_of(bare, 91).y);
  EXPECT_LT(darkest(captioned, with_captions.y + 40, captioned.size(1), 0, captioned.size(2)), 110);
  EXPECT_GT(captioned.size(1), bare.size(1) + 20);
}

TEST(Sheet, TheHeadingIsCentredOverAll) {
  const torch::Tensor made = sheet({{red(40, 300, 91), "", {}}}, {.heading = "MMMM"});
  const std::int64_t top = place_of(made, 91).y;
  const torch::Tensor columns = (made.slice(1, 0, top) < 128).all(0).any(0).nonzero();
  ASSERT_GT(columns.numel(), 0);
  const double middle = (columns.min().item<double>() + columns.max().item<double>()) / 2;
  EXPECT_NEAR(middle, static_cast<double>(made.size(2)) / 2, 2.0);
}

TEST(Sheet, WideTextIsNeverCut) {
  const std::string wide = "a text that is very much wider than the picture that it stands over";
  const torch::Tensor titled =
      sheet({{red(28, 28, 91), wide, {wide}}, {red(28, 28, 92), wide, {wide}}}, {.heading = wide + wide});
  EXPECT_TRUE(has_white_edge(titled));
  const torch::Tensor once = sheet({{red(28, 200, 91), wide, {}}}),
                      large = sheet({{red(28, 200, 91), wide, {}}}, {.text_scale = 3});
  EXPECT_TRUE(has_white_edge(once));
  EXPECT_TRUE(has_white_edge(large));
}

TEST(Sheet, LongWordsAreShortenedInTheMiddleIfTheirWidthIsBounded) {
  const std::string name = "a class with a name of very many words, which is far too long 99 %";
  const std::vector<Panel> panels{{red(28, 28, 91), name, {name}}, {red(28, 28, 92), "cat", {name}}};
  const torch::Tensor made = sheet(panels, {.widest_words = 120});
  EXPECT_LE(made.size(2), 2 * 120 + 3 * 16);
  EXPECT_GT(sheet(panels).size(2), 600);
  EXPECT_TRUE(has_white_edge(made));
  // The beginning and the end are drawn.
  EXPECT_FALSE(
      made.equal(sheet({{red(28, 28, 91), "A" + name.substr(1), {name}}, panels[1]}, {.widest_words = 120})));
  EXPECT_FALSE(made.equal(sheet({{red(28, 28, 91), name + "!", {name}}, panels[1]}, {.widest_words = 120})));
  EXPECT_TRUE(sheet({{red(28, 28, 91), "cat", {}}}, {.widest_words = 120})
                  .equal(sheet({{red(28, 28, 91), "cat", {}}})));
  EXPECT_THROW(sheet(panels, {.widest_words = -1}), InvalidArgument);
}

TEST(Sheet, PicturesOfOneSizeStandAtOneDistance) {
  const torch::Tensor made = sheet(
      {{red(28, 28, 91), "", {"a caption"}}, {red(28, 28, 92), "", {"x"}}, {red(28, 28, 93), "", {"x"}}});
  EXPECT_EQ(place_of(made, 92).x - place_of(made, 91).x, place_of(made, 93).x - place_of(made, 92).x);
}

TEST(Sheet, LargerTextTakesMoreRoom) {
  const std::vector<Panel> panels{{red(40, 200, 91), "title", {"caption"}}};
  EXPECT_GT(sheet(panels, {.text_scale = 2}).size(1), sheet(panels).size(1));
}

TEST(Sheet, GreyPanelsBecomeRgb) {
  EXPECT_TRUE(sheet({{filled(9, 9, 91, 1), "", {}}}).equal(sheet({{filled(9, 9, 91, 3), "", {}}})));
}

TEST(Sheet, NamesInEveryScriptAreDrawnAndNotCut) {
  const auto with = [](const std::string& title) { return sheet({{red(30, 60, 91), title, {title}}}); };
  const torch::Tensor unknown = with("????");
  for (const char* name : {"Vögel", "собака", "猫", "고양이", "قطة", "\xff\xfe"}) {
    EXPECT_FALSE(with(name).equal(unknown)) << name;
    EXPECT_TRUE(has_white_edge(with(name))) << name;
  }
}

TEST(Sheet, TheSamePanelsGiveTheSamePicture) {
  const std::vector<Panel> panels{{red(40, 60, 91), "title", {"caption"}}};
  EXPECT_TRUE(sheet(panels).equal(sheet(panels)));
}

TEST(Sheet, ImpossibleSheetsAreRefused) {
  EXPECT_THROW(sheet({}), InvalidArgument);
  EXPECT_THROW(sheet({{torch::Tensor(), "", {}}}), InvalidArgument);
  EXPECT_THROW(sheet({{torch::zeros({3, 4, 4}), "", {}}}), InvalidArgument);
  EXPECT_THROW(sheet({{filled(4, 4, 1), "", {}}}, {.columns = -1}), InvalidArgument);
  EXPECT_THROW(sheet({{filled(4, 4, 1), "", {}}}, {.text_scale = 0}), InvalidArgument);
}

TEST(Framed, TheLineLiesJustOutsideThePatch) {
  const torch::Tensor out = framed(filled(8, 8, 0), {3, 3, 2, 2}, {200, 100, 50}, 1);
  const torch::Tensor drawn = (out[0] == 200);
  EXPECT_EQ(drawn.sum().item<int>(), 16 - 4);  // a 4x4 square less the patch
  EXPECT_EQ(image::pixel(out, 2, 2), (std::vector<int>{200, 100, 50}));
  EXPECT_EQ(image::pixel(out, 5, 5), (std::vector<int>{200, 100, 50}));
  EXPECT_EQ(image::pixel(out, 3, 3), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(image::pixel(out, 1, 1), (std::vector<int>{0, 0, 0}));
}

TEST(Framed, AtTheBorderTheLineMovesInside) {
  const torch::Tensor out = framed(filled(8, 8, 0), {0, 4, 4, 4}, {9, 9, 9}, 1);
  EXPECT_EQ(image::pixel(out, 0, 5), (std::vector<int>{9, 9, 9}));  // top side, on the patch
  EXPECT_EQ(image::pixel(out, 2, 7), (std::vector<int>{9, 9, 9}));  // right side, on the patch
  EXPECT_EQ(image::pixel(out, 4, 5), (std::vector<int>{9, 9, 9}));  // bottom side, outside
  EXPECT_EQ(image::pixel(out, 2, 5), (std::vector<int>{0, 0, 0}));
}

TEST(Framed, TheOriginalIsLeftAlone) {
  const torch::Tensor picture = filled(8, 8, 7);
  framed(picture, {2, 2, 3, 3}, {255, 0, 0});
  EXPECT_TRUE(picture.eq(7).all().item<bool>());
  EXPECT_EQ(framed(filled(8, 8, 7, 1), {2, 2, 3, 3}, {255, 0, 0}).size(0), 3);
}

TEST(Framed, PatchesOutsideAreClipped) {
  EXPECT_TRUE(framed(filled(8, 8, 7), {100, 100, 3, 3}, {255, 0, 0}).eq(7).all().item<bool>());
  EXPECT_NO_THROW(framed(filled(8, 8, 7), {-5, -5, 100, 100}, {255, 0, 0}));
  EXPECT_NO_THROW(framed(filled(1, 1, 7), {0, 0, 1, 1}, {255, 0, 0}, 50));
  EXPECT_THROW(framed(filled(8, 8, 7), {0, 0, 0, 3}, {255, 0, 0}), InvalidArgument);
  EXPECT_THROW(framed(filled(8, 8, 7), {0, 0, 3, 3}, {255, 0, 0}, 0), InvalidArgument);
}

const std::vector<std::string> kTen{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

TEST(Confusion, CellsAreShadedByTheShareOfTheirRow) {
  // Row 0 has ten times the counts of row 1, and the same shares.
  const torch::Tensor counts = torch::tensor({{90, 10}, {9, 1}}, torch::kInt64);
  const torch::Tensor picture = confusion_picture(counts, {"a", "b"}, "");
  const std::int64_t right = picture.size(2) - 20, bottom = picture.size(1) - 20, cell = 46;
  // A corner of each cell, clear of the number.
  const auto shade = [&](std::int64_t row, std::int64_t column) {
    return image::pixel(picture, bottom - (2 - row) * cell + 4, right - (2 - column) * cell + 4);
  };
  EXPECT_EQ(shade(0, 0), shade(1, 0));
  EXPECT_EQ(shade(0, 1), shade(1, 1));
  EXPECT_LT(shade(0, 0)[0], shade(0, 1)[0]);  // the larger share is the darker
}

TEST(Confusion, RowsAreTrueClasses) {
  const torch::Tensor counts = torch::tensor({{1, 0}, {1, 0}}, torch::kInt64);  // all predicted as "a"
  const torch::Tensor picture = confusion_picture(counts, {"a", "b"}, "");
  const std::int64_t right = picture.size(2) - 20, bottom = picture.size(1) - 20, cell = 46;
  EXPECT_LT(image::pixel(picture, bottom - cell + 4, right - 2 * cell + 4)[0], 128);
  EXPECT_EQ(image::pixel(picture, bottom - 2 * cell + 4, right - cell + 4),
            (std::vector<int>{255, 255, 255}));
}

TEST(Confusion, NothingIsCut) {
  const torch::Tensor counts = torch::full({10, 10}, 1'000'000, torch::kInt64);
  EXPECT_TRUE(
      has_white_edge(confusion_picture(counts, kTen, "Fashion-MNIST test: 92.87 % [92.35, 93.36]"), 12));
  EXPECT_TRUE(has_white_edge(confusion_picture(torch::ones({1, 1}, torch::kInt64), {"one"},
                                               "a title that is wider than the matrix of one class"),
                             12));
}

TEST(Confusion, NamesInEveryScriptAreDrawnAndNotCut) {
  const torch::Tensor counts = torch::ones({3, 3}, torch::kInt64);
  const torch::Tensor picture = confusion_picture(counts, {"Vögel", "собака", "猫"}, "Ünïcödé 猫");
  EXPECT_FALSE(picture.equal(confusion_picture(counts, {"V?gel", "??????", "?"}, "?n?c?d? ?")));
  EXPECT_TRUE(has_white_edge(picture, 12));
}

TEST(Confusion, LongNamesAreShortenedInTheMiddle) {
  const torch::Tensor counts = torch::ones({2, 2}, torch::kInt64);
  const torch::Tensor picture = confusion_picture(counts, {std::string(300, 'm') + " 1", "b"}, "");
  EXPECT_LT(picture.size(2), 560);
  EXPECT_FALSE(picture.equal(confusion_picture(counts, {std::string(300, 'm') + " 2", "b"}, "")));
}

TEST(Confusion, AnEmptyRowIsDrawn) {
  EXPECT_NO_THROW(confusion_picture(torch::zeros({10, 10}, torch::kInt64), kTen, "nothing counted"));
}

TEST(Confusion, WhatDoesNotMatchIsRefused) {
  EXPECT_THROW(confusion_picture(torch::zeros({2, 2}, torch::kInt64), kTen, ""), InvalidArgument);
  EXPECT_THROW(confusion_picture(torch::zeros({10, 10}), kTen, ""), InvalidArgument);
  EXPECT_THROW(confusion_picture(torch::zeros({0, 0}, torch::kInt64), {}, ""), InvalidArgument);
  EXPECT_THROW(confusion_picture(torch::zeros({300, 300}, torch::kInt64), std::vector<std::string>(300), ""),
               InvalidArgument);
}

TEST(Tiled, LaysPicturesInRowsWithGaps) {
  const torch::Tensor pictures = torch::arange(3, torch::kByte).view({3, 1, 1, 1}).expand({3, 1, 1, 2});
  const torch::Tensor plane = tiled(pictures, /*columns=*/2, /*scale=*/2, /*gap=*/1);
  const int w = 255;
  EXPECT_TRUE(plane.equal(torch::tensor({{{0, 0, 0, 0, w, 1, 1, 1, 1},
                                          {0, 0, 0, 0, w, 1, 1, 1, 1},
                                          {w, w, w, w, w, w, w, w, w},
                                          {2, 2, 2, 2, w, w, w, w, w},
                                          {2, 2, 2, 2, w, w, w, w, w}}},
                                        torch::kByte)));
  EXPECT_EQ(tiled(pictures, 9, 1, 0).sizes(), (std::vector<std::int64_t>{1, 1, 6}));
  EXPECT_THROW(tiled(pictures.slice(0, 0, 0), 2), InvalidArgument);
}

/// The words of a map with a colour bar are centred over the map.
TEST(Sheet, WordsAreCentredOverAPartOfThePicture) {
  const auto middle_of_ink = [](std::int64_t words_over) {
    Panel panel{torch::full({3, 20, 300}, 255, torch::kByte), "map", {"scale"}};
    panel.words_over = words_over;
    const torch::Tensor ink = (sheet({panel}).amin(0).amin(0) < 128).nonzero().flatten();
    return (ink[0].item<double>() + ink[-1].item<double>()) / 2;
  };
  const double margin = 16;
  EXPECT_NEAR(middle_of_ink(0), margin + 150, 2);
  EXPECT_NEAR(middle_of_ink(300), margin + 150, 2);
  EXPECT_NEAR(middle_of_ink(100), margin + 50, 2);
  EXPECT_THROW(middle_of_ink(301), InvalidArgument);
  EXPECT_THROW(middle_of_ink(-1), InvalidArgument);
}

TEST(Sheet, AColumnIsWideEnoughForWordsOverAPart) {
  Panel panel{torch::full({3, 20, 60}, 255, torch::kByte), "a title that is much wider than the picture", {}};
  panel.words_over = 20;
  const torch::Tensor drawn = sheet({panel});
  for (const torch::Tensor& edge : {drawn.slice(2, 0, 8), drawn.slice(2, drawn.size(2) - 8)})
    EXPECT_EQ(edge.min().item<int>(), 255);
}

}  // namespace
}  // namespace fathom::draw
