#include "demo/demo_gan.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/sheets/gan_sheet.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/gan/checkpoint.hpp"
#include "fathom/gan/sampling.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

/// What its card says of its scores; empty where it says nothing.
std::string scores_sentence(const gan::GanCard& card) {
  if (card.scores.empty()) return {};
  const Json scores = Json::parse(card.scores);
  return fmt::format(
      "In the features of a classifier, {} samples are {:.2f} times as far from training pictures as real "
      "test pictures are (Frechet distance {:.1f} against {:.1f}), and {:.0f} % of the training pictures "
      "have a sample nearby ({:.0f} % for test pictures).",
      scores.at("samples").get<std::int64_t>(),
      scores.at("frechet").get<double>() / scores.at("frechet_floor").get<double>(),
      scores.at("frechet").get<double>(), scores.at("frechet_floor").get<double>(),
      100 * scores.at("coverage").get<double>(), 100 * scores.at("coverage_floor").get<double>());
}

}  // namespace

std::string generator_section(const DemoSubject& subject, const std::string& path) {
  const gan::GanCheckpoint gan = gan::load_generator(path);
  const gan::Samples samples = gan::draw_samples(*gan.generator, 60, make_generator(subject.seed));
  const std::string command = "sample_gan --model " + std::filesystem::path(path).filename().string();
  std::string html = fmt::format(
      "<h2>Generated pictures</h2>\n<p>The pictures below are not from the data set: a generator made each "
      "of them from {} random numbers{}. It was trained against a discriminator that tells real from "
      "generated pictures (Goodfellow et al., 2014). {}</p>\n",
      gan::latent_of(gan.card.architecture),
      gan::classes_of(gan.card.architecture) > 0 ? " and the requested class" : "",
      scores_sentence(gan.card));
  html += page_figure(
      sample_sheet(samples.values, sheet_columns(gan::classes_of(gan.card.architecture)), "samples"),
      "Generated pictures", command);
  const torch::Tensor ways = gan::interpolation(*gan.generator, 6, 10, {}, subject.seed);
  html += page_figure(sample_sheet(ways, 10, "from one sample to another"),
                      "Rows of generated pictures, each changing into another", command + " --interpolate");
  const std::filesystem::path strip = std::filesystem::path(path).replace_extension(".png");
  if (std::filesystem::exists(strip))
    html += page_figure(image::read_picture(strip), "The same samples at steps of the training",
                        gan.card.command_line);
  return html;
}

}  // namespace fathom::cli
