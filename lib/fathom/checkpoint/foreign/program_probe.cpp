#include "fathom/checkpoint/foreign/program_probe.hpp"

#include <array>
#include <optional>
#include <vector>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/text.hpp"

namespace fathom::checkpoint {
namespace {

/// Far outside of pixels, and far from the end of float32.
constexpr double kExtremePixel = 1000;

/// Shares of the largest number of a row that rounding does not reach: between two runs on the same images,
/// and between batches of different sizes.
constexpr double kNoise = 1e-4, kBatchDifference = 1e-3;

/// Input sizes of common networks.
constexpr std::array<std::int64_t, 10> kCommonSides = {28, 32, 64, 96, 128, 224, 256, 299, 384, 512};

std::string shape_text(const models::InputShape& input) {
  return fmt::format("[1, {}, {}, {}]", input.channels, input.height, input.width);
}

/// Whether a line begins with the name of an error: "RuntimeError: ", "torch.jit.Error: ".
bool names_error(const std::string& line) {
  const std::string name = line.substr(0, line.find(": "));
  return name.size() < line.size() && (name.ends_with("Error") || name.ends_with("Exception")) &&
         name.find(' ') == std::string::npos;
}

/// Rounding changes the logits of sigmoids nearer to 1.
constexpr double kSureSigmoid = 1 - 1e-4;

/// Of three usual images.
constexpr double kDarkest = 0.05, kBrightest = 0.9, kDarkRange = 0.1, kBrightRange = 0.2;

/// Whether the rows [N, outputs] agree. Numbers near 0 in all of a row are known as well as the largest of
/// other rows allows. NaN and infinities count as equal to themselves.
bool agree_within(const torch::Tensor& a, const torch::Tensor& b, double share) {
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) return false;
  if (!a.is_floating_point()) return torch::equal(a, b);
  const torch::Tensor x = a.to(torch::kDouble), y = b.to(torch::kDouble);
  const torch::Tensor finite = x.isfinite().logical_and(y.isfinite());
  if (!torch::equal(x.isfinite(), y.isfinite())) return false;
  const torch::Tensor largest = torch::where(finite, x.abs(), torch::zeros_like(x)).amax(1);
  const torch::Tensor difference = torch::where(finite, (x - y).abs(), torch::zeros_like(x)).amax(1);
  const torch::Tensor allowed = torch::maximum(share * largest, kNoise * largest.max());
  return (difference <= allowed).all().item<bool>();
}

torch::Tensor run_singly(const models::LogitsFunction& program, const torch::Tensor& images) {
  std::vector<torch::Tensor> outputs;
  for (std::int64_t i = 0; i < images.size(0); ++i)
    outputs.push_back(as_rows(program(images.narrow(0, i, 1)), 1));
  return torch::cat(outputs);
}

torch::Tensor run_in_rows(const models::LogitsFunction& program, const torch::Tensor& images,
                          bool one_by_one) {
  return one_by_one ? run_singly(program, images) : as_rows(program(images), images.size(0));
}

/// Empty if the program fails.
std::optional<torch::Tensor> attempt(const models::LogitsFunction& program, const torch::Tensor& images,
                                     bool one_by_one = false) {
  try {
    return run_in_rows(program, images, one_by_one);
  } catch (const std::exception& e) {
    if (is_out_of_memory(e)) throw;
    return {};
  }
}

/// float [3, C, H, W]: noise, dark noise and bright noise.
torch::Tensor usual_images(const models::InputShape& input, torch::Device device) {
  const torch::Tensor noise = torch::rand({3, input.channels, input.height, input.width}, make_generator(0));
  noise[1].mul_(kDarkRange).add_(kDarkest);
  noise[2].mul_(kBrightRange).add_(kBrightest - kBrightRange);
  return noise.to(device);
}

/// Whether a batch gives what its pictures give alone. Between probabilities near 0 and 1, it is their
/// logarithms that tell.
bool agree_as_logits(const torch::Tensor& batch, const torch::Tensor& alone, OutputScale scale) {
  if (scale == OutputScale::sigmoids)
    return agree_within(to_logits(batch.clamp_max(kSureSigmoid), scale),
                        to_logits(alone.clamp_max(kSureSigmoid), scale), kBatchDifference);
  if (scale != OutputScale::probabilities && scale != OutputScale::percentages) return true;
  return agree_within(to_logits(batch, scale), to_logits(alone, scale), kBatchDifference);
}

/// float [6, C, H, W]: black, white, and pictures far outside of [0, 1] in both directions.
torch::Tensor extreme_images(const torch::Tensor& image) {
  const torch::Tensor one = torch::ones_like(image), noise = (image - 0.5) * (2 * kExtremePixel);
  return torch::cat({0 * one, one, noise, -noise, kExtremePixel * one, -kExtremePixel * one});
}

/// The outputs for those images on which the program runs; [0, outputs] if there are none.
torch::Tensor extreme_outputs(const models::LogitsFunction& program, const torch::Tensor& image,
                              bool one_by_one, std::int64_t outputs) {
  const torch::Tensor images = extreme_images(image);
  std::optional<torch::Tensor> all = attempt(program, images, one_by_one);
  if (all && all->dim() == 2 && all->size(0) == images.size(0)) return *all;
  std::vector<torch::Tensor> rows = {torch::empty({0, outputs}, image.options())};
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    const auto row = attempt(program, images.narrow(0, i, 1));
    if (row && row->dim() == 2 && row->size(1) == outputs) rows.push_back(row->to(torch::kFloat));
  }
  return torch::cat(rows);
}

