/// The files of train and train_gan: what a resumed run writes, what none may overwrite, and that nothing is
/// found out late.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "child_process.hpp"
#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/bundle.hpp"
#include "fathom/io/file.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

/// Trainings that take a second.
const std::string kQuickTrain = "--model mlp --limit 640 --epochs 2 -q ",
                  kQuickGan = "--limit 160 --widths 8,8 --latent 6 --batch-size 16 --samples 200 -q ";

class TrainingRuns : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string text(const std::string& name) const { return io::read_file(path(name)); }

  /// A folder data set: `count` pictures of noise in each of so many classes.
  std::string write_pictures(const std::string& name, int classes, int count, std::int64_t side = 8) const {
    const torch::Generator random = make_generator(1);
    for (int k = 0; k < classes; ++k)
      for (int i = 0; i < count; ++i)
        image::write_picture(
            folder_.path() / name / ("class" + std::to_string(k)) / (std::to_string(1000 + i) + ".png"),
            torch::randint(100 * k, 100 * k + 50, {3, side, side}, random, torch::kByte));
    return "folder:" + path(name);
  }
  static Outcome expect_done(const std::string& program, const std::string& arguments) {
    Outcome outcome = run_program(program, arguments);
    EXPECT_EQ(outcome.status, 0) << program << " " << arguments << "\n" << outcome.err;
    return outcome;
  }
  static void expect_refused(const std::string& program, const std::string& arguments, int status,
                             const std::string& says) {
    const Outcome outcome = run_program(program, arguments);
    EXPECT_EQ(outcome.status, status) << program << " " << arguments << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << program << " " << arguments << "\n"
                                                         << outcome.err;
  }

  TemporaryFolder folder_;
};

TEST_F(TrainingRuns, AFinishedTrainingWritesItsHistoryAndItsCheckpointAgain) {
  expect_done("train", kQuickTrain + "-o " + path("net.pt") + " --history " + path("a.csv"));
  fs::remove(path("net.pt"));
  const Outcome again = expect_done("train", "--resume " + path("net.pt") + " --history " + path("b.csv"));
  EXPECT_EQ(text("b.csv"), text("a.csv"));
  EXPECT_NE(again.out.find("finished after 2 epochs"), std::string::npos) << again.out;
  EXPECT_TRUE(fs::exists(path("net.pt")));
}

TEST_F(TrainingRuns, AFinishedGanWritesItsHistoryChartStripAndSamplesAgain) {
  const auto outputs = [&](const std::string& name) {
    return " --history " + path(name + ".csv") + " --chart " + path(name + ".svg") + " --strip " +
           path(name + ".png") + " --samples-dir " + path(name);
  };
  expect_done("train_gan", kQuickGan + "--steps 20 --sample-every 10 -o " + path("g.pt") + outputs("a"));
  fs::remove(path("g.pt"));
  const Outcome again = expect_done("train_gan", "--samples 200 --resume " + path("g.pt") + outputs("b"));
  EXPECT_NE(again.out.find("finished after 20 steps"), std::string::npos) << again.out;
  for (const char* ending : {".csv", ".svg", ".png", "/step-0000010.png", "/step-0000020.png"})
    EXPECT_EQ(text(std::string("b") + ending), text(std::string("a") + ending)) << ending;
  EXPECT_TRUE(fs::exists(path("g.pt")));
}

TEST_F(TrainingRuns, NoOutputReplacesAnInputOrAnotherOutput) {
  const std::string pets = write_pictures("pets", 2, 12);
  io::write_file(path("judge.pt"), "a classifier");
  io::write_file(path("flips.json"), "a pipeline");
  expect_done("train", kQuickTrain + "-o " + path("old.pt"));
  const std::string old = text("old.train"), pet = text("pets/class0/1000.png");
  const std::string out = "-o " + path("x.pt") + " ";
  fs::create_symlink(path("pets/class1/1003.png"), path("link.csv"));
  const std::pair<const char*, std::string> commands[] = {
      {"train", out + "--history " + path("x.pt")},
      {"train", out + "--history " + path("x.train")},
      {"train", out + "--history " + path("x.pt.lock")},
      {"train", out + "--history " + path("./pets/../x.train")},
      {"train", out + "--data " + pets + " --history " + path("pets/class0/1000.png")},
      {"train", out + "--data " + pets + " --history " + path("link.csv")},
      {"train", "--resume " + path("old.pt") + " " + out + "--history " + path("old.train")},
      {"train", "--resume " + path("old.pt") + " " + out + "--history " + path("old.pt")},
      {"train", "--resume " + path("old.pt") + " --history " + path("old.train")},
      {"train", out + "--augment " + path("flips.json") + " --history " + path("flips.json")},
      {"train_gan", out + "--history " + path("x.png")},
      {"train_gan", out + "--chart " + path("x.train")},
      {"train_gan", out + "--strip " + path("x.pt")},
      {"train_gan", out + "--history " + path("h") + " --chart " + path("h")},
      {"train_gan", out + "--samples-dir " + path("s") + " --strip " + path("s/step-0000001.png")},
      {"train_gan", out + "--classifier " + path("judge.pt") + " --history " + path("judge.pt")},
      {"train_gan", "--classifier " + path("judge.pt") + " -o " + path("judge.pt")}};
  for (const auto& [program, arguments] : commands) {
    expect_refused(program, arguments, 2, "would overwrite");
    EXPECT_FALSE(fs::exists(path("x.pt.lock"))) << arguments;
  }
  EXPECT_EQ(text("old.train"), old);
  EXPECT_EQ(text("pets/class0/1000.png"), pet);
  EXPECT_EQ(text("judge.pt"), "a classifier");
}

