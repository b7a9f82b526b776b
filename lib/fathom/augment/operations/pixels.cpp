#include "fathom/augment/operations/pixels.hpp"

#include <array>
#include <utility>

#include <opencv2/imgproc.hpp>

namespace fathom::augment {
namespace {

constexpr std::array kBorderTypes = {cv::BORDER_CONSTANT, cv::BORDER_REFLECT_101, cv::BORDER_REPLICATE,
                                     cv::BORDER_WRAP};

}  // namespace

Parameter place(std::string name, std::string meaning) {
  return {.name = std::move(name), .meaning = std::move(meaning), .usual = {0, 1}, .allowed = {0, 1}};
}

Parameter fixed(std::string name, std::string meaning, double usual, Range allowed, Scale scale) {
  return {.name = std::move(name),
          .meaning = std::move(meaning),
          .usual = {usual, usual},
          .allowed = allowed,
          .scale = scale};
}

Parameter border_parameter(const char* usual) {
  Parameter p = fixed("border",
                      "what is seen beyond the border: constant (the fill), reflect (mirrored, the "
                      "edge not repeated), replicate (the edge), wrap (the other side)",
                      0, {0, 3}, Scale::choice);
  p.choices = {"constant", "reflect", "replicate", "wrap"};
  while (p.choices[static_cast<std::size_t>(p.usual.low)] != usual)
    p.usual = {p.usual.low + 1, p.usual.low + 1};
  return p;
}

Parameter fill_parameter() {
  return fixed("fill", "value of a constant border, in [0, 1]; there an RGBA picture is transparent", 0,
               {0, 1});
}

Parameter noise_parameter() {
  return {.name = "noise",
          .meaning = "the seed of what is drawn per pixel",
          .usual = {0, 4294967295.},
          .allowed = {0, 4294967295.},
          .scale = Scale::whole};
}

int border_type(double choice) { return kBorderTypes[static_cast<std::size_t>(choice)]; }

double white(const cv::Mat& image) { return image.depth() == CV_8U ? 255 : 1; }

cv::Scalar outside(double fill, const cv::Mat& image, Target target) {
  if (target == Target::mask) return {};
  const double value = fill * white(image);
  return {value, value, value, 0};
}

int interpolation(Target target) { return target == Target::mask ? cv::INTER_NEAREST : cv::INTER_LINEAR; }

void resize_to(const cv::Mat& from, cv::Mat& to, cv::Size size, Target target) {
  const bool shrinks = size.width <= from.cols && size.height <= from.rows;
  const int how = target == Target::picture && shrinks ? cv::INTER_AREA : interpolation(target);
  cv::resize(from, to, size, 0, 0, how);
}

void clamp_unit(cv::Mat& image) {
  if (image.depth() != CV_32F) return;
  cv::min(image, 1., image);
  cv::max(image, 0., image);
}

cv::Mat to_8bit(const cv::Mat& image) {
  cv::Mat bytes;
  image.convertTo(bytes, CV_8U, 255);
  return bytes;
}

OperationKind colour_kind(std::string name, std::string summary, std::string label, std::string source,
                          std::vector<Parameter> parameters,
                          void (*apply)(const cv::Mat&, cv::Mat&, const Values&, Target)) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .label = std::move(label),
          .source = std::move(source),
          .group = Group::colour,
          .parameters = std::move(parameters),
          .in_place = true,
          .apply = apply};
}

}  // namespace fathom::augment
