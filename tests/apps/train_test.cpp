#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "child_process.hpp"
#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/io/file.hpp"
#include "fathom/models/image_model.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

torch::Tensor weights_of(const fs::path& checkpoint) {
  std::vector<torch::Tensor> all;
  const checkpoint::Checkpoint c = checkpoint::load_checkpoint(checkpoint);
  for (const torch::Tensor& p : c.network->parameters()) all.push_back(p.detach().flatten());
  for (const torch::Tensor& b : c.network->buffers()) all.push_back(b.to(torch::kFloat).flatten());
  return torch::cat(all);
}

class Train : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  static pid_t start(const std::vector<std::string>& arguments) { return start_program("train", arguments); }

  TemporaryFolder folder_;
};

TEST_F(Train, ReportsWhatItMadeAndTheModelKeepsThePromise) {
  const Outcome train = run_program("train", "--model mlp --epochs 3 --limit 6400 --json -o " +
                                                 path("mlp.pt") + " --history " + path("h.csv"));
  ASSERT_EQ(train.status, 0) << train.err;
  const auto report = nlohmann::json::parse(train.out);
  for (const char* key :
       {"test_accuracy", "test_accuracy_ci95", "test_loss", "epochs", "train_seconds", "images_per_second",
        "parameters", "batch_size", "optimizer", "learning_rate", "model"})
    EXPECT_TRUE(report.contains(key)) << key;
  EXPECT_GT(report.at("test_accuracy"), 0.75);
  EXPECT_EQ(report.at("epochs"), 3);
  EXPECT_EQ(report.at("batch_size"), 128);
  EXPECT_EQ(report.at("learning_rate"), 2e-3);
  EXPECT_NE(train.err.find("batch size 128, adamw with learning rate 0.002"), std::string::npos) << train.err;
  EXPECT_NE(train.err.find("wrote " + path("mlp.pt") + ", " + path("mlp.train") + ", " + path("h.csv")),
            std::string::npos)
      << train.err;
  EXPECT_EQ(report.at("notes").dump().find("chance"), std::string::npos) << report;
  EXPECT_EQ(std::count(train.err.begin(), train.err.end(), '\r'), 0);  // no bar where stderr is no terminal

  const Outcome evaluate =
      run_program("evaluate", "--model " + path("mlp.pt") + " --json -o " + path("c.png"));
  ASSERT_EQ(evaluate.status, 0) << evaluate.err;
  const auto figures = nlohmann::json::parse(evaluate.out);
  for (const char* key : {"accuracy_ci95", "loss", "ece", "images_per_second"})
    EXPECT_TRUE(figures.contains(key)) << key;
  EXPECT_EQ(figures.at("accuracy"), report.at("test_accuracy"));
  EXPECT_EQ(figures.at("per_class").size(), 10U);
  EXPECT_TRUE(fs::exists(path("c.png")));
  const std::string history = io::read_file(path("h.csv"));
  EXPECT_EQ(std::count(history.begin(), history.end(), '\n'), 4);  // a header and three epochs
}

TEST_F(Train, SameCommandLineSameBytes) {
  const std::string command = "cd '" + folder_.path().string() +
                              "' && '" FATHOM_BIN
                              "/train' --model cnn --epochs 1 --limit 1280 --dropout 0.2 -o cnn.pt";
  ASSERT_EQ(run_command(command).status, 0);
  const std::string model = io::read_file(path("cnn.pt"));
  ASSERT_EQ(run_command(command).status, 0);
  EXPECT_EQ(io::read_file(path("cnn.pt")), model);
  ASSERT_EQ(run_command(command + " --seed 1").status, 0);
  EXPECT_NE(io::read_file(path("cnn.pt")), model);
}

