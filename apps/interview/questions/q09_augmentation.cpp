/// Question 9: what is data augmentation?
///
/// A perceptron learns Fashion-MNIST from 500 pictures, as they are and mirrored, turned a little, moved and
/// blurred, anew in every pass. Then digits, some of which are others upside down, are learned with and
/// without turning them over.
#include <opencv2/imgproc.hpp>

#include "fathom/augment/whole_batch/batch.hpp"
#include "fathom/draw/sheet.hpp"
#include "interview/material/question.hpp"

namespace fathom::interview::q09 {
namespace {

enum Purpose : std::uint64_t { training_pictures, test_pictures, digits, test_digits, weights, order };

constexpr const char* kSnapshot =
    "hflip(p=0.5) | affine(degrees=-15..15, x=-0.1..0.1, y=-0.1..0.1, factor=0.9..1.1) | "
    "gaussian-blur(sigma=0.3..0.8, p=0.3)";
constexpr const char* kOver = "rotate(degrees=180, p=0.5) | vflip(p=0.5)";

/// By which the seed differs where pictures are augmented to be validated or tested on: drawn otherwise than
/// in any training.
constexpr std::uint64_t kOtherDraws = std::uint64_t{1} << 40;

/// Pictures as the augmentations take them, uint8 [N, 1, 28, 28], and int64 labels [N].
struct Set {
  torch::Tensor pictures, labels;

  Examples examples() const { return {data::to_unit_range(pictures), labels}; }
  Set part(std::int64_t begin, std::int64_t count) const {
    return {pictures.narrow(0, begin, count), labels.narrow(0, begin, count)};
  }
};

Set drawn(const data::ImageSet& set, std::int64_t count, torch::Generator random) {
  const data::ImageSet chosen =
      set.subset(torch::randperm(set.size(), std::move(random), torch::kLong).narrow(0, 0, count));
  return {chosen.images, chosen.labels};
}

/// Digits in one of four fonts, of many sizes and places, drawn by OpenCV.
Set written(std::int64_t count, torch::Generator random) {
  constexpr std::array fonts = {cv::FONT_HERSHEY_SIMPLEX, cv::FONT_HERSHEY_DUPLEX, cv::FONT_HERSHEY_COMPLEX,
                                cv::FONT_HERSHEY_TRIPLEX};
  const torch::Tensor labels = torch::arange(count, torch::kLong) % 10;
  const torch::Tensor numbers = torch::rand({count, 5}, random);
  torch::Tensor pictures = torch::zeros({count, 1, 28, 28}, torch::kByte);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto number = [&](int which) { return numbers[i][which].item<double>(); };
    cv::Mat canvas(28, 28, CV_8U, pictures[i].data_ptr());
    cv::putText(canvas, std::to_string(labels[i].item<std::int64_t>()),
                {static_cast<int>(4 + 6 * number(0)), static_cast<int>(21 + 5 * number(1))},
                fonts.at(static_cast<std::size_t>(4 * number(2))), 0.6 + 0.2 * number(3), 255,
                number(4) < 0.5 ? 1 : 2, cv::LINE_AA);
  }
  const torch::Tensor noisy = pictures.to(torch::kFloat) + 40 * torch::randn(pictures.sizes(), random);
  return {noisy.clamp(0, 255).to(torch::kByte), labels};
}

Set augmented(const augment::Pipeline& pipeline, const Set& set, std::uint64_t seed, std::int64_t pass) {
  return {augment::augment_batch(pipeline, set.pictures, seed, pass,
                                 torch::arange(set.pictures.size(0), torch::kLong)),
          set.labels};
}

Model network(const Setting& setting) {
  return built(plain_mlp({1, 28, 28}, {128}), {0.286F, 0.353F}, setting.random(weights));
}

/// Anew in every pass, `pipeline` changes the pictures; the number of steps is the same with it and without.
Model trained(const augment::Pipeline& pipeline, const Set& training, double rate, const Setting& setting) {
  Model net = network(setting);
  optim::FlatParameters parameters(*net);
  optim::Optimizer optimizer(parameters, with_adam(rate));
  torch::Generator random = setting.random(order);
  for (std::int64_t pass = 0; pass < setting.size(100, 50); ++pass) {
    const torch::Tensor all = torch::randperm(training.labels.size(0), random, torch::kLong);
    for (const torch::Tensor& chosen : all.split(50)) {
      const torch::Tensor seen = augment::augment_batch(pipeline, training.pictures.index_select(0, chosen),
                                                        setting.seed, pass, chosen);
      const torch::Tensor logits = net->forward(data::to_unit_range(seen));
      parameters.zero_grad();
      torch::cross_entropy_loss(logits, training.labels.index_select(0, chosen)).backward();
      optimizer.step();
    }
  }
  return net;
}

/// Test accuracy on each of several sets, at the learning rate that suits the validation pictures best, of
/// the same two for all.
std::vector<double> learned(const augment::Pipeline& pipeline, const Set& training,
                            const Examples& validation, const std::vector<Examples>& tests,
                            const Setting& setting) {
  const auto with_rate = [&](double rate) { return trained(pipeline, training, rate, setting); };
  const Model net = best_on_validation({1e-3, 3e-3}, with_rate, validation);
  std::vector<double> accuracies;
  for (const Examples& test : tests) accuracies.push_back(accuracy(*net, test));
  return accuracies;
}

/// Eight pictures in a column each: as they are, and as four passes see them.
Picture passes_of(const augment::Pipeline& pipeline, const Set& set, const Setting& setting,
                  const std::string& caption) {
  const Set eight{set.pictures.narrow(0, 0, 8), set.labels.narrow(0, 0, 8)};
  std::vector<torch::Tensor> rows = {eight.pictures};
  for (std::int64_t pass = 0; pass < 4; ++pass)
    rows.push_back(augmented(pipeline, eight, setting.seed, pass).pictures);
  return {caption, draw::tiled(torch::cat(rows), 8, 2, 4)};
}

Trial run(const Setting& setting) {
  const augment::Pipeline none, snapshot = augment::parse_pipeline(kSnapshot),
                                over = augment::parse_pipeline(kOver);
  const augment::Pipeline& seen = setting.without_cause ? none : snapshot;
  const Set pictures =
      drawn(setting.data("fashion-mnist", data::Split::train), 1500, setting.random(training_pictures));
  const Set few = pictures.part(0, 500);
  const Examples validation =
      augmented(snapshot, pictures.part(500, 1000), setting.seed + kOtherDraws, 0).examples();
  const Set tidy =
      drawn(setting.data("fashion-mnist", data::Split::test), 2000, setting.random(test_pictures));
  const Set snapshots = augmented(snapshot, tidy, setting.seed + 2 * kOtherDraws, 0);

  const std::vector<Examples> tests = {snapshots.examples(), tidy.examples()};
  const std::vector<double> plain = learned(none, few, validation, tests, setting),
                            varied = learned(seen, few, validation, tests, setting);
  const Set digit = written(500, setting.random(digits));
  const Set others = written(3000, setting.random(test_digits));
  const Examples digit_validation = others.part(0, 1000).examples(),
                 digit_test = others.part(1000, 2000).examples();
  const double upright = learned(none, digit, digit_validation, {digit_test}, setting)[0],
               turned = learned(over, digit, digit_validation, {digit_test}, setting)[0];
  return {.figures = {{"snapshots", varied[0] - plain[0]},
                      {"digits", turned - upright},
                      {"tidy", varied[1] - plain[1]}},
          .series = {percent_by_category("accuracy", "as they are", {plain[0], plain[1], upright}),
                     percent_by_category("accuracy", "augmented", {varied[0], varied[1], turned})},
          .pictures = {
              passes_of(snapshot, few, setting,
                        "Top: eight training pictures, unchanged; below: as four passes see them"),
              passes_of(over, digit, setting,
                        "Digits, and the same digits turned over: a 6 becomes a 9 and keeps its label")}};
}

}  // namespace