std::string text_of_one(OutputScale scale) {
  const std::string logit = "the logit z of the second of two classes with the logits 0 and z";
  if (scale == OutputScale::sigmoids)
    return "the model has one output, a probability (sigmoid): it is turned back into " + logit;
  if (scale == OutputScale::log_sigmoids)
    return "the model has one output, the logarithm of a probability (log-sigmoid): it is turned back into " +
           logit;
  return "the model has one output: it is taken as " + logit;
}

std::string text_of(OutputScale scale) {
  constexpr const char* kShares =
      "they are turned back into logits, and the probabilities shown are shares that sum to 1 (softmax of "
      "these logits)";
  switch (scale) {
    case OutputScale::probabilities:
      return "the model's output is probabilities (softmax): their logarithms are used as logits";
    case OutputScale::percentages:
      return "the model's output is percentages (softmax times 100): they are divided by 100, and their "
             "logarithms are used as logits";
    case OutputScale::log_probabilities:
      return "the model's output is logarithms of probabilities (log-softmax): they are used as logits";
    case OutputScale::sigmoids:
      return fmt::format("the model's output is one probability per class (sigmoid): {}", kShares);
    case OutputScale::log_sigmoids:
      return fmt::format("the model's output is the logarithm of one probability per class (log-sigmoid): {}",
                         kShares);
    case OutputScale::logits:
      break;
  }
  return {};
}

/// Scores that are shown as they are need no note, unless somebody has said what they are.
std::string scale_text(const ProbedProgram& found, bool is_given) {
  const std::string text = found.outputs == 1 ? text_of_one(found.scale) : text_of(found.scale);
  if (!is_given) return text;
  return fmt::format("the output scale is given, not found: {}",
                     text.empty() ? "the model's output is taken as logits" : text);
}

/// Finds the scale, or checks the one that is given. Adds what is odd about logits to the notes.
OutputScale scale_of(const torch::Tensor& usual, std::optional<OutputScale> given, OutputEnding ending,
                     const std::function<torch::Tensor()>& extreme_outputs) {
  if (given) {
    const OutputScale scale = usual.size(1) == 1 ? scale_of_one_output(*given) : *given;
    if (const std::string reason = why_not_in(usual, scale); !reason.empty())
      throw InvalidArgument(
          fmt::format("the output scale cannot be {}: the model's outputs for pictures of noise {}",
                      name_of(kOutputScales, *given), reason));
    return scale;
  }
  if (are_surely_logits(usual)) return OutputScale::logits;
  const torch::Tensor extreme = extreme_outputs();
  const OutputScale scale = output_scale(usual, extreme, ending);
  if (const std::string text = oddity(usual, extreme, scale); !text.empty()) note(text);
  return scale;
}

