/// What changes the scale of values: fewer levels, part of it turned round, or spread by the picture's own
/// histogram.
#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "fathom/augment/operations/catalogue.hpp"
#include "fathom/augment/operations/opencv_picture.hpp"

namespace fathom::augment {
namespace {

constexpr Parameters kPosterize({graded("bits", "bits kept per channel, of 8", {4, 6}, {1, 8},
                                        {.neutral = 8, .strong = 1}, Scale::whole)});

void posterize(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  const int mask = 0xff << (8 - static_cast<int>(v[kPosterize["bits"]])) & 0xff;
  on_values(from, to,
            [&](double value) { return (static_cast<int>(std::lround(value * 255)) & mask) / 255.; });
}

constexpr Parameters kSolarize({graded("threshold", "in [0, 1]; above 1: nothing changes", {0.5, 0.5},
                                       {0, 1.01}, {.neutral = 1.01, .strong = 0})});

void solarize(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  const double threshold = v[kSolarize["threshold"]];
  on_values(from, to, [&](double value) { return value >= threshold ? 1 - value : value; });
}

/// `f` on every channel for itself.
template <typename Function>
void on_channels(const cv::Mat& image, cv::Mat& result, const Function& f) {
  std::vector<cv::Mat> channels;
  cv::split(image, channels);
  for (cv::Mat& channel : channels) f(channel);
  cv::merge(channels, result);
}

void equalize(const cv::Mat& from, cv::Mat& to, const Values&, Target) {
  on_8bit_colours(from, to, [](const cv::Mat& image, cv::Mat& result) {
    on_channels(image, result, [](cv::Mat& channel) { cv::equalizeHist(channel, channel); });
  });
}

void autocontrast(const cv::Mat& from, cv::Mat& to, const Values&, Target) {
  on_colours(from, to, [](const cv::Mat& image, cv::Mat& result) {
    on_channels(image, result, [](cv::Mat& channel) {
      double low = 0, high = 0;
      cv::minMaxLoc(channel, &low, &high);
      if (high > low) {
        const double slope = white(channel) / (high - low);
        channel.convertTo(channel, -1, slope, -low * slope);
      }
      clamp_unit(channel);
    });
  });
}

constexpr Parameters kClahe(
    {graded("clip", "largest slope of a tile's curve", {1, 4}, {0.01, 1000}, {.neutral = 1, .strong = 16}),
     fixed("tiles", "tiles along each axis, at most the number of pixels", 8, {1, 64}, Scale::whole)});

void clahe(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  const auto tiles = static_cast<int>(v[kClahe["tiles"]]);
  on_8bit_colours(from, to, [&](const cv::Mat& image, cv::Mat& result) {
    const cv::Ptr<cv::CLAHE> equalizer = cv::createCLAHE(
        v[kClahe["clip"]], {std::min(tiles, image.cols), std::min(tiles, image.rows)});  // a tile has a pixel
    if (image.channels() == 1) {
      equalizer->apply(image, result);
      return;
    }
    cv::Mat lab, lightness;
    cv::cvtColor(image, lab, cv::COLOR_RGB2Lab);
    cv::extractChannel(lab, lightness, 0);
    equalizer->apply(lightness, lightness);
    cv::insertChannel(lightness, lab, 0);
    cv::cvtColor(lab, result, cv::COLOR_Lab2RGB);
  });
}

}  // namespace

std::vector<OperationKind> tone_kinds() {
  return {
      colour_kind("posterize", "reduces the number of levels per channel", "keeps it",
                  "Albumentations Posterize: 4 bits", kPosterize, posterize),
      colour_kind("solarize", "inverts values from the threshold upwards",
                  "keeps it if the outline determines the class", "Albumentations Solarize: half", kSolarize,
                  solarize),
      colour_kind("equalize", "equalises the histogram of each channel; in 256 levels", "keeps it",
                  "torchvision RandomEqualize", {}, equalize),
      colour_kind("autocontrast", "stretches each channel from black to white", "keeps it",
                  "torchvision RandomAutocontrast", {}, autocontrast),
      colour_kind("clahe",
                  "equalises histograms tile by tile with limited contrast; only the lightness of colour "
                  "pictures; in 256 levels",
                  "keeps it", "Zuiderveld 1994; Albumentations CLAHE: limit 1 to 4, 8 x 8 tiles", kClahe,
                  clahe),
  };
}

}  // namespace fathom::augment
