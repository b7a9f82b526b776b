/// train_gan and sample_gan, as a user meets them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "child_process.hpp"
#include "fathom/gan/checkpoint.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/npy.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

/// A network and a run that are small enough to be trained several times.
const std::string kSmall = "--limit 160 --widths 8,8 --latent 6 --batch-size 16 --samples 200 ";

class GanPrograms : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string model(const std::string& name) const { return io::read_file(path(name)); }
  TemporaryFolder folder_;
};

TEST_F(GanPrograms, TrainSampleAndScore) {
  const Outcome train = run_program(
      "train_gan", kSmall + "--steps 60 --sample-every 20 --json --history " + path("h.csv") + " --chart " +
                       path("c.svg") + " --samples-dir " + path("samples") + " -o " + path("g.pt"));
  ASSERT_EQ(train.status, 0) << train.err;
  const auto report = nlohmann::json::parse(train.out);
  for (const char* key : {"steps", "train_seconds", "images_per_second", "scores", "model"})
    EXPECT_TRUE(report.contains(key)) << key;
  EXPECT_EQ(report.at("steps"), 60);
  for (const char* step : {"0000020", "0000040", "0000060"})
    EXPECT_EQ(image::read_picture(path("samples/step-" + std::string(step) + ".png")).size(0), 3) << step;
  EXPECT_EQ(image::read_picture(path("g.png")).size(0), 3);  // the strip
  const std::string csv = io::read_file(path("h.csv"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 4);
  EXPECT_NE(io::read_file(path("c.svg")).find("output of the discriminator"), std::string::npos);
  EXPECT_EQ(std::count(train.err.begin(), train.err.end(), '\r'), 0);  // no bar where stderr is no terminal

  const Outcome sample = run_program(
      "sample_gan", "--model " + path("g.pt") + " --count 12 --class trouser --json --npy " + path("s.npy") +
                        " --save-dir " + path("each") + " -o " + path("grid.png"));
  ASSERT_EQ(sample.status, 0) << sample.err;
  EXPECT_EQ(nlohmann::json::parse(sample.out).at("count"), 12);
  const torch::Tensor array = io::read_npy(path("s.npy"));
  EXPECT_EQ(array.sizes(), (std::vector<std::int64_t>{12, 1, 28, 28}));
  EXPECT_EQ(array.scalar_type(), torch::kByte);
  EXPECT_TRUE(image::read_picture(path("each/00011.png")).equal(array[11]));

  const Outcome scores = run_program("evaluate", "--gan " + path("g.pt") + " --samples 300 --json");
  ASSERT_EQ(scores.status, 0) << scores.err;
  const auto scored = nlohmann::json::parse(scores.out);
  for (const char* key : {"samples", "frechet", "frechet_floor", "kernel", "precision", "recall", "density",
                          "coverage", "class_histogram", "class_kl", "named_share", "class_accuracy"})
    EXPECT_TRUE(scored.contains(key)) << key;
  EXPECT_EQ(scored.at("samples"), 300);
  EXPECT_GT(scored.at("frechet"), scored.at("frechet_floor"));
  std::int64_t named = 0;
  for (const auto& [name, count] : scored.at("class_histogram").items()) named += count.get<std::int64_t>();
  EXPECT_EQ(named, 300);
}

TEST_F(GanPrograms, TheDiscriminatorsRateFollowsUnlessItIsGiven) {
  const auto samples_after = [&](const std::string& rates) {
    const Outcome train = run_program("train_gan", kSmall + "--steps 5 " + rates + " -o " + path("g.pt"));
    EXPECT_EQ(train.status, 0) << train.err;
    const Outcome sample = run_program(
        "sample_gan", "--model " + path("g.pt") + " --npy " + path("s.npy") + " -o " + path("s.png"));
    EXPECT_EQ(sample.status, 0) << sample.err;
    return io::read_file(path("s.npy"));
  };
  const std::string twice = samples_after("--lr 2e-3");
  EXPECT_TRUE(twice == samples_after("--lr 2e-3 --discriminator-lr 2.5e-4"));
  EXPECT_FALSE(twice == samples_after("--lr 2e-3 --discriminator-lr 2e-3"));
}

TEST_F(GanPrograms, TheStripShowsMoreOfTheEarlySteps) {
  const auto strip = [&](const std::string& steps) {
    const Outcome outcome = run_program(
        "train_gan", kSmall + "--decay 0 --sample-every 1 --steps " + steps + " -o " + path(steps + ".pt"));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return image::read_picture(path(steps + ".png"));
  };
  const torch::Tensor of_two = strip("2"), of_eight = strip("8"), of_twenty = strip("20");
  const std::int64_t height = (of_eight.size(1) - of_two.size(1)) / 6;  // of a row, below the heading
  ASSERT_GT(height, 28);
  EXPECT_EQ(of_twenty.size(1), of_eight.size(1));  // eight rows at most
  const auto row = [&](const torch::Tensor& picture, std::int64_t i) {
    return picture.narrow(1, picture.size(1) - (8 - i) * height, height);
  };
  // Of twenty steps these are shown: 1, 2, 3, 4, 6, 8, 13 and 20; of eight all.
  const std::vector<std::int64_t> shown = {1, 2, 3, 4, 6, 8};
  for (std::size_t i = 0; i < shown.size(); ++i)
    EXPECT_TRUE(row(of_twenty, static_cast<std::int64_t>(i)).equal(row(of_eight, shown[i] - 1))) << shown[i];
  EXPECT_FALSE(row(of_twenty, 7).equal(row(of_eight, 7)));
}

TEST_F(GanPrograms, TheShippedGeneratorKeepsItsPromise) {
  const std::string shipped = FATHOM_SOURCE "/models/fashion-gan.pt";
  EXPECT_LT(fs::file_size(shipped), 3U << 20);
  const Outcome scores = run_program("evaluate", "--gan " + shipped + " --samples 2000 --json");
  ASSERT_EQ(scores.status, 0) << scores.err;
  const auto scored = nlohmann::json::parse(scores.out);
  EXPECT_LT(scored.at("frechet"), 1.5 * scored.at("frechet_floor").get<double>());
  EXPECT_LT(scored.at("class_kl"), 0.1);
  const auto card = nlohmann::json::parse(gan::load_generator(shipped).card.scores);
  EXPECT_LE(card.at("frechet"), 2 * card.at("frechet_floor").get<double>());
  EXPECT_GE(card.at("coverage"), 0.8);  // of 10,000 samples
  EXPECT_GE(card.at("class_accuracy"), 0.9);
  EXPECT_GE(scored.at("coverage"), 0.8);

  for (const std::string kind : {"--interpolate", "--nearest --count 4"}) {
    const Outcome outcome =
        run_program("sample_gan", kind + " --model " + shipped + " -o " + path("kind.png"));
    EXPECT_EQ(outcome.status, 0) << kind << outcome.err;
    EXPECT_GT(image::read_picture(path("kind.png")).size(2), 300) << kind;
  }
}

TEST_F(GanPrograms, TheSameCommandGivesTheSameBytes) {
  const StartedFromNothing each_run;
  for (const char* name : {"a", "b"})
    ASSERT_EQ(
        run_program("train_gan", kSmall + "--steps 20 -o " + path("g.pt") + " --strip " + path(name) + ".png")
            .status,
        0);
  EXPECT_EQ(io::read_file(path("a.png")), io::read_file(path("b.png")));
  const std::string first = model("g.pt");
  ASSERT_EQ(
      run_program("train_gan", kSmall + "--steps 20 -o " + path("g.pt") + " --strip " + path("b") + ".png")
          .status,
      0);
  EXPECT_EQ(model("g.pt"), first);
}

/// Weights, whatever the card says of the command line.
torch::Tensor generator_weights(const std::string& file) {
  std::vector<torch::Tensor> all;
  const gan::GanCheckpoint gan = gan::load_generator(file);
  for (const torch::Tensor& p : gan.generator->parameters()) all.push_back(p.detach().flatten());
  for (const torch::Tensor& b : gan.generator->buffers()) all.push_back(b.to(torch::kFloat).flatten());
  return torch::cat(all);
}

class StoppedGan : public GanPrograms, public testing::WithParamInterface<int> {};

TEST_P(StoppedGan, ResumesToTheSameBits) {
  const std::string steps = "--steps 150 --sample-every 50 ";
  ASSERT_EQ(run_program("train_gan", kSmall + steps + "-o " + path("whole.pt")).status, 0);
  const pid_t child = start_program(
      "train_gan", {"--limit", "160", "--widths", "8,8", "--latent", "6", "--batch-size", "16", "--samples",
                    "200", "--steps", "150", "--sample-every", "50", "-o", path("parted.pt")});
  ASSERT_TRUE(appears(path("parted.pt"), child));  // after the first 50 steps
  kill(child, GetParam());
  wait_for(child);
  const Outcome resumed = run_program("train_gan", "--samples 200 --resume " + path("parted.pt"));
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_TRUE(generator_weights(path("whole.pt")).equal(generator_weights(path("parted.pt"))));
}

INSTANTIATE_TEST_SUITE_P(Signals, StoppedGan, testing::Values(SIGINT, SIGKILL), [](const auto& tested) {
  return std::string(tested.param == SIGINT ? "interrupt" : "kill");
});

TEST_F(GanPrograms, ARingIsDrawnAndScored) {
  const Outcome ring =
      run_program("train_gan", "--data gaussians:4 --steps 80 --samples 500 --json -o " + path("ring.pt"));
  ASSERT_EQ(ring.status, 0) << ring.err;
  const auto scores = nlohmann::json::parse(ring.out).at("scores");
  EXPECT_EQ(scores.at("per_mode").size(), 4U);
  EXPECT_TRUE(scores.contains("modes") && scores.contains("near_share"));
  EXPECT_EQ(image::read_picture(path("ring.png")).size(0), 3);
}

TEST_F(GanPrograms, BadInputIsOneClearLine) {
  const std::string shipped = FATHOM_SOURCE "/models/fashion-gan.pt ",
                    cnn = FATHOM_SOURCE "/models/fashion-cnn.pt ";
  const std::string unconditional = path("plain.pt") + " ";
  const Outcome plain = run_program("train_gan", kSmall + "--steps 8 --unconditional -o " + unconditional);
  ASSERT_EQ(plain.status, 0) << plain.err;
  struct Bad {
    const char* program;
    std::string arguments;
    int status;
    const char* says;
  };
  const Bad cases[] = {
      {"train_gan", "--loss hing -o " + path("x.pt"), 2, "did you mean 'hinge'"},
      {"train_gan", "--data gaussians:0 -o " + path("x.pt"), 2, "1 to 64"},
      {"train_gan", "--data gaussians:eight -o " + path("x.pt"), 2, "number of Gaussians"},
      {"train_gan", "--steps 5 --epochs 2 -o " + path("x.pt"), 2, "give only one of --steps and --epochs"},
      {"train_gan", "--widths 8,7.5 -o " + path("x.pt"), 2, "--widths"},
      {"train_gan", "--widths 8,8,8 -o " + path("x.pt"), 2, "divisible by 8"},
      {"train_gan", "--loss wgan-gp --batch-norm on -o " + path("x.pt"), 2, "batch norm"},
      {"train_gan", "--data gaussians:8 --conditional -o " + path("x.pt"), 2, "for pictures"},
      {"train_gan", "--data gaussians:8 --hidden 8 -o " + path("x.pt"), 2, "for pictures"},
      {"train_gan", "--conditional --unconditional -o " + path("x.pt"), 2, "cannot be combined"},
      {"train_gan", "-o " + path("x.onnx"), 2, "must end in .pt"},
      {"train_gan", "--resume " + path("none.pt"), 1, "training state"},
      {"train_gan", "--resume " + path("none.pt") + " --lr 1", 2, "--lr cannot be changed"},
      {"sample_gan", "--model " + path("none.pt"), 1, "none.pt"},
      {"sample_gan", "--model " + cnn, 1, "it is a classifier"},
      {"sample_gan", "--model " + shipped + "--class Bagg", 2, "did you mean 'Bag'"},
      {"sample_gan", "--model " + unconditional + "--class bag", 2, "unconditional"},
      {"sample_gan", "--model " + shipped + "--interpolate --nearest", 2, "give one"},
      {"sample_gan", "--count 4", 2, "--model"},
      {"evaluate", "--gan " + cnn, 1, "it is a classifier"},
      {"evaluate", "--gan " + shipped + "--model " + cnn, 2, "--model is for classifiers"},
      {"evaluate", "--gan " + unconditional + "--train-on-samples", 2, "conditional"},
      {"evaluate", "--model " + shipped, 1, "it is a generator"}};
  for (const Bad& bad : cases) {
    const Outcome outcome = run_program(bad.program, bad.arguments);
    EXPECT_EQ(outcome.status, bad.status) << bad.arguments << outcome.err;
    EXPECT_NE(outcome.err.find(bad.says), std::string::npos) << bad.arguments << "\n" << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), bad.status) << outcome.err;
  }
}

}  // namespace
}  // namespace fathom