void say(const ProbedProgram& found, bool scale_is_given) {
  if (const std::string text = scale_text(found, scale_is_given); !text.empty()) note(text);
  if (found.noisy)
    note(
        "the model gives another answer to the same picture every time, although it is in evaluation mode: "
        "dropout or other noise is part of the program, so results vary from run to run; export it after "
        "model.eval()");
  if (found.one_by_one)
    note(
        "the model runs correctly only on one picture at a time (it was traced with a batch of one, or it "
        "computes something over all pictures of a batch, such as their maximum): pictures are run one by "
        "one, which is slower");
}

/// Whether the program runs on one image of that shape.
bool runs_on(const std::function<void(const torch::Tensor&)>& run, const models::InputShape& input,
             torch::Device device) {
  try {
    run(torch::zeros({1, input.channels, input.height, input.width}, device));
    return true;
  } catch (const std::exception& e) {
    return false;
  }
}

/// A common input that the program runs on: with another number of channels, of another size, or both.
std::optional<models::InputShape> input_that_runs(const std::function<void(const torch::Tensor&)>& run,
                                                  const models::InputShape& input, torch::Device device) {
  std::vector<models::InputShape> shapes;
  for (const std::int64_t channels : {1, 3}) shapes.push_back({channels, input.height, input.width});
  for (const std::int64_t channels : {input.channels, 4 - input.channels})
    for (const std::int64_t side : kCommonSides)
      if (channels == 1 || channels == 3) shapes.push_back({channels, side, side});
  for (const models::InputShape& shape : shapes)
    if (shape != input && runs_on(run, shape, device)) return shape;
  return {};
}

std::string what_to_change(const models::InputShape& input, const models::InputShape& runs) {
  const bool size = runs.height != input.height || runs.width != input.width;
  if (runs.channels == input.channels) return "change the input size";
  return size ? "change the input size and the channel order" : "change the channel order";
}

/// The output for one image, [1, outputs], checked. Notes say what is odd about its numbers.
torch::Tensor first_answer(const models::LogitsFunction& program, const torch::Tensor& image,
                           const models::InputShape& input) {
  torch::Tensor single;
  try {
    single = as_rows(program(image), 1);
  } catch (const std::exception& e) {
    refuse_input([&](const torch::Tensor& x) { program(x); }, input, image.device(), e);
  }
  if (single.dim() != 2 || single.size(0) != 1 || single.size(1) < 1)
    throw InvalidArgument(
        fmt::format("the model maps {} to [{}], not to [1, classes]; it is not a classifier",
                    shape_text(input), fmt::join(single.sizes(), ", ")));
  if (!single.is_floating_point())
    throw InvalidArgument(fmt::format(
        "the model's output has numbers of type {}, but scores of classes are real numbers (if it is "
        "the number of a class, export the model without its last step, argmax)",
        c10::toString(single.scalar_type())));
  if (single.scalar_type() == torch::kHalf || single.scalar_type() == torch::kBFloat16)
    note(
        fmt::format("the model computes in 16 bits (its output is {}), which small differences between "
                    "scores do not survive",
                    lower_case(c10::toString(single.scalar_type()))));
  if (single.size(1) == 1 && single.equal(single.round()) && single.abs().max().item<double>() > 1)
    note(
        fmt::format("the model's one output for a picture of noise is a whole number ({}); if it is the "
                    "number of a class "
                    "(argmax), the results are wrong: export it without the last step",
                    single.item<double>()));
  return single;
}

}  // namespace

std::string reason_of(const std::exception& e) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&e);
  const std::string text = torch_error ? torch_error->what_without_backtrace() : e.what();
  std::string reason = text.substr(0, text.find('\n'));
  for (const std::string& line : split(text, '\n'))
    if (names_error(line)) reason = line;
  return excerpt(reason);
}

