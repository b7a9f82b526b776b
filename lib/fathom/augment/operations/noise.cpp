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

constexpr Parameters kGaussianNoise({graded("deviation", "standard deviation, as a share of white",
                                            {0.0124, 0.0277}, {0, 1}, {.neutral = 0, .strong = 0.15}),
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

constexpr Parameters kSaltAndPepper(
    {graded("amount", "share of the pixels", {0.01, 0.06}, {0, 1}, {.neutral = 0, .strong = 0.2}),
     fixed("salt", "share of them that become white", 0.5, {0, 1}), noise_parameter()});

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

constexpr Parameters kJpeg({graded("quality", "0 to 100", {50, 95}, {0, 100}, {.neutral = 100, .strong = 5},
                                   Scale::whole)});

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
      plain_kind(Group::noise, "gaussian-noise",
                 "adds normal noise to every value, like a sensor in the dark", "keeps it",
                 "Albumentations GaussNoise, its earlier default of variance 10 to 50 of 255 squared",
                 kGaussianNoise, gaussian_noise, /*in_place=*/true),
      plain_kind(Group::noise, "salt-and-pepper", "turns single pixels white or black", "keeps it",
                 "Albumentations SaltAndPepper: 1 to 6 %, half of them white", kSaltAndPepper,
                 salt_and_pepper, /*in_place=*/true),
      plain_kind(Group::noise, "jpeg", "compresses as JPEG and decodes again; in 256 levels", "keeps it",
                 "Hendrycks & Dietterich 2019 go down to quality 7; Albumentations ImageCompression", kJpeg,
                 jpeg),
  };
}

}  // namespace fathom::augment