/// A killed and resumed run must end in the weights of one that never stopped.
class Resume : public Train, public testing::WithParamInterface<const char*> {
 protected:
  std::vector<std::string> arguments(const std::string& out) const {
    return {"--model",     "cnn",      "--epochs",  "3",        "--limit", "1920",
            "--dropout",   "0.3",      "--augment", "standard", "--lr",    "0.01",
            "--optimizer", GetParam(), "-o",        out,        "--quiet"};
  }
};

TEST_P(Resume, AfterSigkillIsBitExact) {
  ASSERT_EQ(wait_for(start(arguments(path("whole.pt")))), 0);
  const torch::Tensor whole = weights_of(path("whole.pt"));
  // At several moments from the first state on, which is written before the first step.
  for (const int milliseconds : {0, 400, 900}) {
    const std::string out = path("killed" + std::to_string(milliseconds) + ".pt");
    const pid_t child = start(arguments(out));
    ASSERT_TRUE(appears(fs::path(out).replace_extension(".train"), child));
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    kill(child, SIGKILL);
    EXPECT_TRUE(WIFSIGNALED(wait_for(child))) << "it had come to its end before";
    const Outcome resumed = run_program("train", "--resume " + out);
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_TRUE(torch::equal(weights_of(out), whole)) << milliseconds;
  }
}

