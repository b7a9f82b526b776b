#include "fathom/checkpoint/classifier.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include <fmt/format.h>
#include <torch/script.h>

#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/checkpoint/class_names.hpp"
#include "fathom/checkpoint/device_constants.hpp"
#include "fathom/checkpoint/file_kind.hpp"
#include "fathom/checkpoint/torchscript_frozen.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::checkpoint {
namespace {

constexpr std::int64_t kLargestInput = 4096;  // pixels

std::int64_t channels_of(const FeedOptions& feed) { return feed.channels == ChannelOrder::grey ? 1 : 3; }

/// Means and deviations of pixels beyond this are typing errors, and no float holds what follows from them.
constexpr float kLargestStatistic = 1e6F;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// Whether a line begins with the name of an error: "RuntimeError: ", "torch.jit.Error: ".
bool names_error(const std::string& line) {
  const std::string name = line.substr(0, line.find(": "));
  return name.size() < line.size() && (name.ends_with("Error") || name.ends_with("Exception")) &&
         name.find(' ') == std::string::npos;
}

/// Why a program failed. TorchScript's message is a trace of the program; the last line that begins with an
/// error's name says what failed.
std::string reason_of(const std::exception& e) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&e);
  const std::string text = torch_error ? torch_error->what_without_backtrace() : e.what();
  std::string reason = first_line(text);
  for (const std::string& line : split(text, '\n'))
    if (names_error(line)) reason = line;
  return excerpt(reason);
}

std::vector<float> or_default(const std::vector<float>& values, std::int64_t channels, float otherwise,
                              const char* name) {
  if (values.empty()) return std::vector<float>(static_cast<std::size_t>(channels), otherwise);
  if (std::ssize(values) != channels)
    throw InvalidArgument(fmt::format("{} has {} values for {} channels", name, values.size(), channels));
  return values;
}

/// The program as a function of images in [0, 1], RGB or grey.
models::LogitsFunction fed(models::LogitsFunction program, const FeedOptions& feed, std::int64_t channels,
                           torch::Device device) {
  const std::vector<float> mean_values = or_default(feed.mean, channels, 0, "the mean per channel");
  const std::vector<float> std_values = or_default(feed.std, channels, 1, "the deviation per channel");
  for (const float value : mean_values)
    if (!(std::abs(value) <= kLargestStatistic))
      throw InvalidArgument(
          fmt::format("the mean per channel must be in [-{0}, {0}], not {1}", kLargestStatistic, value));
  for (const float value : std_values)
    if (!(value >= 1 / kLargestStatistic && value <= kLargestStatistic))
      throw InvalidArgument(fmt::format("the deviation per channel must be in [{}, {}], not {}",
                                        1 / kLargestStatistic, kLargestStatistic, value));
  const torch::Tensor mean = torch::tensor(mean_values).view({-1, 1, 1}).to(device);
  const torch::Tensor std = torch::tensor(std_values).view({-1, 1, 1}).to(device);
  return [=, order = feed.channels](const torch::Tensor& images) {
    torch::Tensor x = order == ChannelOrder::bgr ? images.flip({1}) : images;
    x = (x - mean) / std;
    return program(x);
  };
}

std::int64_t probe_classes(const models::LogitsFunction& logits, const models::InputShape& input,
                           torch::Device device) {
  const torch::NoGradGuard no_grad;
  const auto shape = fmt::format("[1, {}, {}, {}]", input.channels, input.height, input.width);
  try {
    const torch::Tensor out = logits(torch::zeros({1, input.channels, input.height, input.width}, device));
    if (out.dim() == 2 && out.size(0) == 1 && out.size(1) >= 1) return out.size(1);
    throw InvalidArgument(
        fmt::format("the model maps {} to [{}], not to [1, classes]; it is not a classifier", shape,
                    fmt::join(out.sizes(), ", ")));
  } catch (const std::exception& e) {
    if (dynamic_cast<const Error*>(&e) != nullptr || is_out_of_memory(e)) throw;
    throw InvalidArgument(
        fmt::format("the model cannot be run on {}, as the input size and channel order require: {}", shape,
                    reason_of(e)));
  }
}

/// Empty where nothing says what the program takes: the constructor will complain.
models::LogitsFunction fast_program(const torch::jit::Module& program, const FeedOptions& feed,
                                    torch::Device device) {
  if (feed.input_size < 1 || feed.input_size > kLargestInput) return {};
  const std::vector<std::int64_t> two_images = {2, channels_of(feed), feed.input_size, feed.input_size};
  return frozen(program, torch::rand(two_images, make_generator(0)).to(device));
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
}

Classifier::Classifier(models::LogitsFunction program, const FeedOptions& feed, torch::Device device,
                       models::LogitsFunction fast)
    : device_(device) {
  const std::int64_t channels = channels_of(feed);
  if (feed.input_size < 1 || feed.input_size > kLargestInput)
    throw InvalidArgument(
        fmt::format("a model without a card needs an input size, the side of its input in pixels (1 to {})",
                    kLargestInput));
  input_ = {channels, feed.input_size, feed.input_size};
  mean_ = or_default(feed.mean, channels, 0.5F, "the mean per channel");
  inference_ = fed(fast ? std::move(fast) : program, feed, channels, device_);
  differentiable_ = fed(std::move(program), feed, channels, device_);
  if (feed.channels == ChannelOrder::bgr) std::reverse(mean_.begin(), mean_.end());
  const std::int64_t count = probe_classes(inference_, input_, device_);
  classes_ = feed.labels;
  if (classes_.empty())
    for (std::int64_t i = 0; i < count; ++i) classes_.push_back(fmt::format("class {}", i));
  if (std::ssize(classes_) != count)
    throw InvalidArgument(
        fmt::format("the model has {} classes, but {} class names are given", count, classes_.size()));
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
    program.to(device);
    move_device_constants(program, device);
    program.eval();
    for (torch::Tensor weight : program.parameters()) weight.set_requires_grad(false);
    const models::LogitsFunction run = [program](const torch::Tensor& x) mutable {
      return program.forward({x}).toTensor();
    };
    return {run, feed, device, fast_program(program, feed, device)};
  } catch (const std::exception& e) {  // c10::Error, or errors of TorchScript's parser
    if (dynamic_cast<const Error*>(&e) != nullptr || is_out_of_memory(e)) throw;
    throw FormatError(fmt::format("{}: it is not a TorchScript program: {}", what, reason_of(e)));
  }
}

}  // namespace fathom::checkpoint
