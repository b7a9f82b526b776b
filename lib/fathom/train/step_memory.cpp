#include "fathom/train/step_memory.hpp"

#include <torch/types.h>

#include <algorithm>

#include "fathom/core/memory.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::train {
namespace {

/// Pictures of the measured step. With fewer, the weights and not the pictures decide where the peak lies.
constexpr std::int64_t kProbe = 8;

std::uint64_t peak_of_step(models::ImageModel& network, std::int64_t pictures) {
  const models::InputShape input = models::input_of(network.architecture());
  return peak_tensor_memory([&] {
    const torch::Tensor images = torch::zeros({pictures, input.channels, input.height, input.width});
    const torch::Tensor labels = torch::zeros({pictures}, torch::kLong);
    torch::cross_entropy_loss(network.forward(images), labels).backward();
  });
}

}  // namespace

std::uint64_t step_memory(const models::ImageModel& network, std::int64_t batch_size) {
  reserve_blas_buffers();
  const std::shared_ptr<models::ImageModel> copy = models::copy_of(network);
  const torch::Generator dropout = make_generator(0);
  copy->to(torch::kCPU);
  copy->set_dropout_generator(dropout);
  copy->train();
  peak_of_step(*copy, 2);  // makes the gradients of the weights, which stay
  if (batch_size <= kProbe) return peak_of_step(*copy, std::max<std::int64_t>(batch_size, 2));
  const std::uint64_t half = peak_of_step(*copy, kProbe / 2), whole = peak_of_step(*copy, kProbe);
  const std::uint64_t difference = whole > half ? whole - half : 0;
  return whole + difference * static_cast<std::uint64_t>(batch_size - kProbe) / (kProbe / 2);
}

}  // namespace fathom::train