TEST_F(TrainingRuns, AModelMayBeKeptBesideItsPictures) {
  const std::string pets = write_pictures("pets", 2, 12);
  const std::string command = "--model mlp --image-size 8 --epochs 1 -q --data " + pets + " -o " +
                              path("pets/class0/net.pt") + " --history " + path("pets/class0/net.csv");
  for (int run = 0; run < 2; ++run) expect_done("train", command);  // the second replaces the first
  expect_done("train", "--epochs 2 --resume " + path("pets/class0/net.pt"));
}

TEST_F(TrainingRuns, TheSecondOnOneOutputIsRefused) {
  const pid_t child = start_program("train", {"--model", "mlp", "--limit", "640", "--epochs", "100000",
                                              "--history", path("losses.csv"), "-o", path("net.pt")});
  ASSERT_TRUE(appears(path("net.pt"), child));
  fs::create_symlink(path("net.pt"), path("link.pt"));
  const std::string holder = "process " + std::to_string(child);
  expect_refused("train", kQuickTrain + "-o " + path("net.pt"), 1, holder);
  expect_refused("train", kQuickTrain + "-o " + path("link.pt"), 1, holder);
  expect_refused("train", "--resume " + path("net.pt"), 1, holder);
  expect_refused("train_gan", kQuickGan + "-o " + path("net.pt"), 1, holder);
  // What else it replaces again and again, whatever the other run would write there.
  for (const char* flag : {"history", "chart", "strip"})
    expect_refused("train_gan", kQuickGan + "-o " + path("gan.pt") + " --" + flag + " " + path("losses.csv"),
                   1, holder);
  kill(child, SIGTERM);
  wait_for(child);
  EXPECT_FALSE(fs::exists(path("net.pt.lock")));
  EXPECT_FALSE(fs::exists(path("losses.csv.lock")));
  expect_done("train", kQuickTrain + "-o " + path("net.pt"));
  EXPECT_FALSE(fs::exists(path("net.pt.lock")));
}

TEST_F(TrainingRuns, AFlagThatNothingReadsIsRefused) {
  const std::string pets = write_pictures("pets", 2, 12), out = " -o " + path("x.pt");
  expect_refused("train", "--image-size 64" + out, 2,
                 "--image-size has no effect without --data folder:PATH");
  expect_refused("train", "--model mlp --momentum 0.5" + out, 2,
                 "--momentum has no effect with the optimizer");
  expect_refused("train", "--optimizer adam --momentum 0.5" + out, 2, "--momentum has no effect");
  expect_refused("train_gan", "--image-size 64" + out, 2, "--image-size has no effect");
  for (const char* flag : {"--classifier none.pt", "--limit 100", "--image-size 64"})
    expect_refused("train_gan", std::string("--data gaussians:4 ") + flag + out, 2, "has no effect with");
  expect_refused("train_gan", "--widths 8 --samples 200 --data " + pets + out, 2,
                 "--samples has no effect without a classifier");
  EXPECT_FALSE(fs::exists(path("x.train")));
}

/// The long names in a program's help.
std::set<std::string> flags_of(const std::string& program) {
  const std::string help = run_program(program, "--help").out;
  const std::regex flag("--([a-z][a-z0-9-]*)");
  std::set<std::string> flags;
  for (std::sregex_iterator at(help.begin(), help.end(), flag), end; at != end; ++at) flags.insert((*at)[1]);
  return flags;
}

