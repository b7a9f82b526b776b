/// Which explanations can be believed, and by which measure? Every attribution method beside random
/// attribution on the first N test pictures of a model's data set, for the class that the model predicts:
///
///   build/bin/faithfulness models/fashion-cnn.pt [N = 200] [measures|substrates]
///
/// "measures" prints each measure with its 95 % interval over the pictures; "substrates" prints those
/// measures that take pixels away for each thing that a missing pixel can become, from which the defaults
/// were chosen. A star marks what is not clear of random attribution: intervals that overlap, or worse.
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "attribution_methods.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/explain/faithfulness.hpp"
#include "fathom/explain/randomisation.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/models/classifier.hpp"

namespace {

using namespace fathom;
using namespace fathom::bench;

std::vector<Method> all_methods() {
  return {random_floor(),
          saliency(),
          smoothgrad(0.15),
          input_x_gradient(),
          integrated_gradients(mean_colour()),
          integrated_gradients(black()),
          integrated_gradients(blurred()),
          grad_cam(),
          guided_grad_cam(/*by_magnitude=*/true),
          guided_grad_cam(/*by_magnitude=*/false),
          occlusion(mean_colour()),
          occlusion(black()),
          occlusion(blurred())};
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

/// One picture with its attribution by a method.
struct Explained {
  const Method& method;
  AttributionFunction function;
  torch::Tensor image;  // float [1, C, H, W]
  std::int64_t target;
  std::uint64_t seed;
  Attribution attribution;
};

enum class Good { low, high, neither };
struct Column {
  std::string name;
  Good good;
};
using Measures = std::function<std::vector<double>(const Explained&)>;  // one number per column

/// Per column, over the setting's pictures.
std::vector<Estimate> estimates(const Setting& setting, const Method& method, std::size_t columns,
                                const Measures& measures) {
  std::vector<std::vector<double>> values(columns);
  ProgressBar bar(method.name, "pictures", false);
  for (std::int64_t i = 0; i < setting.images.size(0); ++i) {
    const std::int64_t target = setting.targets[static_cast<std::size_t>(i)];
    const AttributionFunction function = method.of(setting.model.network(), target);
    const torch::Tensor image = setting.images.narrow(0, i, 1);
    const std::uint64_t seed = derive_seed(0, static_cast<std::uint64_t>(i));
    const std::vector<double> row = measures({method, function, image, target, seed, function(image)});
    for (std::size_t c = 0; c < columns; ++c) values[c].push_back(row[c]);
    bar.update(i + 1, setting.images.size(0));
  }
  std::vector<Estimate> all;
  for (const std::vector<double>& column : values) all.push_back(mean95(column));
  return all;
}

/// Whether a method is better than the floor with intervals that do not overlap.
bool clear_of(const Estimate& floor, const Estimate& method, Good good) {
  if (good == Good::neither) return true;
  return good == Good::low ? method.ci95.high < floor.ci95.low : method.ci95.low > floor.ci95.high;
}

void print_table(const Setting& setting, const std::vector<Column>& columns, const Measures& measures) {
  fmt::print("| method |");
  for (const Column& column : columns) fmt::print(" {} |", column.name);
  fmt::print("\n|---|");
  for (std::size_t c = 0; c < columns.size(); ++c) fmt::print("---|");
  std::vector<Estimate> floor;
  for (const Method& method : all_methods()) {
    const std::vector<Estimate> row = estimates(setting, method, columns.size(), measures);
    const bool is_floor = floor.empty();
    if (is_floor) floor = row;
    fmt::print("\n| {} |", method.name);
    for (std::size_t c = 0; c < columns.size(); ++c)
      fmt::print(" {:.3f} [{:.3f}, {:.3f}]{} |", row[c].mean, row[c].ci95.low, row[c].ci95.high,
                 is_floor || clear_of(floor[c], row[c], columns[c].good) ? "" : " *");
    std::fflush(stdout);
  }
  fmt::print("\n");
}

void print_measures(const Setting& setting) {
  const Network& net = setting.model.network();
  const models::LogitsFunction logits = net->inference();
  const std::vector<explain::RandomisedNetwork> forgot =
      explain::randomised_from_the_top(*net, make_generator(0));
  print_table(setting,
              {{"deletion", Good::low},
               {"insertion", Good::high},
               {"infidelity", Good::low},
               {"infidelity of nothing", Good::neither},
               {"sensitivity", Good::low},
               {"randomization", Good::neither},
               {"randomization, signed", Good::neither}},
              [&](const Explained& e) -> std::vector<double> {
                explain::FaithfulnessOptions options;
                options.curves.by_magnitude = e.method.by_magnitude;
                const explain::Faithfulness f = explain::faithfulness(
                    e.attribution, e.function, probability_of(logits, e.target), logit_of(logits, e.target),
                    e.image, options, make_generator(e.seed));
                const auto method_of = [&](const Network& of) { return e.method.of(of, e.target); };
                const explain::Randomisation r =
                    explain::randomisation(method_of, forgot, e.image, e.attribution);
                return {f.deletion,    f.insertion, f.infidelity,        f.infidelity_of_nothing,
                        f.sensitivity, r.final,     r.signed_maps.back()};
              });
}

struct NamedSubstrate {
  std::string name;
  explain::Substrate substrate;
};

std::vector<NamedSubstrate> substrates(const Setting& setting) {
  return {{"mean", {.colour = torch::tensor(setting.model.mean())}},
          {"black", {.colour = torch::zeros({setting.images.size(1)})}},
          {"blur 1/16", {.blur = 1.0 / 16}},
          {"blur 1/8", {.blur = 1.0 / 8}},
          {"blur 1/4", {.blur = 1.0 / 4}}};
}

void print_substrates(const Setting& setting) {
  const models::LogitsFunction logits = setting.model.network()->inference();
  std::vector<Column> columns;
  for (const NamedSubstrate& s : substrates(setting))
    for (const Column& c :
         {Column{"deletion", Good::low}, {"insertion", Good::high}, {"unexplained", Good::low}})
      columns.push_back({c.name + ", " + s.name, c.good});
  print_table(setting, columns, [&](const Explained& e) {
    std::vector<double> row;
    for (const auto& [name, substrate] : substrates(setting)) {
      const explain::DeletionInsertion d = explain::deletion_insertion(
          probability_of(logits, e.target), e.image, e.attribution.map,
          {.deletion = substrate, .insertion = substrate, .by_magnitude = e.method.by_magnitude},
          make_generator(e.seed));
      const explain::Infidelity i = explain::infidelity(logit_of(logits, e.target), e.image, e.attribution,
                                                        {.substrate = substrate}, make_generator(e.seed));
      row.insert(row.end(), {d.deletion.area, d.insertion.area, i.value / i.of_nothing});
    }
    return row;
  });
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string mode = argc > 3 ? argv[3] : "measures";
  if (argc < 2 || argc > 4 || (mode != "measures" && mode != "substrates")) {
    fmt::print(stderr, "usage: faithfulness MODEL [N] [measures|substrates]\n");
    return 2;
  }
  set_threads(0);
  const Setting setting = open_setting(argv[1], argc > 2 ? std::stoll(argv[2]) : 200);
  mode == "measures" ? print_measures(setting) : print_substrates(setting);
  return 0;
} catch (const std::exception& e) {
  fmt::print(stderr, "faithfulness: error: {}\n", e.what());
  return 1;
}
