#include "fathom/train/step_memory.hpp"

#include <torch/types.h>

#include "fathom/core/memory.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::train {
namespace {

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
  const std::shared_ptr<models::ImageModel> copy = models::copy_of(network);
  const torch::Generator dropout = make_generator(0);
  copy->to(torch::kCPU);
  copy->set_dropout_generator(dropout);
  copy->train();
  peak_of_step(*copy, 2);  // makes the gradients of the weights, which stay
  const std::uint64_t two = peak_of_step(*copy, 2), three = peak_of_step(*copy, 3);
  const std::uint64_t each = three > two ? three - two : 0;
  return two + static_cast<std::uint64_t>(batch_size) * each;
}

}  // namespace fathom::train