/// What is read where the run is put together, which is before its first step whatever happens.
const std::set<std::string> kEarly = {"help",
                                      "version",
                                      "json",
                                      "quiet",
                                      "seed",
                                      "threads",
                                      "device",
                                      "data-dir",
                                      "model",
                                      "dropout",
                                      "batch-norm",
                                      "activation",
                                      "init",
                                      "limit",
                                      "image-size",
                                      "data-note",
                                      "skip-damaged",
                                      "augment",
                                      "validation",
                                      "epochs",
                                      "batch-size",
                                      "optimizer",
                                      "lr",
                                      "schedule",
                                      "weight-decay",
                                      "momentum",
                                      "label-smoothing",
                                      "clip-norm",
                                      "clip-value",
                                      "precision",
                                      "patience",
                                      "latent",
                                      "widths",
                                      "hidden",
                                      "conditional",
                                      "loss",
                                      "spectral-norm",
                                      "steps",
                                      "beta1",
                                      "beta2",
                                      "unconditional",
                                      "r1",
                                      "discriminator-lr",
                                      "ema",
                                      "decay",
                                      "sample-every",
                                      "target-accuracy",
                                      "resume",
                                      "discriminator-steps"};

struct Late {
  std::string flag, arguments;
  int status;
};

/// Every flag is read early, or has values here that make the end of a run fail. None may start it.
TEST_F(TrainingRuns, WhatARunNeedsAtItsEndIsCheckedBeforeItsFirstStep) {
  io::write_file(path("file"), "no folder");
  io::write_file(path("text.pt"), "no model");
  const std::string few = write_pictures("few", 2, 1), some = write_pictures("some", 2, 12, 28),
                    cifar = FATHOM_SOURCE "/models/cifar10-cnn.pt", in_file = path("file") + "/x",
                    fashion = FATHOM_SOURCE "/models/fashion-cnn.pt";
  ASSERT_TRUE(fs::exists(cifar) && fs::exists(fashion));
  const auto check = [&](const std::string& program, const std::string& usual,
                         const std::vector<Late>& late) {
    std::set<std::string> known = kEarly;
    for (const Late& each : late) {
      known.insert(each.flag);
      const std::string out = each.flag == "out" ? "" : "-o " + path("x.pt") + " ";
      const Outcome outcome =
          run_command("timeout 120 '" FATHOM_BIN "/" + program + "' " + usual + out + each.arguments);
      EXPECT_EQ(outcome.status, each.status) << program << " " << each.arguments << "\n" << outcome.err;
      EXPECT_FALSE(fs::exists(path("x.train"))) << program << " " << each.arguments;
    }
    for (const std::string& flag : flags_of(program))
      EXPECT_TRUE(known.contains(flag)) << program << ": when is --" << flag << " read?";
  };
  check("train", "--model mlp --epochs 100000 ",
        {{"out", "-o " + in_file + ".pt", 1},
         {"history", "--history " + in_file, 1},
         {"history", "--history " + path("some"), 1},
         {"data", "--data " + few, 1}});
  check("train_gan", "--widths 8,8 --steps 1000000000 ",
        {{"out", "-o " + in_file + ".pt", 1},
         {"history", "--history " + in_file, 1},
         {"chart", "--chart " + in_file, 1},
         {"strip", "--strip " + in_file + ".png", 1},
         {"strip", "--strip " + path("x.txt"), 2},
         {"samples-dir", "--samples-dir " + path("file"), 1},
         {"samples", "--samples 0", 2},
         {"samples", "--samples 99", 2},
         {"samples", "--samples 1000001", 2},
         {"samples", "--data gaussians:4 --samples 0", 2},
         {"classifier", "--classifier " + path("none.pt"), 1},
         {"classifier", "--classifier " + path("text.pt"), 1},
         {"classifier", "--classifier " + cifar, 2},                                        // other shapes
         {"classifier", "--image-size 28 --data " + some + " --classifier " + fashion, 2},  // other classes
         {"data", "--image-size 32 --data " + few + " --classifier " + cifar, 1},  // without test pictures
         {"limit", "--limit 9", 2}});
}

/// What the card of a checkpoint says its data was.
std::string data_of(const std::string& checkpoint) {
  return checkpoint::load_checkpoint(checkpoint).card.data_checksum;
}

