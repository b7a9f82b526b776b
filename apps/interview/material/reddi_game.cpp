#include "interview/material/reddi_game.hpp"

#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "fathom/optim/optimizer.hpp"

namespace fathom::interview {
namespace {

double payoff_slope(std::int64_t round) { return round % 3 == 1 ? 3 : -1; }
constexpr double kBeta2 = 0.1;  // 1 / (1 + 3^2), with beta1 = 0, as in the paper's proof
double rate_of(std::int64_t round) { return 0.5 / std::sqrt(static_cast<double>(round)); }

struct Player : torch::nn::Module {
  explicit Player(double x) : place(register_parameter("place", torch::full({1}, x))) {}
  torch::Tensor place;
};

constexpr std::int64_t kRounds = 3000;

}  // namespace

std::vector<double> reddi_game_by_adam(double first) {
  Player player(first);
  optim::FlatParameters parameters(player);
  optim::Optimizer optimizer(parameters, {.kind = optim::OptimizerKind::adam, .beta1 = 0, .beta2 = kBeta2});
  std::vector<double> places;
  for (std::int64_t round = 1; round <= kRounds; ++round) {
    parameters.gradients().fill_(payoff_slope(round));
    optimizer.set_learning_rate(rate_of(round));
    optimizer.step();
    parameters.values().clamp_(-1, 1);
    places.push_back(parameters.values().item<float>());
  }
  return places;
}

std::vector<double> reddi_game_by_amsgrad(double first) {
  double place = first, square = 0, largest = 0;
  std::vector<double> places;
  for (std::int64_t round = 1; round <= kRounds; ++round) {
    const double gradient = payoff_slope(round);
    square = kBeta2 * square + (1 - kBeta2) * gradient * gradient;
    largest = std::max(largest, square);
    place = std::clamp(place - rate_of(round) * gradient / std::sqrt(largest), -1.0, 1.0);
    places.push_back(place);
  }
  return places;
}

}  // namespace fathom::interview
