/// Noise, and the traces of JPEG.
#include <cstdint>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "fathom/augment/operations/catalogue.hpp"
#include "fathom/augment/operations/opencv_picture.hpp"

namespace fathom::augment {
namespace {

// OpenCV's generator stays at 0 where it is seeded with 0.
cv::RNG generator(double noise) { return cv::RNG(static_cast<std::uint64_t>(noise) + 1); }

constexpr Parameters kGaussianNoise({{.name = "deviation",
                                      .meaning = "standard deviation, as a share of white",
                                      .usual = {0.0124, 0.0277},
                                      .allowed = {0, 1},
                                      .neutral = 0,
                                      .strong = 0.15},
                                     noise_parameter()});

void gaussian_noise(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  cv::RNG random = generator(v[kGaussianNoise["noise"]]);
  on_colours(from, to, [&](const cv::Mat& image, cv::Mat& result) {
    cv::Mat noise(image.size(), CV_MAKETYPE(image.depth() == CV_8U ? CV_16S : CV_32F, image.channels()));
    random.fill(noise, cv::RNG::NORMAL, 0, v[kGaussianNoise["deviation"]] * white(image));
    cv::add(image, noise, result, cv::noArray(), image.depth());
    clamp_unit(result);
  });
}

constexpr Parameters kSaltAndPepper({{.name = "amount",
                                      .meaning = "share of the pixels",
                                      .usual = {0.01, 0.06},
                                      .allowed = {0, 1},
                                      .neutral = 0,
                                      .strong = 0.2},
                                     fixed("salt", "share of them that become white", 0.5, {0, 1}),
                                     noise_parameter()});

void salt_and_pepper(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  const double amount = v[kSaltAndPepper["amount"]];
  cv::RNG random = generator(v[kSaltAndPepper["noise"]]);
  on_colours(from, to, [&](const cv::Mat& image, cv::Mat& result) {
    cv::Mat chance(image.size(), CV_32F);
    random.fill(chance, cv::RNG::UNIFORM, 0, 1);
    if (result.data != image.data) image.copyTo(result);
    result.setTo(cv::Scalar::all(0), chance < amount);
    result.setTo(cv::Scalar::all(white(image)), chance < amount * v[kSaltAndPepper["salt"]]);
  });
}

constexpr Parameters kJpeg({{.name = "quality",
                             .meaning = "0 to 100",
                             .usual = {50, 95},
                             .allowed = {0, 100},
                             .scale = Scale::whole,
                             .neutral = 100,
                             .strong = 5}});

void jpeg(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  on_8bit_colours(from, to, [&](const cv::Mat& image, cv::Mat& result) {
    std::vector<uchar> bytes;
    cv::Mat blue_first;
    if (image.channels() == 3) cv::cvtColor(image, blue_first, cv::COLOR_RGB2BGR);
    cv::imencode(".jpg", image.channels() == 3 ? blue_first : image, bytes,
                 {cv::IMWRITE_JPEG_QUALITY, static_cast<int>(v[kJpeg["quality"]])});
    if (image.channels() == 3)
      cv::cvtColor(cv::imdecode(bytes, cv::IMREAD_COLOR), result, cv::COLOR_BGR2RGB);
    else
      result = cv::imdecode(bytes, cv::IMREAD_GRAYSCALE);
  });
}

}  // namespace

std::vector<OperationKind> noise_kinds() {
  return {
      {.name = "gaussian-noise",
       .summary = "adds normal noise to every value, like a sensor in the dark",
       .label = "keeps it",
       .source = "Albumentations GaussNoise, its earlier default of variance 10 to 50 of 255 squared",
       .group = Group::noise,
       .parameters = kGaussianNoise,
       .in_place = true,
       .apply = gaussian_noise},
      {.name = "salt-and-pepper",
       .summary = "turns single pixels white or black",
       .label = "keeps it",
       .source = "Albumentations SaltAndPepper: 1 to 6 %, half of them white",
       .group = Group::noise,
       .parameters = kSaltAndPepper,
       .in_place = true,
       .apply = salt_and_pepper},
      {.name = "jpeg",
       .summary = "compresses as JPEG and decodes again; in 256 levels",
       .label = "keeps it",
       .source = "Hendrycks & Dietterich 2019 go down to quality 7; Albumentations ImageCompression",
       .group = Group::noise,
       .parameters = kJpeg,
       .apply = jpeg},
  };
}

}  // namespace fathom::augment