TEST_F(TrainingRuns, ALimitDrawsFromAllClassesOfAFolder) {
  const std::string name = write_pictures("pets", 3, 40);
  const data::ImageSet all = data::load(name, data::Split::train, {{}, image::read_picture_as, {8, 8}});
  const std::string usual = "--model mlp --image-size 8 --epochs 1 -q --data " + name + " ";
  const auto drawn = [&](std::uint64_t seed) {
    return data::checksum(data::drawn_subset(all, 30, make_generator(derive_seed(seed, 0x11317))));
  };
  expect_done("train", usual + "--limit 30 -o " + path("a.pt"));
  EXPECT_EQ(data_of(path("a.pt")), drawn(0));
  expect_done("train", usual + "--limit 30 --seed 5 -o " + path("b.pt"));
  EXPECT_EQ(data_of(path("b.pt")), drawn(5));
  expect_done("train", "--epochs 2 --resume " + path("b.pt"));  // the seed is the run's
  EXPECT_EQ(data_of(path("b.pt")), drawn(5));
  expect_done("train", usual + "--limit 108 -o " + path("c.pt"));
  EXPECT_EQ(data_of(path("c.pt")), data::checksum(all));
  const Outcome two = expect_done("train", usual + "--limit 2 --batch-norm off -o " + path("d.pt"));
  EXPECT_NE(two.err.find("none is of class2"), std::string::npos) << two.out;

  const std::string evaluate = "--data " + name + " --split train --json --model " + path("a.pt");
  const auto limited = nlohmann::json::parse(expect_done("evaluate", evaluate + " --limit 30").out);
  for (const auto& [label, accuracy] : limited.at("per_class").items())
    EXPECT_TRUE(accuracy.is_number()) << label;
}

TEST_F(TrainingRuns, AStateOfAnOlderVersionKeepsTheFirstImages) {
  const std::string name = write_pictures("pets", 3, 40);
  const data::ImageSet all = data::load(name, data::Split::train, {{}, image::read_picture_as, {8, 8}});
  expect_done("train",
              "--model mlp --image-size 8 --epochs 1 -q --limit 30 --data " + name + " -o " + path("a.pt"));
  io::Bundle state = io::bundle_from_bytes(text("a.train"), "state");
  const auto replace = [&](const std::string& from, const std::string& to) {
    ASSERT_NE(state.text.find(from), std::string::npos) << from << "\n" << state.text;
    state.text.replace(state.text.find(from), from.size(), to);
  };
  replace(R"(,\"limit_seed\":0)", "");
  replace(data_of(path("a.pt")), data::checksum(all.first(30)));
  io::write_file(path("a.train"), io::to_bytes(state));
  expect_done("train", "--epochs 2 --resume " + path("a.pt"));
  EXPECT_EQ(data_of(path("a.pt")), data::checksum(all.first(30)));
}

TEST_F(TrainingRuns, ABatchThatNobodyChoseFitsTheImages) {
  const Outcome few =
      expect_done("train", "--model mlp --limit 12 --validation 0.5 --epochs 1 -q -o " + path("net.pt"));
  EXPECT_NE(few.out.find("batch size 6, "), std::string::npos) << few.out;
  expect_done("train_gan", "--limit 20 --widths 8,8 --steps 2 --samples 100 -q -o " + path("gan.pt"));
  expect_refused("train", "--batch-size 8 --limit 12 --validation 0.5 -o " + path("x.pt"), 2, "batch size");
}

TEST_F(TrainingRuns, AnEarlyStoppedOneGoesOnWithMoreEpochsAndSaysSo) {
  expect_done("train",
              "--model mlp --limit 640 --epochs 5 --target-accuracy 0.000001 -q -o " + path("net.pt"));
  const Outcome same = expect_done("train", "--resume " + path("net.pt") + " --json");
  EXPECT_EQ(nlohmann::json::parse(same.out).at("epochs"), 1);
  EXPECT_NE(same.err.find("finished after 1 epoch;"), std::string::npos) << same.err;
  const Outcome more = expect_done("train", "--resume " + path("net.pt") + " --epochs 3 --json");
  EXPECT_EQ(nlohmann::json::parse(more.out).at("epochs"), 3);
  EXPECT_NE(more.err.find("goes on without early stopping"), std::string::npos) << more.err;
}

TEST_F(TrainingRuns, FewSamplesAreEnoughToTrainAClassifierOn) {
  // So many pictures that the usual batch is larger than the number of samples.
  const std::string name = write_pictures("many", 2, 1150), data = "--image-size 8 -q --data " + name + " ";
  expect_done("train", "--epochs 1 " + data + "-o " + path("judge.pt"));
  expect_done("train_gan", data + "--widths 8,8 --latent 4 --steps 4 --samples 100 --classifier " +
                               path("judge.pt") + " -o " + path("gan.pt"));
  const Outcome scores =
      expect_done("evaluate", "--gan " + path("gan.pt") + " --classifier " + path("judge.pt") +
                                  " --samples 100 --train-on-samples --json");
  const auto json = nlohmann::json::parse(scores.out);
  EXPECT_TRUE(json.contains("classification_accuracy_score") && json.contains("frechet"));
  // A judge of other classes or pictures is refused before anything is drawn.
  for (const char* shipped : {"fashion-cnn.pt", "cifar10-cnn.pt"})
    expect_refused("evaluate",
                   "--gan " + path("gan.pt") + " --classifier " + FATHOM_SOURCE "/models/" + shipped, 2,
                   "classifier");
}

}  // namespace
}  // namespace fathom
