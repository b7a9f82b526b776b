/// The launcher, with a shell in the place of a program, and what the programs record of their kernels.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>

#include <fmt/format.h>

#include "child_process.hpp"
#include "fathom/core/machine/blas.hpp"
#include "fathom/io/file.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

const fs::path kLauncher = fs::path(FATHOM_BIN) / "../libexec/fathom/launcher";
constexpr const char* kWithoutSettings =
    "env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT -u OMP_NUM_THREADS -u FATHOM_CHOSEN -u OPENBLAS_CORETYPE ";

/// A folder as after an installation, with a program "shell" that is /bin/sh.
class Launcher : public testing::Test {
 protected:
  void SetUp() override { install(root_.path() / "here"); }

  static void install(const fs::path& prefix) {
    fs::create_directories(prefix / "bin");
    fs::create_directories(prefix / "libexec/fathom");
    fs::copy_file(kLauncher, prefix / "libexec/fathom/launcher");
    fs::create_symlink("/bin/sh", prefix / "libexec/fathom/shell");
    fs::create_symlink("../libexec/fathom/launcher", prefix / "bin/shell");
  }

  fs::path bin() const { return root_.path() / "here/bin"; }
  /// What the program prints that runs `script`.
  Outcome shell(const std::string& script, const std::string& before = kWithoutSettings,
                const std::string& arguments = "") const {
    return run_command(fmt::format("{} '{}/shell' -c '{}' {}", before, bin().string(), script, arguments));
  }

  TemporaryFolder root_;
};

TEST_F(Launcher, HandsOnArgumentsEnvironmentInputAndStatus) {
  const Outcome outcome =
      shell("read line; echo \"$line|$A|$1|$2\"; exit 7", "echo typed | A=\"b c\"", "x \"y z\" w");
  EXPECT_EQ(outcome.out, "typed|b c|y z|w\n");
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Launcher, LeavesNameAndProcessToTheProgram) {
  EXPECT_EQ(shell("echo $0").out, (bin() / "shell").string() + "\n");
  const pid_t child = start_command(bin() / "shell", {"-c", "kill -TERM $$"});
  const int status = wait_for(child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
}

TEST_F(Launcher, SetsHowThreadsWaitAndSaysSo) {
  const Outcome outcome = shell("echo \"$OMP_WAIT_POLICY$GOMP_SPINCOUNT\"; echo \"$FATHOM_CHOSEN\"");
  EXPECT_TRUE(outcome.out.starts_with("passive\n") || outcome.out.starts_with("10000\n")) << outcome.out;
  const bool is_passive = outcome.out.starts_with("passive");
  EXPECT_NE(outcome.out.find(is_passive ? "OMP_WAIT_POLICY" : "GOMP_SPINCOUNT"), std::string::npos)
      << outcome.out;
}

TEST_F(Launcher, LeavesTheUsersSettingsAlone) {
  const std::string script = "echo \"$OMP_WAIT_POLICY,$GOMP_SPINCOUNT,$OMP_NUM_THREADS,$OPENBLAS_CORETYPE\"";
  EXPECT_EQ(shell(script, std::string(kWithoutSettings) +
                              "OMP_WAIT_POLICY=active OMP_NUM_THREADS=3 OPENBLAS_CORETYPE=Nehalem")
                .out,
            "active,,3,Nehalem\n");
  EXPECT_EQ(shell(script, std::string(kWithoutSettings) +
                              "GOMP_SPINCOUNT=7 OMP_NUM_THREADS=3 OPENBLAS_CORETYPE=Nehalem")
                .out,
            ",7,3,Nehalem\n");
}

TEST_F(Launcher, ChoosesAgainWhatAnotherLauncherHasChosen) {
  const Outcome outcome =
      shell("echo \"$GOMP_SPINCOUNT,$A\"",
            std::string(kWithoutSettings) + "GOMP_SPINCOUNT=5 A=6 FATHOM_CHOSEN=\"GOMP_SPINCOUNT\"");
  EXPECT_TRUE(outcome.out == "10000,6\n" || outcome.out == ",6\n") << outcome.out;
}

TEST_F(Launcher, LetsANiceProcessSleep) {
  if (sysconf(_SC_NPROCESSORS_ONLN) < 2) GTEST_SKIP() << "one core: nobody waits";
  EXPECT_EQ(shell("echo $OMP_WAIT_POLICY", std::string("nice -n 5 ") + kWithoutSettings, "--threads 2").out,
            "passive\n");
}

TEST_F(Launcher, WorksInAnotherPlaceAndThroughLinks) {
  fs::create_directory(root_.path() / "elsewhere");
  fs::rename(root_.path() / "here", root_.path() / "elsewhere/there");
  const fs::path moved = root_.path() / "elsewhere/there/bin";
  EXPECT_EQ(run_command(fmt::format("'{}/shell' -c 'echo moved'", moved.string())).out, "moved\n");
  EXPECT_EQ(run_command(fmt::format("PATH='{}':$PATH shell -c 'echo found'", moved.string())).out, "found\n");
  EXPECT_EQ(run_command(fmt::format("cd '{}' && ./shell -c 'echo near'", moved.string())).out, "near\n");
  fs::create_symlink(moved / "shell", root_.path() / "other-name");
  EXPECT_EQ(run_command(fmt::format("'{}' -c 'echo link'", (root_.path() / "other-name").string())).out,
            "link\n");
  EXPECT_EQ(
      run_command(fmt::format("bash -c 'exec -a xyz \"$0\" -c \"echo \\$0\"' '{}/shell'", moved.string()))
          .out,
      "xyz\n");
}

TEST_F(Launcher, NamesAProgramThatIsNotThere) {
  fs::create_symlink("../libexec/fathom/launcher", bin() / "nothing");
  const Outcome outcome = run_command("'" + (bin() / "nothing").string() + "'");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.starts_with("nothing: error: there is no program 'nothing' in ")) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
}