Experiment augmentation() {
  return {
      .question = "What is data augmentation?",
      .answer =
          "Making new training pictures from old ones by changes that keep the label: rotate, mirror, blur. "
          "The network sees every picture differently each time and learns that the changes do not matter.",
      .method =
          "A perceptron learns Fashion-MNIST from 500 pictures, unchanged or with new augmentation in every "
          "pass, for the same number of steps, each at the better of two learning rates on other snapshots. "
          "It is tested on snapshots (pictures that are mirrored, rotated by up to 15 degrees, shifted, "
          "scaled, blurred) and on the tidy test set. Then digits are learned unchanged, and with each "
          "turned upside down half of the time and flipped half of the time.",
      .claims = {{"snapshots", at_least("snapshots of clothes: test accuracy, augmented minus unchanged",
                                        0.01, Unit::points)}},
      .controls = {{"digits", caveat("Augmentation can cost accuracy: it defines what does not matter, and "
                                     "for digits it matters which way is up.",
                                     at_most("digits, turned over in training: test accuracy minus unchanged",
                                             0, Unit::points))},
                   {"tidy",
                    caveat(
                        "If the test pictures do not vary in what was augmented, it gains little or nothing.",
                        at_most("clothes, tidy test set without such variation: the same difference", 0.05,
                                Unit::points))}},
      .charts = {{"accuracy",
                  bar_chart("Test accuracy after 500 pictures", "pictures", "test accuracy, %",
                            {"clothes, snapshots", "clothes, tidy", "digits"}, {{"chance", 10}})}},
      .fine_print =
          "An augmentation is an assumption about what does not matter. A false assumption does harm: a 6 "
          "upside down is a 9. If later pictures do not vary in the same way, as in the tidy test set of "
          "Fashion-MNIST, where all shoes face left, augmentation first costs capacity and time, and such a "
          "short training gains nothing. A convolutional network trained for sixty passes gains two "
          "points there (docs/augmentation.md).",
      .sources =
          {"Simard, Steinkraus & Platt, Best practices for convolutional neural networks applied to visual "
           "document analysis, 2003",
           "Shorten & Khoshgoftaar, A survey on image data augmentation for deep learning, 2019"},
      .cause = "The augmentation: both networks see the unchanged pictures.",
      .run = run};
}

}  // namespace fathom::interview::q09
