/// Which explanations can be believed, and by which measure? Every attribution method and random attribution
/// on the first N test pictures of a model's data set, for the class that the model predicts:
///
///   build/bin/faithfulness models/fashion-cnn.pt [N = 200] [measures|substrates]
///
/// "measures" prints each measure with its 95 % interval over the pictures; "substrates" prints deletion and
/// insertion for each thing that a missing pixel can become, from which the defaults were chosen. Both say
/// where a method's interval is not clear of random attribution's.
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include "fathom/core/error.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/explain/faithfulness.hpp"
#include "fathom/explain/occlusion.hpp"
#include "fathom/explain/random_attribution.hpp"
#include "fathom/explain/randomisation.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/models/classifier.hpp"

namespace {

using namespace fathom;
using explain::Attribution;
using explain::AttributionFunction;
using Network = std::shared_ptr<models::ImageModel>;

/// A method of a network, for a target.
struct Method {
  std::string name;
  std::function<AttributionFunction(const Network&, std::int64_t target)> of;
};

explain::ScoreFunction logit_of(models::LogitsFunction logits, std::int64_t target) {
  return [logits = std::move(logits), target](const torch::Tensor& x) { return logits(x).select(1, target); };
}

explain::ScoreFunction probability_of(models::LogitsFunction logits, std::int64_t target) {
  return [logits = std::move(logits), target](const torch::Tensor& x) {
    return torch::softmax(logits(x), 1).select(1, target);
  };
}

/// Of a batch of images, one by one: float [N, C, H, W].
torch::Tensor gradient(const explain::ScoreFunction& score, const torch::Tensor& images) {
  const torch::Tensor x = images.detach().clone().requires_grad_(true);
  return torch::autograd::grad({score(x).sum()}, {x})[0].detach();
}

Attribution signed_attribution(const torch::Tensor& values) { return {values, values.sum(0)}; }
Attribution unsigned_attribution(const torch::Tensor& values) {
  return {values, std::get<0>(values.abs().max(0)), 0, false};
}

Method occlusion() {
  return {"occlusion", [](const Network& net, std::int64_t target) -> AttributionFunction {
            return [score = logit_of(net->inference(), target)](const torch::Tensor& x) {
              const explain::OcclusionOptions options{.window = {x.size(2) / 4, x.size(3) / 4},
                                                      .stride = {x.size(2) / 8, x.size(3) / 8}};
              const explain::OcclusionMap map = explain::occlusion(score, x, options);
              return explain::attribution_of_map(map.drop, x.size(1), map.score);
            };
          }};
}

Method saliency() {
  return {"saliency", [](const Network& net, std::int64_t target) -> AttributionFunction {
            return [score = logit_of(net->folded(), target)](const torch::Tensor& x) {
              return unsigned_attribution(gradient(score, x)[0]);
            };
          }};
}

Method input_x_gradient() {
  return {"input x gradient", [](const Network& net, std::int64_t target) -> AttributionFunction {
            return [score = logit_of(net->folded(), target)](const torch::Tensor& x) {
              return signed_attribution((gradient(score, x) * x)[0]);
            };
          }};
}

Method smoothgrad(double noise) {
  return {
      fmt::format("smoothgrad {:.2f}", noise),
      [noise](const Network& net, std::int64_t target) -> AttributionFunction {
        return [noise, score = logit_of(net->folded(), target)](const torch::Tensor& x) {
          const double deviation = noise * (x.max() - x.min()).item<double>();
          const torch::Tensor draws = torch::randn({25, x.size(1), x.size(2), x.size(3)}, make_generator(0));
          return unsigned_attribution(gradient(score, x + deviation * draws).mean(0));
        };
      }};
}

/// From black, by the midpoints of 50 equal steps.
Method integrated_gradients() {
  return {
      "integrated gradients", [](const Network& net, std::int64_t target) -> AttributionFunction {
        return [score = logit_of(net->folded(), target)](const torch::Tensor& x) {
          const torch::Tensor alpha = (torch::arange(50) + 0.5).div(50).to(torch::kFloat).view({-1, 1, 1, 1});
          return signed_attribution((gradient(score, x * alpha).mean(0) * x[0]));
        };
      }};
}

torch::Tensor grad_cam_map(const Network& net, std::int64_t target, const torch::Tensor& x) {
  const std::vector<torch::Tensor> stages = net->activations(x, net->stages().size());
  const torch::Tensor& features = stages[stages.size() - 2];
  const torch::Tensor slope = torch::autograd::grad({stages.back().select(1, target).sum()}, {features})[0];
  const torch::Tensor cam = torch::relu((slope.mean({2, 3}, true) * features).sum(1, true)).detach();
  return at::upsample_bilinear2d(cam, {x.size(2), x.size(3)}, false)[0][0];
}

Method grad_cam() {
  return {"grad-cam", [](const Network& net, std::int64_t target) -> AttributionFunction {
            return [net, target](const torch::Tensor& x) {
              return explain::attribution_of_map(grad_cam_map(net, target, x), x.size(1), 0, false);
            };
          }};
}

Method guided_grad_cam() {
  return {"guided grad-cam", [](const Network& net, std::int64_t target) -> AttributionFunction {
            const Network guided = models::copy_of(*net);
            guided->set_relu_gradient(models::ReluGradient::guided);
            const auto score = [guided, target](const torch::Tensor& x) {
              return guided->forward(x).select(1, target);
            };
            return [net, target, score](const torch::Tensor& x) {
              return signed_attribution(gradient(score, x)[0] * grad_cam_map(net, target, x));
            };
          }};
}

/// One generator for all pictures: no two get the same map.
Method random_floor() {
  return {"random",
          [generator = make_generator(0)](const Network&, std::int64_t) -> AttributionFunction {
            return [generator](const torch::Tensor& x) { return explain::random_attribution(x, generator); };
          }};
}

std::vector<Method> all_methods() {
  return {random_floor(),         saliency(), input_x_gradient(), smoothgrad(0.15),
          integrated_gradients(), grad_cam(), guided_grad_cam(),  occlusion()};
}

struct Setting {
  models::Classifier model;
  torch::Tensor images;               // float [N, C, H, W]
  std::vector<std::int64_t> targets;  // predicted
};

Setting open_setting(const std::string& path, std::int64_t count) {
  models::Classifier model = models::load_classifier(path, torch::kCPU);
  if (!model.network()) throw InvalidArgument("a model with a card is needed, whose data set is known");
  const data::ImageSet set = data::load(model.card()->data_set, data::Split::test,
                                        {data::search_directories({}), image::read_picture_as, {32, 32}});
  const torch::Tensor images = data::to_unit_range(set.first(count).images);
  const torch::Tensor predicted = model.logits(images).argmax(1);
  return {model,
          images,
          {predicted.data_ptr<std::int64_t>(), predicted.data_ptr<std::int64_t>() + predicted.numel()}};
}

std::string text(const Estimate& e) {
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", e.mean, e.ci95.low, e.ci95.high);
}

/// Over the pictures of a setting, with the attribution of each.
template <typename Measure>
auto over_images(const Setting& setting, const Method& method, const Measure& measure) {
  std::vector<decltype(measure(AttributionFunction{}, torch::Tensor{}, std::int64_t{}, std::size_t{}))>
      results;
  ProgressBar bar(method.name, "pictures", false);
  const Network& net = setting.model.network();
  for (std::size_t i = 0; i < setting.targets.size(); ++i) {
    const std::int64_t target = setting.targets[i];
    const auto index = static_cast<std::int64_t>(i);
    results.push_back(measure(method.of(net, target), setting.images.narrow(0, index, 1), target, i));
    bar.update(index + 1, std::ssize(setting.targets));
  }
  return results;
}

void print_measures(const Setting& setting) {
  const Network& net = setting.model.network();
  const models::LogitsFunction logits = net->inference();
  const explain::FaithfulnessOptions options = explain::faithfulness_options(setting.model.mean());
  const std::vector<explain::RandomisedNetwork> networks =
      explain::randomised_from_the_top(*net, make_generator(0));
  fmt::print(
      "| method | deletion | insertion | infidelity | sensitivity | randomization "
      "|\n|---|---|---|---|---|---|\n");
  explain::FaithfulnessSummary floor;
  for (const Method& method : all_methods()) {
    const auto measure = [&](const AttributionFunction& function, const torch::Tensor& image,
                             std::int64_t target, std::size_t index) {
      const Attribution attribution = function(image);
      explain::Faithfulness f = explain::faithfulness(attribution, function, probability_of(logits, target),
                                                      logit_of(logits, target), image, options,
                                                      make_generator(derive_seed(0, index)));
      f.randomization =
          explain::randomisation([&](const Network& forgot) { return method.of(forgot, target); }, networks,
                                 image, attribution)
              .final;
      return f;
    };
    const explain::FaithfulnessSummary s = explain::summarise(over_images(setting, method, measure));
    if (method.name == "random") floor = s;
    const bool deletes = s.deletion.ci95.high < floor.deletion.ci95.low;
    const bool inserts = s.insertion.ci95.low > floor.insertion.ci95.high;
    fmt::print("| {} | {}{} | {}{} | {} | {} | {} |\n", method.name, text(s.deletion), deletes ? "" : " *",
               text(s.insertion), inserts ? "" : " *", text(s.infidelity), text(s.sensitivity),
               text(*s.randomization));
    std::fflush(stdout);
  }
  fmt::print("\n* not clear of random attribution. Infidelity of a map of zeros: {}. {} pictures.\n",
             text(floor.infidelity_of_nothing), floor.images);
}

struct NamedSubstrate {
  std::string name;
  explain::Substrate substrate;
};

std::vector<NamedSubstrate> substrates(const Setting& setting) {
  const auto channels = setting.images.size(1);
  return {{"mean", {.colour = torch::tensor(setting.model.mean())}},
          {"black", {.colour = torch::zeros({channels})}},
          {"blur 1/16", {.blur = 1.0 / 16}},
          {"blur 1/8", {.blur = 1.0 / 8}},
          {"blur 1/4", {.blur = 1.0 / 4}}};
}

void print_substrates(const Setting& setting) {
  const models::LogitsFunction logits = setting.model.network()->inference();
  const std::vector<NamedSubstrate> all = substrates(setting);
  fmt::print("| method |");
  for (const NamedSubstrate& s : all) fmt::print(" deletion, {} |", s.name);
  for (const NamedSubstrate& s : all) fmt::print(" insertion, {} |", s.name);
  fmt::print("\n|---|{}\n", std::string(4 * 2 * all.size(), '-'));
  std::vector<Estimate> floor;
  for (const Method& method : all_methods()) {
    const auto measure = [&](const AttributionFunction& function, const torch::Tensor& image,
                             std::int64_t target, std::size_t index) {
      const Attribution attribution = function(image);
      std::vector<double> areas(2 * all.size());
      for (std::size_t k = 0; k < all.size(); ++k) {
        const explain::DeletionInsertion d =
            explain::deletion_insertion(probability_of(logits, target), image, attribution.map,
                                        {.deletion = all[k].substrate, .insertion = all[k].substrate},
                                        make_generator(derive_seed(0, index)));
        areas[k] = d.deletion.area;
        areas[all.size() + k] = d.insertion.area;
      }
      return areas;
    };
    const std::vector<std::vector<double>> areas = over_images(setting, method, measure);
    std::vector<Estimate> estimates;
    for (std::size_t k = 0; k < 2 * all.size(); ++k) {
      std::vector<double> column;
      for (const std::vector<double>& row : areas) column.push_back(row[k]);
      estimates.push_back(mean95(column));
    }
    if (floor.empty()) floor = estimates;
    fmt::print("| {} |", method.name);
    for (std::size_t k = 0; k < estimates.size(); ++k) {
      const bool clear = k < all.size() ? estimates[k].ci95.high < floor[k].ci95.low
                                        : estimates[k].ci95.low > floor[k].ci95.high;
      fmt::print(" {:.3f} +- {:.3f}{} |", estimates[k].mean, estimates[k].ci95.high - estimates[k].mean,
                 clear ? "" : " *");
    }
    fmt::print("\n");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2 || argc > 4) {
    fmt::print(stderr, "usage: faithfulness MODEL [N] [measures|substrates]\n");
    return 2;
  }
  set_threads(0);
  const Setting setting = open_setting(argv[1], argc > 2 ? std::stoll(argv[2]) : 200);
  const bool of_substrates = argc > 3 && std::string(argv[3]) == "substrates";
  of_substrates ? print_substrates(setting) : print_measures(setting);
  return 0;
} catch (const std::exception& e) {
  fmt::print(stderr, "faithfulness: error: {}\n", e.what());
  return 1;
}
