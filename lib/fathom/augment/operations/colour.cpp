/// Colours, pixel by pixel.
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "fathom/augment/operations/catalogue.hpp"
#include "fathom/augment/operations/opencv_picture.hpp"

namespace fathom::augment {
namespace {

constexpr Parameter factor(std::string_view name, std::string_view meaning, double reach, double strong) {
  return graded(name, meaning, {1 - reach, 1 + reach}, {0, 20}, {.neutral = 1, .strong = strong});
}

constexpr Parameter turn(std::string_view name, double reach) {
  return symmetric(name, "rotation on the colour circle; 0.5: the opposite colour", reach, 0.5,
                   {.strong = 0.5});
}

constexpr Parameters kBrightness({factor("factor", "0: black, 1: unchanged", 0.2, 2.2)});
constexpr Parameters kContrast({factor("factor", "0: grey, 1: unchanged", 0.2, 3)});
constexpr Parameters kSaturation({factor("factor", "0: grey, 1: unchanged", 0.2, 3)});
constexpr Parameters kHue({turn("turn", 0.05)});
constexpr Parameters kJitter({factor("brightness", "0: black, 1: unchanged", 0.2, 1.6),
                              factor("contrast", "0: grey, 1: unchanged", 0.2, 1.6),
                              factor("saturation", "0: grey, 1: unchanged", 0.2, 2), turn("hue", 0.05)});
constexpr Parameters kGamma({graded("gamma", "the exponent", {0.8, 1.2}, {0.05, 20},
                                    {.neutral = 1, .strong = 3}, Scale::logarithmic)});

/// ITU-R BT.601's weights of red, green and blue.
constexpr double kRed = 0.299, kGreen = 0.587, kBlue = 0.114;

double mean_grey(const cv::Mat& image) {
  const cv::Scalar mean = cv::mean(image);
  return image.channels() == 1 ? mean[0] : kRed * mean[0] + kGreen * mean[1] + kBlue * mean[2];
}

void linear(const cv::Mat& image, cv::Mat& result, double slope, double offset) {
  image.convertTo(result, -1, slope, offset);
  clamp_unit(result);
}

void change_brightness(const cv::Mat& image, cv::Mat& result, double factor) {
  linear(image, result, factor, 0);
}

void change_contrast(const cv::Mat& image, cv::Mat& result, double factor) {
  linear(image, result, factor, (1 - factor) * mean_grey(image));
}

void change_saturation(const cv::Mat& image, cv::Mat& result, double factor) {
  if (image.channels() == 1) {
    image.copyTo(result);
    return;
  }
  const double rest = 1 - factor;
  const cv::Matx33f mix(static_cast<float>(factor + rest * kRed), static_cast<float>(rest * kGreen),
                        static_cast<float>(rest * kBlue), static_cast<float>(rest * kRed),
                        static_cast<float>(factor + rest * kGreen), static_cast<float>(rest * kBlue),
                        static_cast<float>(rest * kRed), static_cast<float>(rest * kGreen),
                        static_cast<float>(factor + rest * kBlue));
  cv::transform(image, result, mix);
  clamp_unit(result);
}

void change_hue(const cv::Mat& image, cv::Mat& result, double turn) {
  if (image.channels() == 1 || turn == 0) {
    image.copyTo(result);
    return;
  }
  cv::Mat hsv;
  if (image.depth() == CV_8U) {
    cv::cvtColor(image, hsv, cv::COLOR_RGB2HSV_FULL);
    // 256 hues on the circle; addition wraps.
    const auto step = static_cast<int>(std::lround(turn * 256));
    cv::Mat table(1, 256, CV_8UC3);
    for (int i = 0; i < 256; ++i)
      table.at<cv::Vec3b>(i) = {static_cast<uchar>(i + step), static_cast<uchar>(i), static_cast<uchar>(i)};
    cv::LUT(hsv, table, hsv);
    cv::cvtColor(hsv, result, cv::COLOR_HSV2RGB_FULL);
    return;
  }
  cv::cvtColor(image, hsv, cv::COLOR_RGB2HSV);
  const auto step = static_cast<float>(turn * 360);
  for (int y = 0; y < hsv.rows; ++y) {
    auto* const line = hsv.ptr<cv::Vec3f>(y);
    for (int x = 0; x < hsv.cols; ++x) {
      float& hue = line[x][0];
      hue += step;
      if (hue < 0) hue += 360;
      if (hue >= 360) hue -= 360;
    }
  }
  cv::cvtColor(hsv, result, cv::COLOR_HSV2RGB);
  clamp_unit(result);
}

/// An operation with one value.
template <void (*kChange)(const cv::Mat&, cv::Mat&, double), std::size_t kNumber>
void changed(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  on_colours(from, to, [&](const cv::Mat& image, cv::Mat& result) { kChange(image, result, v[kNumber]); });
}

void jitter(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  on_colours(from, to, [&](const cv::Mat& image, cv::Mat& result) {
    change_brightness(image, result, v[kJitter["brightness"]]);
    change_contrast(result, result, v[kJitter["contrast"]]);
    change_saturation(result, result, v[kJitter["saturation"]]);
    change_hue(result, result, v[kJitter["hue"]]);
  });
}

void gamma(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  const double exponent = v[kGamma["gamma"]];
  on_values(from, to, [&](double value) { return std::pow(value, exponent); });
}

void grayscale(const cv::Mat& from, cv::Mat& to, const Values&, Target) {
  on_colours(from, to, [](const cv::Mat& image, cv::Mat& result) {
    if (image.channels() == 1) {
      image.copyTo(result);
      return;
    }
    cv::Mat grey;
    cv::cvtColor(image, grey, cv::COLOR_RGB2GRAY);
    cv::cvtColor(grey, result, cv::COLOR_GRAY2RGB);
  });
}

void invert(const cv::Mat& from, cv::Mat& to, const Values&, Target) {
  on_colours(from, to, [](const cv::Mat& image, cv::Mat& result) {
    if (image.depth() == CV_8U)
      cv::bitwise_not(image, result);
    else
      linear(image, result, -1, 1);
  });
}

}  // namespace

std::vector<OperationKind> colour_kinds() {
  const char* const keeps = "keeps it";
  return {
      colour_kind("brightness", "multiplies every value", keeps, "torchvision ColorJitter", kBrightness,
                  changed<change_brightness, kBrightness["factor"]>),
      colour_kind("contrast", "moves values away from (above 1) or towards (below 1) the mean grey", keeps,
                  "torchvision ColorJitter", kContrast, changed<change_contrast, kContrast["factor"]>),
      colour_kind("gamma", "raises every value to a power: below 1 lightens mid-tones, above 1 darkens them",
                  keeps, "Albumentations RandomGamma: 0.8 to 1.2", kGamma, gamma),
      colour_kind("saturation",
                  "moves colours away from (above 1) or towards (below 1) grey; grey pictures do not change",
                  "keeps it, unless colour distinguishes classes", "torchvision ColorJitter", kSaturation,
                  changed<change_saturation, kSaturation["factor"]>),
      colour_kind("hue", "rotates all hues on the colour circle; grey pictures do not change",
                  "keeps it only if colour does not matter: not for fruit, flowers, traffic lights",
                  "torchvision ColorJitter", kHue, changed<change_hue, kHue["turn"]>),
      colour_kind("colour-jitter", "changes brightness, contrast, saturation and hue, one after the other",
                  "same as its parts",
                  "Albumentations ColorJitter: 0.2 each; hue 0.05, since 0.2 makes blue skies green", kJitter,
                  jitter),
      colour_kind("grayscale", "replaces all channels by the luma",
                  "keeps it, unless colour distinguishes classes", "torchvision RandomGrayscale", {},
                  grayscale),
      colour_kind("invert", "inverts every value", "keeps it if the outline determines the class",
                  "torchvision RandomInvert", {}, invert),
  };
}

}  // namespace fathom::augment
