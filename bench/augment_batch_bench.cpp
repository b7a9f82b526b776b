/// How much faster is a pipeline on whole batches (augment_batch) than picture by picture through OpenCV
/// (augment)? A table for the small pictures that networks are trained with, on all cores against the one
/// that a loop over pictures has. Expect 12 to 29 times for what copies or covers, 10 to 13 for a crop with a
/// mirrored border and a flip and for what interpolates, 9 to 11 for four operations. The last column is the
/// same batch on one thread, which also holds where other programs run, for which a batch of less than a
/// millisecond on all cores has to wait: 7 to 22 for what copies, 5 to 8 for the rest.
#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include <fmt/format.h>

#include "fathom/augment/whole_batch/batch.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/image_set.hpp"

namespace {

using namespace fathom;

constexpr int kRepeats = 7;
constexpr std::int64_t kImages = 2048;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void one_by_one(const augment::Pipeline& pipeline, const torch::Tensor& images) {
  std::vector<torch::Tensor> all;
  all.reserve(static_cast<std::size_t>(images.size(0)));
  for (std::int64_t n = 0; n < images.size(0); ++n)
    all.push_back(augment::augment(pipeline, images[n], {1, 1, n}));
  torch::stack(all);
}

struct Case {
  const char* pipeline;
  std::int64_t channels, side;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto& [channels, side] : {std::pair<std::int64_t, std::int64_t>{1, 28}, {3, 32}})
    for (const char* pipeline : {"hflip(p=0.5)", "crop(2)", "crop(4, border=reflect) | hflip(p=0.5)",
                                 "translate(0.1)", "rotate(15)", "affine", "cutout", "erasing",
                                 "crop(4, border=reflect) | hflip(p=0.5) | rotate(10) | cutout(0.375)"})
      all.push_back({pipeline, channels, side});
  return all;
}

struct Rates {
  double each = 0, batch = 0;  // images per second
};

Rates measured(const Case& one) {
  const augment::Pipeline pipeline = augment::parse_pipeline(one.pipeline);
  const torch::Tensor images =
      torch::randint(0, 256, {kImages, one.channels, one.side, one.side}, make_generator(1), torch::kByte);
  const torch::Tensor indices = torch::arange(kImages, torch::kLong);
  std::vector<double> each, batch;
  for (int i = 0; i < kRepeats; ++i) {
    each.push_back(seconds_of([&] { one_by_one(pipeline, images); }));
    batch.push_back(seconds_of([&] { augment::augment_batch(pipeline, images, 1, 1, indices); }));
  }
  return {kImages / median(each), kImages / median(batch)};
}

}  // namespace

int main() {
  keep_freed_memory();
  // All cases on one number of threads first: LibTorch makes its threads anew whenever it changes, and they
  // spin.
  std::vector<Rates> alone, together;
  set_threads(1);
  for (const Case& one : cases()) alone.push_back(measured(one));
  set_threads(0);
  for (const Case& one : cases()) together.push_back(measured(one));

  fmt::print("images per second; {} cores\n{:<68} {:<8} {:>9} {:>10} {:>8} {:>9}\n", threads(), "pipeline",
             "images", "each", "batch", "ratio", "1 thread");
  for (std::size_t i = 0; i < alone.size(); ++i) {
    const Case one = cases()[i];
    fmt::print("{:<68} {}x{}x{}  {:>9.0f} {:>10.0f} {:>6.1f} x {:>7.1f} x\n", one.pipeline, one.channels,
               one.side, one.side, together[i].each, together[i].batch, together[i].batch / together[i].each,
               alone[i].batch / alone[i].each);
  }
  return 0;
}
