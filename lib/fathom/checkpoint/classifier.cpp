#include "fathom/checkpoint/classifier.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include <fmt/format.h>
#include <torch/script.h>

#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/checkpoint/class_names.hpp"
#include "fathom/checkpoint/file_kind.hpp"
#include "fathom/checkpoint/foreign/device_constants.hpp"
#include "fathom/checkpoint/foreign/foreign_program.hpp"
#include "fathom/checkpoint/foreign/program_probe.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/io/file.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::checkpoint {
namespace {

constexpr std::int64_t kLargestInput = 4096;  // pixels
constexpr std::int64_t kMostBands = 64;

/// The smallest deviation on the scale 0 to 1; below, no float holds what follows.
constexpr float kSmallestDeviation = 1e-6F;

std::vector<float> or_default(const std::vector<float>& values, std::int64_t channels, float otherwise,
                              const char* name) {
  if (values.empty()) return std::vector<float>(static_cast<std::size_t>(channels), otherwise);
  if (std::ssize(values) != channels)
    throw InvalidArgument(fmt::format("{} has {} values for {} channels", name, values.size(), channels));
  return values;
}

using InRange = bool (*)(float);

bool every(const std::vector<float>& values, InRange holds) {
  return std::all_of(values.begin(), values.end(), holds);
}

bool is_mean(float value) { return value >= 0 && value <= 1; }
bool is_deviation(float value) { return value >= kSmallestDeviation && value <= 1; }
/// On the scale 0 to 255.
bool is_byte_scale(float value) { return value > 1 && value <= 255; }
bool is_zero(float value) { return value == 0; }
bool is_one(float value) { return value == 1; }

struct PixelScale {
  std::vector<float> mean, std;
};

void divide_by_255(std::vector<float>& values) {
  for (float& value : values) value /= 255;
}

[[noreturn]] void refuse_statistics(const PixelScale& given) {
  throw InvalidArgument(fmt::format(
      "the mean per channel ({}) must be in [0, 1] and the deviation per channel ({}) in [{}, 1], or both on "
      "the scale 0 to 255, where all numbers are above 1 and at most 255 (a deviation of 1 says that pixels "
      "are not divided)",
      fmt::join(given.mean, ", "), fmt::join(given.std, ", "), kSmallestDeviation));
}

/// The feed's statistics on the scale 0 to 1. Networks whose input is pixels of 0 to 255 less the mean have a
/// deviation of 1 on their scale.
PixelScale pixel_scale(const FeedOptions& feed, std::int64_t channels) {
  PixelScale scale{or_default(feed.mean, channels, 0, "the mean per channel"),
                   or_default(feed.std, channels, 1, "the deviation per channel")};
  if (every(scale.mean, is_mean) && every(scale.std, is_deviation)) return scale;
  const bool bytes = every(scale.mean, is_byte_scale) && !feed.std.empty() &&
                     (every(scale.std, is_byte_scale) || every(scale.std, is_one));
  const bool deviation_alone = every(scale.mean, is_zero) && every(scale.std, is_byte_scale);
  if (!bytes && !deviation_alone) refuse_statistics(scale);
  note(bytes
           ? "the mean per channel and the deviation per channel are on the scale 0 to 255: both are divided "
             "by 255"
           : "the deviation per channel is on the scale 0 to 255: it is divided by 255");
  divide_by_255(scale.mean);
  divide_by_255(scale.std);
  return scale;
}

/// The program as a function of images in [0, 1], RGB or grey.
models::LogitsFunction fed(models::LogitsFunction program, const PixelScale& scale, ChannelOrder order,
                           torch::Device device) {
  const torch::Tensor mean = torch::tensor(scale.mean).view({-1, 1, 1}).to(device);
  const torch::Tensor std = torch::tensor(scale.std).view({-1, 1, 1}).to(device);
  return [=](const torch::Tensor& images) {
    torch::Tensor x = order == ChannelOrder::bgr ? images.flip({1}) : images;
    x = (x - mean) / std;
    return program(x);
  };
}

std::vector<std::string> names_of_classes(const FeedOptions& feed, const ProbedProgram& found) {
  std::vector<std::string> names = feed.labels;
  if (names.empty())
    for (std::int64_t i = 0; i < found.classes(); ++i) names.push_back(fmt::format("class {}", i));
  if (std::ssize(names) != found.classes())
    throw InvalidArgument(
        found.outputs == 1
            ? fmt::format("the model has one output, so it has two classes, but {} class names are given",
                          names.size())
            : fmt::format("the model has {} classes, but {} class names are given", found.classes(),
                          names.size()));
  return names;
}

models::InputShape input_shape(const FeedOptions& feed) {
  const auto [height, width] = feed.input_size;
  if (std::min(height, width) < 1 || std::max(height, width) > kLargestInput)
    throw InvalidArgument(
        fmt::format("a model without a card needs an input size, the height and width of its input in pixels "
                    "(1 to {})",
                    kLargestInput));
  if (feed.bands < 0 || feed.bands > kMostBands)
    throw InvalidArgument(fmt::format("an input has at most {} channels, not {}", kMostBands, feed.bands));
  const std::int64_t channels = feed.channels == ChannelOrder::grey ? 1 : 3;
  return {feed.bands > 0 ? feed.bands : channels, height, width};
}

/// Pixels that are divided by about 1 / 255 arrive on the scale 0 to 255.
void say_if_bytes_are_expected(const std::string& sign, const FeedOptions& feed) {
  const bool small = !feed.std.empty() && every(feed.std, [](float deviation) { return deviation < 0.02F; });
  const bool undivided = !feed.mean.empty() && every(feed.mean, is_byte_scale) && every(feed.std, is_one);
  if (sign.empty() || small || undivided) return;
  note(fmt::format(
      "the model {}, so it seems to expect pixels of 0 to 255, but it is given pixels in [0, 1]: a deviation "
      "per channel of {:.8f} (1/255) brings them to 0 to 255",
      sign, 1 / 255.0));
}

void say_if_names_repeat(const std::vector<std::string>& classes) {
  if (const std::string text = repeated_names(classes); !text.empty()) note(text);
}

}  // namespace

