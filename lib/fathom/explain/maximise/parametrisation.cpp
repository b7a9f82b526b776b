#include "fathom/explain/maximise/parametrisation.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::explain {
namespace {

constexpr double kSpectrumDeviation = 0.01, kDivisor = 4;  // lucid's
constexpr double kPixelNoise = 0.1;
constexpr double kLeastColour = 0.02;  // a sigmoid at black or white would pass no gradient

void require_valid(const ImagesShape& shape) {
  const auto& [count, channels, size] = shape;
  if (count < 1 || channels < 1 || size.height < 1 || size.width < 1)
    throw InvalidArgument(fmt::format("images of [{}, {}, {}, {}] cannot be created", count, channels,
                                      size.height, size.width));
}

/// Cycles per pixel of each entry of a real image's spectrum, float [height, width / 2 + 1].
torch::Tensor frequencies(Extent size) {
  const torch::Tensor y = torch::fft_fftfreq(size.height).unsqueeze(1);
  const torch::Tensor x = torch::fft_rfftfreq(size.width).unsqueeze(0);
  return (y.square() + x.square()).sqrt();
}

/// What a Gaussian of deviation `sigma` (pixels) leaves of each frequency.
torch::Tensor gaussian_transfer(const torch::Tensor& f, double sigma) {
  return torch::exp(-2 * std::numbers::pi * std::numbers::pi * sigma * sigma * f.square());
}

/// [3, 3]: from decorrelated channels to RGB.
torch::Tensor colour_matrix() {
  const torch::Tensor root = torch::tensor({0.26F, 0.09F, 0.02F,    //
                                            0.27F, 0.00F, -0.05F,   //
                                            0.27F, -0.09F, 0.03F})  //
                                 .view({3, 3});
  return root / root.norm(2, 0).max();
}

class Pixels final : public Parametrisation {
 public:
  Pixels(const ImagesShape& shape, torch::Generator generator, const torch::Tensor& colour)
      : Parametrisation(torch::empty({shape.count, shape.channels, shape.size.height, shape.size.width})
                            .uniform_(-kPixelNoise, kPixelNoise, std::move(generator))
                            .add_(colour)
                            .clamp_(0, 1)),
        size_(shape.size) {}

  torch::Tensor images() const override { return parameters_.view(parameters_.sizes()); }
  void constrain() override {
    const torch::NoGradGuard no_grad;
    parameters_.clamp_(0, 1);
  }
  void blur(double sigma) override {
    const torch::NoGradGuard no_grad;
    const torch::Tensor spectrum =
        torch::fft_rfft2(parameters_) * gaussian_transfer(frequencies(size_), sigma);
    parameters_.copy_(torch::fft_irfft2(spectrum, std::vector<std::int64_t>{size_.height, size_.width}));
  }

 private:
  Extent size_;
};

class Fourier final : public Parametrisation {
 public:
  Fourier(const ImagesShape& shape, torch::Generator generator, const torch::Tensor& colour)
      : Parametrisation(
            torch::empty({shape.count, shape.channels, shape.size.height, shape.size.width / 2 + 1, 2})
                .normal_(0, kSpectrumDeviation, std::move(generator))),
        size_(shape.size),
        frequencies_(frequencies(size_)),
        offset_(torch::logit(colour, kLeastColour)) {
    const auto height = static_cast<double>(size_.height), width = static_cast<double>(size_.width);
    // One factor per number instead of the formula's three.
    scale_ = std::sqrt(height * width) / kDivisor / frequencies_.clamp_min(1 / std::max(height, width));
    if (shape.channels == 3) colours_ = colour_matrix();
  }

  torch::Tensor images() const override {
    torch::Tensor x = torch::fft_irfft2(torch::view_as_complex(parameters_) * scale_,
                                        std::vector<std::int64_t>{size_.height, size_.width});
    if (colours_.defined()) x = torch::matmul(colours_, x.flatten(2)).view_as(x);
    return torch::sigmoid(x + offset_);
  }
  void blur(double sigma) override {
    const torch::NoGradGuard no_grad;
    parameters_.mul_(gaussian_transfer(frequencies_, sigma).unsqueeze(-1));
  }

 private:
  Extent size_;
  torch::Tensor frequencies_, scale_;  // float [height, width / 2 + 1]
  torch::Tensor offset_;               // float [C, 1, 1]
  torch::Tensor colours_;              // float [3, 3]; undefined: channels are what they are
};

}  // namespace

torch::Tensor colour_or_grey(std::int64_t channels, const torch::Tensor& colour) {
  if (!colour.defined()) return torch::full({channels}, 0.5F);
  if (colour.numel() != channels)
    throw InvalidArgument(
        fmt::format("a colour with {} values does not fit {} channels", colour.numel(), channels));
  return colour.to(torch::kFloat).view({channels});
}

Parametrisation::Parametrisation(torch::Tensor parameters)
    : parameters_(parameters.set_requires_grad(true)) {}

std::unique_ptr<Parametrisation> pixel_parametrisation(const ImagesShape& shape, torch::Generator generator,
                                                       const torch::Tensor& colour) {
  require_valid(shape);
  return std::make_unique<Pixels>(shape, std::move(generator),
                                  colour_or_grey(shape.channels, colour).view({-1, 1, 1}));
}

std::unique_ptr<Parametrisation> fourier_parametrisation(const ImagesShape& shape, torch::Generator generator,
                                                         const torch::Tensor& colour) {
  require_valid(shape);
  return std::make_unique<Fourier>(shape, std::move(generator),
                                   colour_or_grey(shape.channels, colour).view({-1, 1, 1}));
}

}  // namespace fathom::explain
