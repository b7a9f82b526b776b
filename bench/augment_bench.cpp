/// What does an augmentation cost beside OpenCV called directly?
///
///   augment_bench [OPERATION...]
///
/// One thread, RGB of 512 x 512 bytes, usual ranges, drawn for every picture; where the operation is one
/// thing that OpenCV does (a warp, a filter, a table), the same with the same drawn values written out as a
/// user would, into a fresh matrix. Both alternate in one process, and the overhead is the median of their
/// ratios.
///
/// Expect about a third of a microsecond per picture, which is what a picture of 4 x 4 takes longer: at most
/// 5 % of everything that computes something, and 5 to 10 % of what only moves memory (hflip, vflip, invert,
/// centre-crop), where the order in which caches are used counts for as much again. Processor time, so that
/// other programs matter little. The last column is for pictures that lie channel by channel, which are
/// brought into OpenCV's order first: some 0.05 to 0.2 ms each.
#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "fathom/augment/pipeline.hpp"
#include "fathom/core/runtime.hpp"

namespace {

using namespace fathom;
using augment::Values;

constexpr int kSide = 512, kRounds = 25;
constexpr double kSecondsPerRound = 0.02;

using Direct = std::function<void(const Values&, const cv::Mat&, cv::Mat&)>;

Direct affine_directly(const char* kind) {
  const auto matrix = augment::operation_kind(kind).matrix;
  return [matrix](const Values& v, const cv::Mat& in, cv::Mat& out) {
    cv::warpAffine(in, out, cv::Matx23d(matrix(v, {in.rows, in.cols}).data()), in.size());
  };
}

void perspective_directly(const Values& v, const cv::Mat& in, cv::Mat& out) {
  const auto reach = static_cast<float>(v[0] / 2 * kSide);
  constexpr float kEdge = kSide - 0.5F;
  const auto at = [&](int i) { return reach * static_cast<float>(v[static_cast<std::size_t>(i)]); };
  const cv::Point2f corners[] = {{-0.5F, -0.5F}, {kEdge, -0.5F}, {kEdge, kEdge}, {-0.5F, kEdge}};
  const cv::Point2f moved[] = {{-0.5F + at(1), -0.5F + at(2)},
                               {kEdge - at(3), -0.5F + at(4)},
                               {kEdge - at(5), kEdge - at(6)},
                               {-0.5F + at(7), kEdge - at(8)}};
  cv::warpPerspective(in, out, cv::getPerspectiveTransform(corners, moved), in.size());
}

/// `f` of every level from 0 to 255 by a table.
template <typename Function>
void through_table(const cv::Mat& in, cv::Mat& out, const Function& f) {
  cv::Mat table(1, 256, CV_8U);
  for (int i = 0; i < 256; ++i) table.at<uchar>(i) = cv::saturate_cast<uchar>(f(i));
  cv::LUT(in, table, out);
}

void saturation_directly(const Values& v, const cv::Mat& in, cv::Mat& out) {
  const auto f = static_cast<float>(v[0]), r = 0.299F * (1 - f), g = 0.587F * (1 - f), b = 0.114F * (1 - f);
  cv::transform(in, out, cv::Matx33f(f + r, g, b, r, f + g, b, r, g, f + b));
}

void sharpen_directly(const Values& v, const cv::Mat& in, cv::Mat& out) {
  const auto f = static_cast<float>(v[0]), rest = (1 - f) / 13;
  const cv::Mat kernel =
      (cv::Mat_<float>(3, 3) << rest, rest, rest, rest, 5 * rest + f, rest, rest, rest, rest);
  cv::filter2D(in, out, -1, kernel);
}

void padded_crop_directly(const Values& v, const cv::Mat& in, cv::Mat& out) {
  cv::Mat wide;
  cv::copyMakeBorder(in, wide, 4, 4, 4, 4, cv::BORDER_CONSTANT);
  wide(cv::Rect(static_cast<int>(v[3] * 9), static_cast<int>(v[4] * 9), in.cols, in.rows)).copyTo(out);
}

void resized_crop_directly(const Values& v, const cv::Mat& in, cv::Mat& out) {
  const double area = v[0] * kSide * kSide;
  const int width = std::min(kSide, static_cast<int>(std::lround(std::sqrt(area * v[1]))));
  const int height = std::min(kSide, static_cast<int>(std::lround(std::sqrt(area / v[1]))));
  const int x = static_cast<int>(v[2] * (kSide - width + 1)),
            y = static_cast<int>(v[3] * (kSide - height + 1));
  const bool shrinks = width >= 224 && height >= 224;
  cv::resize(in(cv::Rect(x, y, width, height)), out, {224, 224}, 0, 0,
             shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
}

void jpeg_directly(const Values& v, const cv::Mat& in, cv::Mat& out) {
  cv::Mat blue_first;
  cv::cvtColor(in, blue_first, cv::COLOR_RGB2BGR);
  std::vector<uchar> bytes;
  cv::imencode(".jpg", blue_first, bytes, {cv::IMWRITE_JPEG_QUALITY, static_cast<int>(v[0])});
  cv::cvtColor(cv::imdecode(bytes, cv::IMREAD_COLOR), out, cv::COLOR_BGR2RGB);
}

/// What a user of OpenCV would write; empty where that is a program of its own.
Direct directly(const std::string& kind) {
  static const std::map<std::string, Direct> all = {
      {"hflip", [](const Values&, const cv::Mat& in, cv::Mat& out) { cv::flip(in, out, 1); }},
      {"vflip", [](const Values&, const cv::Mat& in, cv::Mat& out) { cv::flip(in, out, 0); }},
      {"rotate", affine_directly("rotate")},
      {"translate", affine_directly("translate")},
      {"scale", affine_directly("scale")},
      {"shear", affine_directly("shear")},
      {"affine", affine_directly("affine")},
      {"perspective", perspective_directly},
      {"crop", padded_crop_directly},
      {"resized-crop", resized_crop_directly},
      {"centre-crop",
       [](const Values&, const cv::Mat& in, cv::Mat& out) { in(cv::Rect(64, 64, 384, 384)).copyTo(out); }},
      {"resize",
       [](const Values&, const cv::Mat& in, cv::Mat& out) {
         cv::resize(in, out, {224, 224}, 0, 0, cv::INTER_AREA);
       }},
      {"gaussian-blur",
       [](const Values& v, const cv::Mat& in, cv::Mat& out) { cv::GaussianBlur(in, out, {}, v[0]); }},
      {"median-blur", [](const Values& v, const cv::Mat& in,
                         cv::Mat& out) { cv::medianBlur(in, out, 2 * static_cast<int>(v[0]) + 1); }},
      {"sharpen", sharpen_directly},
      {"brightness", [](const Values& v, const cv::Mat& in, cv::Mat& out) { in.convertTo(out, -1, v[0]); }},
      {"contrast",
       [](const Values& v, const cv::Mat& in, cv::Mat& out) {
         const cv::Scalar mean = cv::mean(in);
         in.convertTo(out, -1, v[0], (1 - v[0]) * (0.299 * mean[0] + 0.587 * mean[1] + 0.114 * mean[2]));
       }},
      {"saturation", saturation_directly},
      {"gamma",
       [](const Values& v, const cv::Mat& in, cv::Mat& out) {
         through_table(in, out, [&](int i) { return 255 * std::pow(i / 255., v[0]); });
       }},
      {"posterize",
       [](const Values& v, const cv::Mat& in, cv::Mat& out) {
         through_table(in, out, [&](int i) { return i & 0xff << (8 - static_cast<int>(v[0])); });
       }},
      {"solarize",
       [](const Values& v, const cv::Mat& in, cv::Mat& out) {
         through_table(in, out, [&](int i) { return i >= 255 * v[0] ? 255 - i : i; });
       }},
      {"invert", [](const Values&, const cv::Mat& in, cv::Mat& out) { cv::bitwise_not(in, out); }},
      {"grayscale",
       [](const Values&, const cv::Mat& in, cv::Mat& out) {
         cv::Mat grey;
         cv::cvtColor(in, grey, cv::COLOR_RGB2GRAY);
         cv::cvtColor(grey, out, cv::COLOR_GRAY2RGB);
       }},
      {"jpeg", jpeg_directly},
  };
  const auto found = all.find(kind);
  return found == all.end() ? Direct() : found->second;
}

/// The kind with its usual ranges; sizes and parts where it needs some.
std::string pipeline_of(const std::string& kind) {
  if (kind == "resize" || kind == "resized-crop") return kind + "(height=224, width=224)";
  if (kind == "centre-crop") return kind + "(384, width=384)";
  const bool has_parts = augment::operation_kind(kind).takes_operations;
  return has_parts ? kind + "(hflip, vflip, invert)" : kind;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Of the processor: on a machine that others use too, the time of day says little.
double seconds_of(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// Flat areas, slopes and some noise, as photographs have.
torch::Tensor photograph() {
  const torch::Tensor coarse = torch::rand({1, 3, 12, 12}, make_generator(1)) * 230;
  const torch::Tensor noise = torch::rand({1, 3, kSide, kSide}, make_generator(2)) * 25;
  return (torch::upsample_bilinear2d(coarse, {kSide, kSide}, false) + noise).to(torch::kByte)[0].contiguous();
}

struct Times {
  std::vector<double> ours, direct, planes, ratio;  // seconds per picture
};

Times measured(const std::string& kind, const torch::Tensor& planes) {
  const augment::Pipeline pipeline = augment::parse_pipeline(pipeline_of(kind));
  const torch::Tensor rows = planes.permute({1, 2, 0}).contiguous(), picture = rows.permute({2, 0, 1});
  const cv::Mat in(kSide, kSide, CV_8UC3, rows.data_ptr());
  const Direct direct = directly(kind);

  const auto augmented = [&](const torch::Tensor& from, std::int64_t first, std::int64_t count) {
    return seconds_of([&] {
             for (std::int64_t i = first; i < first + count; ++i) augment::augment(pipeline, from, {1, 0, i});
           }) /
           static_cast<double>(count);
  };
  augmented(picture, 0, 2);
  const auto count =
      std::clamp<std::int64_t>(std::llround(kSecondsPerRound / augmented(picture, 0, 3)), 1, 1000);
  Times times;
  for (int round = 0; round < kRounds; ++round) {
    const std::int64_t first = round * count;
    std::vector<Values> drawn;
    for (std::int64_t i = first; i < first + count; ++i)
      drawn.push_back(augment::draw(pipeline, {1, 0, i})[0].values);
    const auto by_opencv = [&] {
      return seconds_of([&] {
               for (const Values& values : drawn) {
                 cv::Mat out;
                 direct(values, in, out);
               }
             }) /
             static_cast<double>(count);
    };
    // Whichever comes second finds the caches warm: they take turns.
    if (direct && round % 2 == 0) times.direct.push_back(by_opencv());
    times.ours.push_back(augmented(picture, first, count));
    if (direct && round % 2 == 1) times.direct.push_back(by_opencv());
    if (direct) times.ratio.push_back(times.ours.back() / times.direct.back());
    times.planes.push_back(augmented(planes, first, count));
  }
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  keep_freed_memory();
  set_threads(1);
  const torch::Tensor planes = photograph();
  fmt::print("{}\n{} x {} RGB, one thread\n\n", version_text(), kSide, kSide);
  fmt::print("{:<18}{:>10}{:>16}{:>10}{:>18}\n", "operation", "images/s", "direct OpenCV", "overhead",
             "from planes");
  for (const augment::OperationKind& kind : augment::operation_kinds()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), kind.name) == wanted.end()) continue;
    const Times times = measured(kind.name, planes);
    const bool compared = !times.direct.empty();
    fmt::print("{:<18}{:>10.0f}{:>16}{:>10}{:>18.0f}\n", kind.name, 1 / median(times.ours),
               compared ? fmt::format("{:.0f}", 1 / median(times.direct)) : "-",
               compared ? fmt::format("{:+.1f} %", 100 * (median(times.ratio) - 1)) : "-",
               1 / median(times.planes));
    std::fflush(stdout);
  }
}
