#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "fathom/data/catalog.hpp"
#include "fathom/io/file.hpp"
#include "loopback_server.hpp"
#include "run_program.hpp"
#include "temporary_folder.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

/// The four files as they are published. Debian's package has them without name and date in their gzip
/// headers.
std::string published(const std::string& name, std::uint32_t date) {
  const std::string stripped = io::read_file(fs::path("/usr/share/datasets/fashion-mnist") / (name + ".gz"));
  std::string header = stripped.substr(0, 10);
  header[3] = '\x08';  // a name follows
  for (size_t i = 0; i < 4; ++i) header[4 + i] = static_cast<char>(date >> (8 * i));
  return header + name + '\0' + stripped.substr(10);
}

class FetchData : public testing::Test {
 protected:
  /// Runs the program with nothing known of the machine's own data, and `environment` ("FATHOM_DATA='x'").
  Outcome run(const std::string& arguments, const std::string& environment = "") const {
    return run_command(fmt::format("env -u FATHOM_DATA HOME='{}' no_proxy='*' {} '{}' {}",
                                   (folder_.path() / "home").string(), environment, FATHOM_BIN "/fetch_data",
                                   arguments));
  }

  void offer_fashion_mnist() {
    constexpr std::uint32_t test_date = 1504176627, train_date = 1504176606;  // 2017-08-31
    for (const char* kind : {"images-idx3-ubyte", "labels-idx1-ubyte"}) {
      const std::string test = fmt::format("t10k-{}", kind), train = fmt::format("train-{}", kind);
      server_.offer(test + ".gz", published(test, test_date));
      server_.offer(train + ".gz", published(train, train_date));
    }
  }

  std::string mirror() const { return "--mirror " + server_.address(); }
  std::string data_dir() const { return fmt::format("--data-dir '{}'", (folder_.path() / "data").string()); }

  TemporaryFolder folder_;
  LoopbackServer server_;
};

TEST_F(FetchData, PutsASetWhereItIsFound) {
  offer_fashion_mnist();
  const Outcome outcome = run("fashion-mnist --json " + data_dir() + " " + mirror());
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report.at("data"), "fashion-mnist");
  EXPECT_EQ(report.at("folder"), (folder_.path() / "data" / "fashion-mnist").string());
  EXPECT_EQ(report.at("downloaded").size(), 4u);
  EXPECT_NE(outcome.err.find("4 downloaded, 0 already there"), std::string::npos) << outcome.err;
  const data::ImageSet test = data::load("fashion-mnist", data::Split::test, {{folder_.path() / "data"}, {}});
  EXPECT_EQ(test.images.size(0), 10000);

  const Outcome again = run("fashion-mnist " + data_dir() + " " + mirror());
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.out.find((folder_.path() / "data" / "fashion-mnist").string()), std::string::npos)
      << again.out;
  EXPECT_NE(again.out.find("0 downloaded, 4 already there"), std::string::npos) << again.out;
  EXPECT_EQ(again.err, "");  // no progress bar without a terminal
  EXPECT_EQ(server_.requests().size(), 4u);
}

TEST_F(FetchData, SaysWhichSumIsWrongAndKeepsNothing) {
  server_.offer("train-images-idx3-ubyte.gz", std::string(9912422, 'x'));
  const Outcome outcome = run("mnist " + data_dir() + " " + mirror());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.starts_with("fetch_data: error: cannot download 'train-images-idx3-ubyte.gz'"))
      << outcome.err;
  EXPECT_NE(outcome.err.find("SHA-256 is wrong"), std::string::npos) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(fs::is_empty(folder_.path() / "data" / "mnist"));
}

TEST_F(FetchData, ChoosesTheFolderByFlagThenEnvironmentThenHome) {
  // Nothing is served: the folder is made and the first file's address reported.
  const std::string environment = fmt::format("FATHOM_DATA='{}'", (folder_.path() / "env").string());
  EXPECT_EQ(run("mnist " + data_dir() + " " + mirror(), environment).status, 1);
  EXPECT_TRUE(fs::exists(folder_.path() / "data" / "mnist"));
  EXPECT_FALSE(fs::exists(folder_.path() / "env"));
  EXPECT_EQ(run("mnist " + mirror(), environment).status, 1);
  EXPECT_TRUE(fs::exists(folder_.path() / "env" / "mnist"));
  EXPECT_FALSE(fs::exists(folder_.path() / "home"));
  const Outcome at_home = run("mnist " + mirror());
  EXPECT_EQ(at_home.status, 1);
  EXPECT_TRUE(fs::exists(folder_.path() / "home" / ".cache" / "fathom" / "mnist"));
  EXPECT_NE(at_home.err.find(server_.address() + "train-images-idx3-ubyte.gz: the server answers 404"),
            std::string::npos)
      << at_home.err;
}

TEST_F(FetchData, TellsAWrongCommandLine) {
  const Outcome unknown = run("minst " + data_dir());
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("did you mean 'mnist'?"), std::string::npos) << unknown.err;
  EXPECT_EQ(run("").status, 2);
  EXPECT_EQ(run("mnist cifar10 " + data_dir()).status, 2);
  EXPECT_TRUE(server_.requests().empty());
}

}  // namespace
}  // namespace fathom
