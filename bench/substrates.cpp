/// What should stand where a pixel was taken away? The measures that take pixels away, for each substrate and
/// every attribution method beside random attribution, on the first N test pictures of a model's data set,
/// for the class that the model predicts:
///
///   build/bin/substrates models/fashion-cnn.pt [N = 200]
///
/// It shows what the defaults of explain/faithfulness/substrate.hpp do to the measures on a model. A star
/// marks what is not clear of random attribution: 95 % intervals that overlap, or worse.
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/statistics.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/explain/attribution/integrated_gradients.hpp"
#include "fathom/explain/attribution/methods.hpp"
#include "fathom/explain/attribution/occlusion.hpp"
#include "fathom/explain/faithfulness/deletion_insertion.hpp"
#include "fathom/explain/faithfulness/infidelity.hpp"
#include "fathom/image/picture.hpp"

namespace {

using namespace fathom;

struct Setting {
  checkpoint::Classifier model;
  torch::Tensor images;               // float [N, C, H, W]
  std::vector<std::int64_t> targets;  // predicted
};

Setting open_setting(const std::string& path, std::int64_t count) {
  checkpoint::Classifier model = checkpoint::load_classifier(path, torch::kCPU);
  if (!model.card()) throw InvalidArgument("a model with a card is needed, whose data set is known");
  const data::ImageSet set = data::load(model.card()->data_set, data::Split::test,
                                        {data::search_directories({}), image::read_picture_as, {32, 32}});
  const torch::Tensor images = data::to_unit_range(set.first(count).images);
  const torch::Tensor predicted = model.logits(images).argmax(1);
  return {model,
          images,
          {predicted.data_ptr<std::int64_t>(), predicted.data_ptr<std::int64_t>() + predicted.numel()}};
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

/// A method with the baseline that it compares a picture with, where it has one.
struct Row {
  std::string method;
  std::string baseline = {};
  bool by_magnitude = false;

  std::string name() const { return baseline.empty() ? method : method + ", " + baseline; }
};

std::vector<Row> rows() {
  std::vector<Row> all = {{"random"}};  // the floor comes first
  for (const explain::Method& m : explain::attribution_methods()) {
    if (m.name == "random") continue;
    if (m.name == "integrated-gradients" || m.name == "occlusion") {
      for (const char* baseline : {"mean", "black", "blur"}) all.push_back({m.name, baseline});
      continue;
    }
    all.push_back({m.name, {}, m.is_directional});
    if (m.is_directional) all.push_back({m.name, {}, false});  // to show what comes of its sign
  }
  return all;
}

explain::MethodOptions options_of(const Row& row, const Setting& setting, const torch::Tensor& image) {
  explain::MethodOptions options;
  auto& gradients = options.of<explain::IntegratedGradientsOptions>();
  auto& sweep = options.of<explain::OcclusionOptions>();
  gradients.points = 50;
  sweep = explain::usual_sweep({image.size(2), image.size(3)});
  torch::Tensor baseline = torch::tensor(setting.model.mean());
  if (row.baseline == "black") baseline = torch::zeros({image.size(1)});
  if (row.baseline == "blur") baseline = explain::substrate_picture({}, image)[0];
  gradients.baseline = sweep.baseline = baseline;
  return options;
}

/// Deletion, insertion and the infidelity left of a map of zeros', per substrate.
std::vector<double> measure(const Setting& setting, const Row& row, std::int64_t index) {
  const torch::Tensor image = setting.images.narrow(0, index, 1);
  const std::int64_t target = setting.targets[static_cast<std::size_t>(index)];
  explain::MethodOptions options = options_of(row, setting, image);
  options.seed = derive_seed(1, static_cast<std::uint64_t>(index));
  const explain::Attribution a =
      explain::attribution_method(row.method, setting.model, target, options)(image);
  const auto logit = [&](const torch::Tensor& x) { return setting.model.logits(x).select(1, target); };
  const auto probability = [&](const torch::Tensor& x) {
    return torch::softmax(setting.model.logits(x), 1).select(1, target);
  };
  const std::uint64_t seed = derive_seed(0, static_cast<std::uint64_t>(index));
  std::vector<double> values;
  for (const auto& [name, substrate] : substrates(setting)) {
    const explain::DeletionInsertion d = explain::deletion_insertion(
        probability, image, a.map,
        {.deletion = substrate, .insertion = substrate, .by_magnitude = row.by_magnitude},
        make_generator(seed));
    const explain::Infidelity i =
        explain::infidelity(logit, image, a, {.substrate = substrate}, make_generator(seed));
    values.insert(values.end(), {d.deletion.area, d.insertion.area, i.value / i.of_nothing});
  }
  return values;
}

std::vector<Estimate> estimates(const Setting& setting, const Row& row) {
  std::vector<std::vector<double>> columns(3 * substrates(setting).size());
  ProgressBar bar(row.name(), "pictures", false);
  for (std::int64_t i = 0; i < setting.images.size(0); ++i) {
    const std::vector<double> values = measure(setting, row, i);
    for (std::size_t c = 0; c < columns.size(); ++c) columns[c].push_back(values[c]);
    bar.update(i + 1, setting.images.size(0));
  }
  std::vector<Estimate> all;
  for (const std::vector<double>& column : columns) all.push_back(mean95(column));
  return all;
}

void print_table(const Setting& setting) {
  fmt::print("| method |");
  for (const auto& [name, substrate] : substrates(setting))
    fmt::print(" deletion, {0} | insertion, {0} | unexplained, {0} |", name);
  fmt::print("\n|---|");
  for (std::size_t c = 0; c < 3 * substrates(setting).size(); ++c) fmt::print("---|");
  std::vector<Estimate> floor;
  for (const Row& row : rows()) {
    const std::vector<Estimate> cells = estimates(setting, row);
    if (floor.empty()) floor = cells;
    fmt::print("\n| {}{} |", row.name(), row.by_magnitude ? ", by magnitude" : "");
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const bool high_is_good = c % 3 == 1;
      const bool is_clear =
          high_is_good ? is_below(floor[c].ci95, cells[c].ci95) : is_below(cells[c].ci95, floor[c].ci95);
      fmt::print(" {:.3f} [{:.3f}, {:.3f}]{} |", cells[c].mean, cells[c].ci95.low, cells[c].ci95.high,
                 is_clear || row.method == "random" ? "" : " *");
    }
    std::fflush(stdout);
  }
  fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2 || argc > 3) {
    fmt::print(stderr, "usage: substrates MODEL [N]\n");
    return 2;
  }
  set_threads(0);
  keep_freed_memory();
  print_table(open_setting(argv[1], argc > 2 ? std::stoll(argv[2]) : 200));
  return 0;
} catch (const std::exception& e) {
  fmt::print(stderr, "substrates: error: {}\n", e.what());
  return 1;
}