void refuse_input(const std::function<void(const torch::Tensor&)>& run, const models::InputShape& input,
                  torch::Device device, const std::exception& failure) {
  if (dynamic_cast<const Error*>(&failure) != nullptr || is_out_of_memory(failure)) throw;
  const std::string reason = reason_of(failure);
  const torch::NoGradGuard no_grad;
  if (runs_on(run, {input.height, input.width, input.channels}, device))
    throw InvalidArgument(
        fmt::format("the model cannot be run on {}, but it runs on [1, {}, {}, {}], with the channels last: "
                    "export one that takes [N, channels, height, width], such as "
                    "model(x.permute(0, 2, 3, 1)) ({})",
                    shape_text(input), input.height, input.width, input.channels, reason));
  if (const auto runs = input_that_runs(run, input, device))
    throw InvalidArgument(fmt::format("the model cannot be run on {}, but it runs on {}: {} ({})",
                                      shape_text(input), shape_text(*runs), what_to_change(input, *runs),
                                      reason));
  throw InvalidArgument(fmt::format("the model cannot be run on {}: {}", shape_text(input), reason));
}

torch::Tensor as_rows(const torch::Tensor& output, std::int64_t images) {
  torch::Tensor rows = output;
  while (rows.dim() > 2 && rows.size(-1) == 1) rows = rows.squeeze(-1);
  if (rows.dim() == 0 && images == 1) return rows.view({1, 1});
  if (rows.dim() == 1 && images == 1) return rows.unsqueeze(0);
  if (rows.dim() == 1 && rows.size(0) == images) return rows.unsqueeze(1);
  return rows;
}

ProbedProgram probe(const models::LogitsFunction& program, const models::InputShape& input,
                    torch::Device device, std::optional<OutputScale> scale, OutputEnding ending) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = usual_images(input, device), image = images.narrow(0, 0, 1);
  const torch::Tensor single = first_answer(program, image, input);
  ProbedProgram found{.outputs = single.size(1)};
  const std::vector<std::int64_t> others = {images.size(0) - 1, found.outputs};
  const auto rest = attempt(program, images.narrow(0, 1, others[0]), /*one_by_one=*/true);
  if (!rest || rest->sizes() != at::IntArrayRef(others)) {  // it will say more when it runs
    found.one_by_one = true;
    found.scale = scale.value_or(OutputScale::logits);
    if (found.outputs == 1) found.scale = scale_of_one_output(found.scale);
    note(fmt::format(
        "the model failed on a picture of noise, so little was tried: its output is taken as {}, and "
        "pictures are run one by one",
        name_of(kOutputScales, found.scale)));
    return found;
  }
  const torch::Tensor alone = torch::cat({single, *rest});
  const auto batch = attempt(program, images);
  found.one_by_one = !batch || batch->sizes() != alone.sizes();
  if (!found.one_by_one && is_softmax_over_batch(single, *batch))
    throw InvalidArgument(
        "the model takes its softmax over the pictures of a batch instead of over the classes, so every "
        "class has the probability 1 for a single picture; export it with the softmax over dimension 1, or "
        "without it");
  if (found.one_by_one || !agree_within(*batch, alone, kNoise)) {
    const auto again = attempt(program, images, /*one_by_one=*/true);
    found.noisy = !again || !agree_within(*again, alone, kNoise);
  }
  if (!found.noisy && !found.one_by_one) found.one_by_one = !agree_within(*batch, alone, kBatchDifference);
  found.scale = scale_of(alone, scale, ending,
                         [&] { return extreme_outputs(program, image, found.one_by_one, found.outputs); });
  if (!found.noisy && !found.one_by_one) found.one_by_one = !agree_as_logits(*batch, alone, found.scale);
  say(found, scale.has_value());
  return found;
}

models::LogitsFunction as_logits(models::LogitsFunction program, const ProbedProgram& found) {
  return [program = std::move(program), found](const torch::Tensor& images) {
    const torch::Tensor rows = run_in_rows(program, images, found.one_by_one);
    if (rows.dim() != 2 || rows.size(1) != found.outputs || !rows.is_floating_point()) return rows;
    if (const std::string reason = why_out_of_range(rows, found.scale); !reason.empty())
      throw FormatError(
          fmt::format("the model's outputs for these pictures {}, so they cannot be {}; set another output "
                      "scale, such as "
                      "logits",
                      reason, name_of(kOutputScales, found.scale)));
    return to_logits(rows, found.scale);
  };
}

}  // namespace fathom::checkpoint
