/// Throughput of the whole adversarial step, both networks of the default without classes, as a fraction of
/// the matrix-product peak measured beside it.
///
///   gan_bench [STEPS [BATCH [HIDDEN]]]
///
/// HIDDEN: units of the discriminator's dense layer, 0 for the DCGAN of the paper, which has none.
/// Multiplications and additions are those of the DCGAN, its transposed convolutions counted as such,
/// whatever they are computed by. Per real image: the discriminator forward and backward on it and on a
/// generated one (but for the gradient of their pixels), the generator forward and backward, the
/// discriminator forward and backward to the picture.
#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "fathom/core/runtime.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/gan/trainer.hpp"
#include "peak.hpp"

int main(int argc, char** argv) {
  using namespace fathom;
  const std::int64_t steps = argc > 1 ? std::atoll(argv[1]) : 100;
  set_threads(0);
  keep_freed_memory();
  const data::ImageSet set =
      data::load("fashion-mnist", data::Split::train, {data::search_directories({}), {}}).first(6400);
  gan::DcganOptions architecture;
  gan::GanOptions options{.steps = 1'000'000, .record_every = steps};
  if (argc > 2) options.batch_size = std::atoll(argv[2]);
  if (argc > 3) architecture.hidden = std::atoll(argv[3]);
  gan::GanTrainer trainer(architecture, {set.images, set.labels, set.name, "bench"}, options);
  const gan::GanFlops flops = gan::gan_flops(architecture);
  const auto per_image = static_cast<double>(8 * flops.discriminator - 2 * flops.first + 3 * flops.generator);

  double rate = 0, peak = 0;
  for (int i = 0; i < 3; ++i) {
    peak = std::max(peak, bench::matrix_product_peak());
    rate = std::max(rate, trainer.run()->images_per_second);
  }
  fmt::print(
      "images_per_second={:.1f} MFLOP_per_image={:.1f} GFLOP/s={:.1f} peak_GFLOP/s={:.1f} "
      "fraction_of_peak={:.3f}\n",
      rate, per_image / 1e6, rate * per_image / 1e9, peak / 1e9, rate * per_image / peak);
}
