#include "interview/material/voices.hpp"

#include <torch/fft.h>

#include <array>
#include <cmath>
#include <numbers>

#include "fathom/image/picture.hpp"

namespace fathom::interview {
namespace {

using augment::Random;

constexpr double kRate = 8000;                                                  // samples a second
constexpr std::int64_t kSamples = 2400, kFrame = 400, kHop = 160, kBands = 24;  // 0.3 s; 50 ms; 20 ms

/// The first three formants of men's vowels, Hz (Peterson & Barney 1952).
constexpr std::array<std::array<double, 3>, 5> kVowels = {
    {{270, 2290, 3010}, {530, 1840, 2480}, {660, 1720, 2410}, {730, 1090, 2440}, {300, 870, 2240}}};

/// One formant: a resonator of two poles, which rings at a frequency that may move.
struct Resonator {
  double bandwidth, before = 0, before_that = 0;

  double operator()(double input, double frequency) {
    const double radius = std::exp(-std::numbers::pi * bandwidth / kRate);
    const double a = 2 * radius * std::cos(2 * std::numbers::pi * frequency / kRate), b = -radius * radius;
    const double output = (1 - a - b) * input + a * before + b * before_that;
    before_that = before;
    return before = output;
  }
};

/// Power of windows of `frame` samples, every `hop` samples: [N, samples] -> [N, frames, frame / 2 + 1].
torch::Tensor power(const torch::Tensor& sounds, std::int64_t frame, std::int64_t hop) {
  const torch::Tensor window = torch::hann_window(frame);
  return torch::fft::rfft(sounds.unfold(1, frame, hop) * window).abs().square();
}

/// Triangles from each band's lower neighbour to its upper one, evenly spaced in mel, a scale on which steps
/// sound alike: [bins, kBands].
torch::Tensor mel_bands() {
  const auto hertz = [](double mel) { return 700 * (std::pow(10, mel / 2595) - 1); };
  const double top = 2595 * std::log10(1 + kRate / 2 / 700);
  const torch::Tensor bins = torch::arange(kFrame / 2 + 1) * (kRate / kFrame);
  std::vector<torch::Tensor> bands;
  for (std::int64_t k = 0; k < kBands; ++k) {
    const auto at = [&](std::int64_t i) { return hertz(top * static_cast<double>(i) / (kBands + 1)); };
    const torch::Tensor up = (bins - at(k)) / (at(k + 1) - at(k)),
                        down = (at(k + 2) - bins) / (at(k + 2) - at(k + 1));
    bands.push_back(torch::minimum(up, down).clamp_min(0));
  }
  return torch::stack(bands, 1);
}

/// Decibels below the loudest value of each voice, `range` of them as [0, 1].
torch::Tensor loudness(const torch::Tensor& powers, double range) {
  const torch::Tensor loudest = powers.amax({1, 2}, /*keepdim=*/true);
  return (1 + 10 * (powers / loudest + 1e-12).log10() / range).clamp(0, 1);
}

}  // namespace

Voice voice(Random& random) {
  Voice one{.woman = random.whole(0, 1) == 1, .pitch = 0, .sound = {}};
  one.pitch = one.woman ? random.uniform(165, 255) : random.uniform(85, 180);
  const double length = (one.woman ? 1.17 : 1) * random.uniform(0.96, 1.04);
  const double bend = random.uniform(-0.2, 0.2);
  const auto& from = kVowels[static_cast<std::size_t>(random.whole(0, std::ssize(kVowels) - 1))];
  const auto& to = kVowels[static_cast<std::size_t>(random.whole(0, std::ssize(kVowels) - 1))];
  std::array<Resonator, 3> formants = {{{80}, {100}, {120}}};
  double phase = random.uniform();
  for (std::int64_t t = 0; t < kSamples; ++t) {
    const double along = static_cast<double>(t) / kSamples;
    phase += one.pitch * (1 + bend * (along - 0.5)) / kRate;
    double sound = phase >= 1 ? 1 : 0;
    phase -= std::floor(phase);
    sound += 0.02 * random.uniform(-1, 1);  // breath
    for (std::size_t k = 0; k < formants.size(); ++k)
      sound = formants[k](sound, length * (from[k] + along * (to[k] - from[k])));
    one.sound.push_back(static_cast<float>(sound));
  }
  return one;
}

torch::Tensor mel_frames(const std::vector<Voice>& voices) {
  std::vector<torch::Tensor> sounds;
  for (const Voice& each : voices) sounds.push_back(torch::tensor(each.sound));
  const torch::Tensor bands = power(torch::stack(sounds), kFrame, kHop).matmul(mel_bands());
  return loudness(bands, 60).unsqueeze(1);
}

torch::Tensor spectrogram(const Voice& voice) {
  const torch::Tensor sound = torch::tensor(voice.sound).unsqueeze(0);
  const torch::Tensor shown = loudness(power(sound, kFrame, 8), 60)[0].t().flip(0);
  return image::resize(image::to_picture(1 - shown.unsqueeze(0)), {300, 300});
}

}  // namespace fathom::interview