Classifier::Classifier(std::shared_ptr<models::ImageModel> network, ModelCard card, torch::Device device)
    : network_(std::move(network)), card_(std::move(card)), device_(device) {
  network_->to(device_);
  network_->eval();
  differentiable_ = network_->folded();
  inference_ = network_->inference();
  input_ = models::input_of(card_->architecture);
  classes_ = card_->classes;
  mean_ = card_->mean;
  say_if_names_repeat(classes_);
}

Classifier::Classifier(models::LogitsFunction program, const FeedOptions& feed, torch::Device device,
                       models::LogitsFunction fast, OutputEnding ending)
    : device_(device) {
  input_ = input_shape(feed);
  const PixelScale scale = pixel_scale(feed, input_.channels);
  mean_ = feed.mean.empty() ? or_default({}, input_.channels, 0.5F, "the mean per channel") : scale.mean;
  if (feed.channels == ChannelOrder::bgr) std::reverse(mean_.begin(), mean_.end());
  const models::LogitsFunction quick = fed(fast ? std::move(fast) : program, scale, feed.channels, device_);
  const ProbedProgram found = probe(quick, input_, device_, feed.output_scale, ending);
  scale_ = found.scale;
  one_output_ = found.outputs == 1;
  inference_ = as_logits(quick, found);
  differentiable_ = as_logits(fed(std::move(program), scale, feed.channels, device_), found);
  classes_ = names_of_classes(feed, found);
  say_if_names_repeat(classes_);
}

void Classifier::require_input(const torch::Tensor& images) const {
  const std::vector<std::int64_t> expected = {input_.channels, input_.height, input_.width};
  if (images.dim() != 4 || images.sizes().slice(1) != at::IntArrayRef(expected))
    throw InvalidArgument(fmt::format("the model takes images of [{}], not [{}]", fmt::join(expected, ", "),
                                      fmt::join(images.sizes(), ", ")));
}