TEST_P(Resume, AfterCtrlCIsBitExact) {
  ASSERT_EQ(wait_for(start(arguments(path("whole.pt")))), 0);
  const pid_t child = start(arguments(path("stopped.pt")));
  ASSERT_TRUE(appears(path("stopped.train"), child));
  kill(child, SIGINT);
  const int status = wait_for(child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  ASSERT_EQ(run_program("train", "--resume " + path("stopped.pt")).status, 0);
  EXPECT_TRUE(torch::equal(weights_of(path("stopped.pt")), weights_of(path("whole.pt"))));
}

INSTANTIATE_TEST_SUITE_P(Optimizers, Resume, testing::Values("sgd", "adamw"));

TEST_F(Train, ADivergedRunSaysWhereAndReplacesNoGoodCheckpoint) {
  ASSERT_EQ(run_program("train", "--model mlp --limit 640 --epochs 1 -o " + path("net.pt")).status, 0);
  const std::string good = io::read_file(path("net.pt"));
  const Outcome outcome =
      run_program("train",
                  "--model mlp --batch-norm off --optimizer sgd --lr 1e6 --schedule constant --limit "
                  "1280 --epochs 2 -o " +
                      path("net.pt"));
  EXPECT_EQ(outcome.status, 1);
  for (const char* part :
       {"step", "learning rate (--lr), such as 0.1", "gradient's norm (--clip-norm) at 1", "net.train"})
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  EXPECT_EQ(io::read_file(path("net.pt")), good);
}

TEST_F(Train, AnotherOptimizerBringsItsOwnRate) {
  const std::string common = "--model mlp --limit 640 --epochs 1 -q --history ";
  ASSERT_EQ(run_program("train", common + path("a.csv") + " --optimizer sgd -o " + path("a.pt")).status, 0);
  ASSERT_EQ(run_program("train", common + path("b.csv") +
                                     " --optimizer sgd --lr 0.1 --weight-decay 5e-4 -o " + path("b.pt"))
                .status,
            0);
  EXPECT_TRUE(torch::equal(weights_of(path("a.pt")), weights_of(path("b.pt"))));
}

TEST_F(Train, RefusesToResumeFromWhatIsDamaged) {
  ASSERT_EQ(run_program("train", "--model mlp --limit 640 --epochs 1 -o " + path("net.pt")).status, 0);
  const std::string state = io::read_file(path("net.train"));
  io::write_file(path("net.train"), state.substr(0, state.size() / 2));
  const Outcome cut = run_program("train", "--resume " + path("net.pt") + " --epochs 2");
  EXPECT_EQ(cut.status, 1);
  EXPECT_NE(cut.err.find("train: error: "), std::string::npos);
  EXPECT_EQ(io::read_file(path("net.train")).size(), state.size() / 2);  // left as it was
}

struct Wrong {
  const char *program, *arguments;
  int status;
  const char* says;

  friend void PrintTo(const Wrong& w, std::ostream* out) { *out << w.program << ' ' << w.arguments; }
};

class WrongCommand : public testing::TestWithParam<Wrong> {};

TEST_P(WrongCommand, IsOneClearLine) {
  const TemporaryFolder folder;
  io::write_file(folder.path() / "text.png", "this is no picture");
  io::write_file(folder.path() / "text.pt", "this is no model");
  const Outcome outcome = run_command("cd '" + folder.path().string() + "' && '" FATHOM_BIN "/" +
                                      GetParam().program + "' " + GetParam().arguments);
  EXPECT_EQ(outcome.status, GetParam().status) << outcome.err;
  EXPECT_EQ(outcome.err.find(std::string(GetParam().program) + ": error: "), 0U) << outcome.err;
  EXPECT_NE(outcome.err.find(GetParam().says), std::string::npos) << outcome.err;
  const auto lines = std::count(outcome.err.begin(), outcome.err.end(), '\n');
  EXPECT_EQ(lines, GetParam().status == 2 ? 2 : 1) << outcome.err;  // usage errors point to --help
  EXPECT_EQ(outcome.out, "");
}

#define FASHION "--model " FATHOM_SOURCE "/models/fashion-cnn.pt "
INSTANTIATE_TEST_SUITE_P(
    All, WrongCommand,
    testing::Values(
        Wrong{"train", "--epochs 0", 2, "--epochs"}, Wrong{"train", "--lr -0.1", 2, "--lr"},
        Wrong{"train", "--lr nan", 2, "--lr"}, Wrong{"train", "--epochs", 2, "epochs"},
        Wrong{"train", "--epohcs 3", 2, "--epochs"}, Wrong{"train", "--model cnm", 2, "cnn|mlp|bilstm"},
        Wrong{"train", "--data minst", 2, "mnist"}, Wrong{"train", "--threads -1", 2, "--threads"},
        Wrong{"train", "--device tpu", 2, "tpu"}, Wrong{"train", "stray", 2, "stray"},
        Wrong{"train", "--optimizer adm", 2, "adam"},
        Wrong{"train", "--batch-size 100000 --limit 10", 2, "batch"},
        Wrong{"train", "-o text.png/net.pt", 1, "text.png"},
        Wrong{"train", "--resume none.pt", 1, "none.train"},
        Wrong{"train", "--data folder:nowhere", 1, "nowhere"},
        Wrong{"train", "--model bilstm --batch-norm on", 2, "--batch-norm"},
        Wrong{"evaluate", "--model none.pt", 1, "none.pt"},
        Wrong{"evaluate", "--model text.pt", 1, "text.pt"}, Wrong{"evaluate", "", 2, "--model"},
        Wrong{"evaluate", FASHION "--split middle", 2, "--split"}, Wrong{"occlusion", FASHION, 2, "--image"},
        Wrong{"occlusion", FASHION "--image none.png", 1, "none.png"},
        Wrong{"occlusion", FASHION "--image text.png", 1, "text.png"},
        Wrong{"occlusion", FASHION "--image fashion-mnist:test:10000", 2, "10000"},
        Wrong{"occlusion", FASHION "--image fashion-mnist:test:0 --target Trowser", 2, "Trouser"},
        Wrong{"occlusion", FASHION "--image fashion-mnist:test:0 --window 29", 2, "29x29"},
        Wrong{"occlusion", FASHION "--image fashion-mnist:test:0 --window 4 --stride 5", 2, "stride"},
        Wrong{"occlusion", FASHION "--image fashion-mnist:test:0 --window 0", 2, "--window"},
        Wrong{"occlusion", FASHION "--image fashion-mnist:test:0 --window 4x", 2, "--window"},
        Wrong{"occlusion", FASHION "--image fashion-mnist:test:0 --baseline 2", 2, "--baseline"}));

}  // namespace
}  // namespace fathom
