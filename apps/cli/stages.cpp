#include "cli/stages.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "fathom/models/image_model.hpp"

namespace fathom::cli {

void list_stages(const Common& common, models::ImageModel& network) {
  const torch::NoGradGuard no_grad;
  const models::InputShape in = models::input_of(network.architecture());
  const std::vector<std::string> names = network.stages();
  const std::vector<torch::Tensor> outputs =
      network.activations(torch::zeros({1, in.channels, in.height, in.width}, common.device), names.size());
  Json stages = Json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto shape = outputs[i].sizes().slice(1).vec();
    say(common, fmt::format("{:<8} {}", names[i], fmt::join(shape, "x")));
    stages.push_back({{"name", names[i]}, {"shape", shape}});
  }
  report(common, {{"stages", stages}});
}

}  // namespace fathom::cli
