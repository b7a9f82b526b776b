/// Question 15: how are exploding gradients dealt with in recurrent networks?
///
/// The recurrent weights of a simple network are drawn so large that the gradient grows with every step that
/// it goes back. Long sequences and short ones are learned with the gradient as it is, with its entries
/// clamped, and with its norm clipped; and the direction of a clipped gradient is put beside the raw one's.
#include "interview/material/question.hpp"
#include "interview/material/recurrent.hpp"

namespace fathom::interview::q15 {
namespace {

enum Purpose : std::uint64_t { training_sequences, test_sequences, order, first_run };
enum class Clip { none, value, norm };

constexpr std::int64_t kUnits = 24;
constexpr double kSpectralRadius = 4, kLargestEntry = 0.1, kLargestNorm = 1;

/// Noise in the one input, and in the other a bit as +-1 in the last step, 0 before; the label is the bit.
Examples sequences(std::int64_t count, std::int64_t steps, torch::Generator random) {
  const torch::Tensor bits = torch::randint(2, {count}, random, torch::kLong);
  torch::Tensor x = torch::randn({count, steps, 2}, random);
  x.select(2, 1).zero_();
  x.select(2, 1).select(1, -1) = 2 * bits - 1;
  return {x, bits};
}

Parts task(std::int64_t steps, const Setting& setting) {
  return {.training = sequences(1000, steps, setting.random(training_sequences)),
          .test = sequences(500, steps, setting.random(test_sequences))};
}

/// The spectral radius of a matrix of N(0, 1 / n) is about 1.
Recurrent network(std::uint64_t number, const Setting& setting) {
  torch::Generator random = setting.random(first_run + number);
  const torch::Tensor w =
      kSpectralRadius / std::sqrt(static_cast<double>(kUnits)) * torch::randn({kUnits, kUnits}, random);
  return {w, 2, 2, random};
}

void clip(optim::FlatParameters& parameters, Clip how) {
  if (how == Clip::value) optim::clip_value(parameters, kLargestEntry);
  if (how == Clip::norm) optim::clip_norm(parameters, kLargestNorm);
}

void gradient_of(Recurrent& net, optim::FlatParameters& parameters, const Examples& examples,
                 torch::Generator random) {
  const Examples batch = random_batch(examples, 32, std::move(random));
  parameters.zero_grad();
  torch::cross_entropy_loss(net.forward(batch.inputs), batch.labels).backward();
}

struct Trained {
  double accuracy = 0;
  std::vector<double> norms;  ///< of the gradient before it is clipped, at every fifth step
};

Trained trained(std::uint64_t number, Clip how, double rate, const Parts& of, const Setting& setting) {
  Recurrent net = network(number, setting);
  optim::FlatParameters parameters(net);
  optim::Optimizer optimizer(parameters, with_plain_sgd(rate));
  torch::Generator random = setting.random(order);
  Trained result;
  for (std::int64_t step = 0; step < 120; ++step) {
    gradient_of(net, parameters, of.training, random);
    if (step % 5 == 0) result.norms.push_back(parameters.gradients().norm().item<double>());
    clip(parameters, how);
    optimizer.step();
  }
  result.accuracy = accuracy(forward_of(net), of.test);
  return result;
}

/// Share of the runs, each with weights of its own, that end finite and with a test accuracy of 90 %: at the
/// learning rate with which that is most, of the same for all. The rates go far down, so that small
/// steps may do what clipping does.
double share_learned(Clip how, const Parts& of, const Setting& setting) {
  const std::int64_t runs = setting.size(6, 3);
  double best = 0;
  for (const double rate : {3., 1., 1e-2, 1e-5}) {
    if (setting.quick && rate == 1e-5) break;
    std::int64_t learned = 0;
    for (std::int64_t i = 0; i < runs; ++i)
      if (trained(static_cast<std::uint64_t>(i), how, rate, of, setting).accuracy >= 0.9) ++learned;
    best = std::max(best, static_cast<double>(learned) / static_cast<double>(runs));
    if (best == 1) break;
  }
  return best;
}

/// Cosine of the angle between the gradient of the first step and what clipping makes of it.
double cosine(Clip how, const Parts& of, const Setting& setting) {
  Recurrent net = network(0, setting);
  optim::FlatParameters parameters(net);
  gradient_of(net, parameters, of.training, setting.random(order));
  const torch::Tensor raw = parameters.gradients().to(torch::kDouble, /*non_blocking=*/false, /*copy=*/true);
  clip(parameters, how);
  const torch::Tensor clipped = parameters.gradients().to(torch::kDouble);
  return (raw.dot(clipped) / (raw.norm() * clipped.norm())).item<double>();
}

Trial run(const Setting& setting) {
  const Clip value = setting.without_cause ? Clip::none : Clip::value,
             norm = setting.without_cause ? Clip::none : Clip::norm;
  const Parts lengthy = task(30, setting), brief = task(4, setting);
  std::vector<double> raw_shares, value_shares, norm_shares;
  for (const Parts& each : {lengthy, brief}) {
    raw_shares.push_back(100 * share_learned(Clip::none, each, setting));
    value_shares.push_back(100 * share_learned(value, each, setting));
    norm_shares.push_back(100 * share_learned(norm, each, setting));
  }
  std::vector<double> steps;
  const std::vector<double> raw_norms = trained(0, Clip::none, 0.1, lengthy, setting).norms,
                            clipped_norms = trained(0, norm, 1, lengthy, setting).norms,
                            brief_norms = trained(0, Clip::none, 0.1, brief, setting).norms;
  for (std::size_t i = 0; i < raw_norms.size(); ++i) steps.push_back(static_cast<double>(5 * i));
  return {.figures = {{"norm", (norm_shares[0] - raw_shares[0]) / 100},
                      {"entries", (value_shares[0] - raw_shares[0]) / 100},
                      {"norm turns", 1 - cosine(norm, lengthy, setting)},
                      {"entries turn", cosine(value, lengthy, setting)},
                      {"brief", (norm_shares[1] - raw_shares[1]) / 100}},
          .series = {by_category("runs", "as it is", raw_shares),
                     by_category("runs", "entries clamped", value_shares),
                     by_category("runs", "norm clipped", norm_shares),
                     {"norms", "30 steps, as it is, rate 0.1", steps, raw_norms},
                     {"norms", "30 steps, norm clipped, rate 1", steps, clipped_norms},
                     {"norms", "4 steps, as it is, rate 0.1", steps, brief_norms}}};
}

}  // namespace

Experiment exploding_gradients() {
  return {
      .question = "How are exploding gradients dealt with?",
      .answer =
          "They are clipped: if the norm of the gradient, or an entry, exceeds a limit, it is set to the "
          "limit. A step over a cliff of the loss then does no harm, and training continues.",
      .method =
          "A recurrent network of 24 tanh units, with random recurrent weights of spectral radius 4, must "
          "report the last bit that it was shown, after noise. Over 30 steps, the gradient grows a "
          "thousandfold and more in the backward pass. Runs that reach 90 % are counted with the unclipped "
          "gradient, with entries clamped to 0.1, and with the norm clipped to 1, each at the best of four "
          "learning rates from 1e-5 to 3 (three from 0.01 in a quick run).",
      .claims =
          {{"norm", on_every_seed(at_least("30 steps: share of runs that learn, norm clipped minus unclipped",
                                           0.5, Unit::points))},
           {"entries",
            on_every_seed(at_least("30 steps: share of runs that learn, entries clamped minus unclipped", 0.5,
                                   Unit::points))},
           {"norm turns",
            on_every_seed(
                between("1 - cosine between the gradient and the gradient with clipped norm", -1e-6, 1e-6))},
           {"entries turn",
            caveat("The two ways to clip differ: clamping the entries changes the direction of the gradient, "
                   "clipping its norm does not.",
                   on_every_seed(
                       at_most("cosine between the gradient and the gradient with clamped entries", 0.9)))}},
      .controls = {{"brief", between("4 steps: share of runs that learn, norm clipped minus unclipped", -0.1,
                                     0.1, Unit::points)}},
      .charts = {{"runs", bar_chart("Runs that learn", "length of the sequences", "share of runs, %",
                                    {"30 steps", "4 steps"})},
                 {"norms", line_chart("The gradient before clipping", "step of the training",
                                      log_scale("norm of the gradient"))}},
      .fine_print =
          "Clipping the norm keeps the direction of the gradient, clamping its entries changes it: if a "
          "gradient has one huge entry, all large entries count equally after clamping. Neither makes an "
          "exploded gradient informative; it only limits the damage until the weights have moved to a region "
          "with useful gradients. Gates, and recurrent weights near orthogonal, prevent what clipping cures.",
      .sources = {"Bengio, Simard & Frasconi, Learning long-term dependencies with gradient descent is "
                  "difficult, 1994",
                  "Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks, 2013"},
      .cause = "Clipping: no gradient is clipped.",
      .run = run};
}

}  // namespace fathom::interview::q15