torch::Tensor Classifier::checked(torch::Tensor logits, std::int64_t images) const {
  if (logits.dim() != 2 || logits.size(0) != images || logits.size(1) != std::ssize(classes_))
    throw FormatError(fmt::format("the model maps {} images to [{}], not to [{}, {}]", images,
                                  fmt::join(logits.sizes(), ", "), images, classes_.size()));
  if (!logits.is_floating_point())
    throw FormatError(fmt::format("the model's output has numbers of type {}, but logits are real numbers",
                                  c10::toString(logits.scalar_type())));
  const bool wide = logits.scalar_type() == torch::kFloat || logits.scalar_type() == torch::kDouble;
  logits = logits.to(torch::kCPU, wide ? logits.scalar_type() : torch::kFloat);
  // -infinity stays finite here; NaN and +infinity do not.
  const torch::Tensor bounded = logits.detach().clamp_min(std::numeric_limits<float>::lowest());
  if (!bounded.isfinite().all().item<bool>())
    throw FormatError(
        "the model's output contains NaN or infinity; the weights may be damaged, or the input may be on "
        "another scale than in training: check the mean per channel and the deviation per channel");
  return logits;
}

torch::Tensor Classifier::answer(const models::LogitsFunction& function, const torch::Tensor& images) const {
  require_input(images);
  try {
    return checked(function(images.to(device_)), images.size(0));
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    if (is_out_of_memory(e)) throw;
    throw FormatError(fmt::format("the model cannot be run on these images: {}", reason_of(e)));
  }
}

torch::Tensor Classifier::logits(const torch::Tensor& images) const {
  const torch::NoGradGuard no_grad;
  return answer(inference_, images);
}

torch::Tensor Classifier::differentiable_logits(const torch::Tensor& images) const {
  return answer(differentiable_, images);
}

std::string Classifier::why_flat(const torch::Tensor& logits, std::int64_t target) const {
  if (one_output_ && target == 0)
    return fmt::format(
        "the model has one output, so the logit of '{}' is always 0 and its map is zero; explain '{}', whose "
        "logit is the output, or a probability",
        classes_[0], classes_[1]);
  if (!are_bounds(logits[target], scale_).item<bool>()) return {};
  return fmt::format(
      "the model's probabilities are saturated for this picture: that of '{}' has been rounded to {}, so its "
      "map may be zero or flat; export the model without its last step (softmax or sigmoid)",
      classes_[static_cast<std::size_t>(target)], logits[target].item<double>() < -1 ? 0 : 1);
}

std::int64_t Classifier::class_index(const std::string& name_or_index) const {
  return checkpoint::class_index(classes_, name_or_index);
}

Classifier load_classifier(const std::filesystem::path& path, torch::Device device, const FeedOptions& feed) {
  return load_classifier(path, device, [&] { return feed; });
}

Classifier load_classifier(const std::filesystem::path& path, torch::Device device,
                           const std::function<FeedOptions()>& feed_of) {
  const std::string what = fmt::format("cannot read model '{}'", path.string());
  const std::string bytes = io::read_file(path);
  require_program(bytes, path.string(), what);
  if (std::optional<Checkpoint> checkpoint = checkpoint_from_bytes(bytes, what))
    return {std::move(checkpoint->network), std::move(checkpoint->card), device};
  const FeedOptions feed = feed_of();
  try {
    std::istringstream stream(bytes);
    torch::jit::Module program = torch::jit::load(stream, torch::kCPU);
    move_device_constants(program, device);
    ForeignProgram ready = foreign_program(std::move(program), input_shape(feed), feed.output, device);
    say_if_bytes_are_expected(ready.sign_of_bytes, feed);
    return {std::move(ready.differentiable), feed, device, std::move(ready.fast), ready.ending};
  } catch (const std::exception& e) {  // c10::Error, or errors of TorchScript's parser
    if (dynamic_cast<const Error*>(&e) != nullptr || is_out_of_memory(e)) throw;
    throw FormatError(fmt::format("{}: it is not a TorchScript program: {}", what, reason_of(e)));
  }
}

}  // namespace fathom::checkpoint