// 'cp -L' makes a copy of every link.
TEST_F(Launcher, UnderAnotherNameWithoutAProgramItDoesNothing) {
  fs::copy_file(root_.path() / "here/libexec/fathom/launcher", bin() / "evaluate");
  const Outcome outcome = run_command("'" + (bin() / "evaluate").string() + "' --model nope");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(outcome.err.starts_with("evaluate: error: there is no program 'evaluate' in ")) << outcome.err;
}

TEST_F(Launcher, SaysWhyAProgramCannotStart) {
  std::ofstream(root_.path() / "here/libexec/fathom/text") << "no program";
  fs::create_symlink("../libexec/fathom/launcher", bin() / "text");
  const Outcome outcome = run_command("'" + (bin() / "text").string() + "'");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.starts_with("text: error: cannot start '")) << outcome.err;
}

TEST_F(Launcher, PrintsItsSettingsUnderItsOwnName) {
  const std::string own = (root_.path() / "here/libexec/fathom/launcher").string();
  const Outcome outcome = run_command(kWithoutSettings + ("'" + own + "'"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.out.find('='), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("FATHOM_CHOSEN"), std::string::npos) << outcome.out;
  EXPECT_EQ(run_command(
                "OMP_WAIT_POLICY=active OPENBLAS_CORETYPE=Haswell OPENBLAS_L2_SIZE=512 OMP_NUM_THREADS=1 '" +
                own + "'")
                .out,
            "");
}

TEST(Kernels, OfTheUserWinAndAreNamedByVersion) {
  if (kernels_in_use().core.empty()) GTEST_SKIP() << "this BLAS does not name its kernels";
  const Outcome outcome = run_command("OPENBLAS_CORETYPE=Nehalem '" FATHOM_BIN "/info' --version");
#if defined(__x86_64__)
  EXPECT_NE(outcome.out.find("\nKernels Nehalem, set by OPENBLAS_CORETYPE\n"), std::string::npos)
      << outcome.out;
#else
  EXPECT_NE(outcome.out.find("\nKernels "), std::string::npos) << outcome.out;
#endif
}

#if defined(__x86_64__)
TEST(Kernels, AreRecordedAndAResumeWithOthersIsNoted) {
  if (kernels_in_use().core.empty()) GTEST_SKIP() << "this BLAS does not name its kernels";
  const TemporaryFolder folder;
  const std::string net = (folder.path() / "net.pt").string(),
                    words = "the run was computed with other kernels";
  const auto train = [&](const std::string& core, const std::string& flags) {
    return run_command("OPENBLAS_CORETYPE=" + core + " '" FATHOM_BIN "/train' --threads 1 -q --json " +
                       flags);
  };
  const auto kernels = [&] {
    const Outcome outcome = run_program("info", "--json '" + net + "'");
    return nlohmann::json::parse(outcome.out).at("card").value("kernels", "");
  };
  const Outcome first = train("Nehalem", "--model mlp --limit 200 --epochs 1 -o '" + net + "'");
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.err.find(words), std::string::npos) << first.err;
  EXPECT_NE(kernels().find(" Nehalem, LibTorch "), std::string::npos) << kernels();

  const Outcome same = train("Nehalem", "--epochs 2 --resume '" + net + "'");
  ASSERT_EQ(same.status, 0) << same.err;
  EXPECT_EQ(same.err.find(words), std::string::npos) << same.err;
  EXPECT_EQ(kernels().find("; "), std::string::npos) << kernels();

  const Outcome other = train("Prescott", "--epochs 3 --resume '" + net + "'");
  ASSERT_EQ(other.status, 0) << other.err;
  EXPECT_NE(other.err.find(words), std::string::npos) << other.err;
  EXPECT_NE(other.out.find(words), std::string::npos) << other.out;  // "notes"
  EXPECT_NE(kernels().find(" Nehalem, LibTorch "), std::string::npos) << kernels();
  EXPECT_NE(kernels().find(" Prescott, LibTorch "), std::string::npos) << kernels();

  const Outcome again = train("Prescott", "--epochs 4 --resume '" + net + "'");
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.err.find(words), std::string::npos) << again.err;
}
#endif

}  // namespace
}  // namespace fathom
