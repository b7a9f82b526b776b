/// Programs that are killed inside each of their writes and run again: nothing is lost, nothing stays behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "child_process.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "temporary_folder.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

/// For each program. If it writes more often, an even spread of its writes is hit.
constexpr int kMostKills = 32;
/// From one hit to the next. Writing a file takes five calls, so all kinds of calls are hit in turn.
constexpr int kStride = 7;

using Words = std::vector<std::string>;

/// A command that is interrupted, and the one that goes on from what it left.
struct Job {
  std::string program;
  Words start;
  std::string state;  ///< goes on with `resume` if this file is there; empty: `start` goes on by itself
  Words resume;
};

/// Starts the program in `folder` with tests/apps/kill_at_write.cpp and its variables, such as
/// "FATHOM_KILL_AT=3".
pid_t start_in(const fs::path& folder, const std::string& program, const Words& arguments,
               const Words& variables) {
  const char* const asan = std::getenv("ASAN_OPTIONS");  // it wants to be loaded first
  Words all = {"-C", folder.string(), "LD_PRELOAD=" FATHOM_BIN "/kill_at_write.so",
               fmt::format("ASAN_OPTIONS={}:verify_asan_link_order=0", asan ? asan : ""),
               "FATHOM_KILL_FOLDER=" + fs::canonical(folder).string()};
  all.insert(all.end(), variables.begin(), variables.end());
  all.push_back(FATHOM_BIN "/" + program);
  all.insert(all.end(), arguments.begin(), arguments.end());
  return start_command("/usr/bin/env", all);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& each : fs::recursive_directory_iterator(folder))
    names.push_back(fs::relative(each.path(), folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

/// Those that a complete run leaves none of.
std::vector<std::string> leftovers_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const std::string& name : names_in(folder))
    if (fs::path(name).filename().string().starts_with('.') || name.ends_with(".lock")) names.push_back(name);
  return names;
}

/// The content of a file without what differs between two runs of one command: the times it took.
std::string without_times(const fs::path& file) {
  const std::string content = io::read_file(file), ending = file.extension().string();
  if (ending == ".train") return "";  // it holds the history with its times; that it resumes shows the rest
  if (ending == ".csv") return std::regex_replace(content, std::regex(",[0-9.]+,[0-9.]+\n"), "\n");
  if (ending == ".html") return std::regex_replace(content, std::regex(", [0-9]+ s; <code>"), "; <code>");
  if (ending != ".json") return content;
  nlohmann::json results = nlohmann::json::parse(content);
  for (nlohmann::json& each : results.at("experiments")) each.erase("seconds");
  return results.dump();
}

class Kill : public testing::Test {
 protected:
  /// Kills the job inside its writes, a new start for each, runs it again, and compares what is there then
  /// with what an undisturbed run leaves. Gives the number of kills.
  int kill_inside_writes(const Job& job) {
    const int writes = run_undisturbed(job);
    const int kills = std::min(writes, kMostKills);
    for (int i = 0; i < kills; ++i) {
      const int at = kills == writes ? i + 1 : 1 + i * (writes - 1) / (kills - 1);
      SCOPED_TRACE(fmt::format("{} killed inside write {} of {}", job.program, at, writes));
      kill_and_go_on(job, at);
    }
    return kills;
  }

  /// Runs the job in the folder "whole" and gives the number of its writes.
  int run_undisturbed(const Job& job) {
    const fs::path folder = new_folder("whole"), count = folder_.path() / "count";
    status_ = wait_for(start_in(folder, job.program, job.start, {"FATHOM_KILL_COUNT=" + count.string()}));
    EXPECT_TRUE(WIFEXITED(status_)) << status_;
    EXPECT_EQ(leftovers_in(folder), Words());
    return std::stoi(io::read_file(count));
  }

  void kill_and_go_on(const Job& job, int at) {
    const fs::path folder = new_folder("killed");
    const int status =
        wait_for(start_in(folder, job.program, job.start, {fmt::format("FATHOM_KILL_AT={}", at)}));
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    const bool resumes = !job.state.empty() && fs::exists(folder / job.state);
    EXPECT_EQ(wait_for(start_in(folder, job.program, resumes ? job.resume : job.start, {})), status_);
    ASSERT_EQ(names_in(folder), names_in(whole()));
    for (const std::string& name : names_in(folder)) {
      if (fs::is_directory(folder / name)) continue;
      EXPECT_TRUE(without_times(folder / name) == without_times(whole() / name)) << name;
    }
  }

  /// Stops the job inside write `at`, sends the signal, lets it go on, and gives how it ended.
  int signal_inside_write(const Job& job, int at, int number) {
    const fs::path folder = new_folder("killed");
    const pid_t child = start_in(folder, job.program, job.start, {fmt::format("FATHOM_STOP_AT={}", at)});
    if (!stops(child)) return -1;
    stopped_with_ += static_cast<int>(leftovers_in(folder).size());
    kill(child, number);
    kill(child, SIGCONT);
    return wait_for(child);
  }

  /// Waits until the process has stopped itself; false if it has ended.
  static bool stops(pid_t child) {
    int status = 0;
    return waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status);
  }

  fs::path new_folder(const std::string& name) const {
    fs::remove_all(folder_.path() / name);
    fs::create_directory(folder_.path() / name);
    return folder_.path() / name;
  }
  fs::path whole() const { return folder_.path() / "whole"; }
  fs::path killed() const { return folder_.path() / "killed"; }

  /// Three classes of ten pictures of 8x8 pixels.
  std::string pictures() const {
    const fs::path folder = folder_.path() / "pictures";
    for (int label = 0; label < 3; ++label)
      for (int i = 0; i < 10; ++i) {
        const torch::Tensor ramp = torch::arange(192).reshape({3, 8, 8}) * (label + 1) + 5 * i;
        image::write_picture(folder / fmt::format("class{}", label) / fmt::format("{}.png", i),
                             ramp.remainder(256).to(torch::kByte));
      }
    return folder.string();
  }

  Job train() const {
    return {"train",
            {"--model", "mlp", "--data", "folder:" + pictures(), "--image-size", "8", "--batch-size", "9",
             "--epochs", "2", "--threads", "1", "--history", "h.csv", "-o", "net.pt", "-q"},
            "net.train",
            {"--resume", "net.pt", "--threads", "1", "--history", "h.csv", "-q"}};
  }

  Job preview() const {
    return {"augment_preview",
            {"--image", pictures() + "/class1/3.png", "--pipeline", "crop(2) | hflip(p=0.5)", "--grid", "2x4",
             "--threads", "1", "--save-dir", "saved", "-o", "sheet.png"},
            "",
            {}};
  }

  TemporaryFolder folder_;
  int status_ = 0;        // of the undisturbed run
  int stopped_with_ = 0;  // unfinished files and locks that were there when a program stopped, in all
};

TEST_F(Kill, TrainLosesNothing) {
  EXPECT_EQ(kill_inside_writes(train()), kMostKills);
  EXPECT_EQ(status_, 0);
}

TEST_F(Kill, TrainGanLosesNothing) {
  const Words files = {"--history", "h.csv", "--chart",   "c.svg", "--samples-dir", "samples", "--samples",
                       "100",       "-q",    "--threads", "1"};
  Job job{"train_gan",
          {"--data", "gaussians:4", "--steps", "4", "--sample-every", "2", "-o", "ring.pt"},
          "ring.train",
          {"--resume", "ring.pt"}};
  job.start.insert(job.start.end(), files.begin(), files.end());
  job.resume.insert(job.resume.end(), files.begin(), files.end());
  EXPECT_EQ(kill_inside_writes(job), kMostKills);
  EXPECT_EQ(status_, 0);
}

TEST_F(Kill, AugmentPreviewLosesNothing) {
  EXPECT_EQ(kill_inside_writes(preview()), kMostKills);
  EXPECT_EQ(status_, 0);
}

/// With two seeds the verdict may be any; it is the same again.
TEST_F(Kill, InterviewLosesNothing) {
  EXPECT_GE(kill_inside_writes({"interview",
                                {"25", "--quick", "--seeds", "2", "--jobs", "1", "-q", "--report", "report"},
                                "",
                                {}}),
            10);
}

TEST_F(Kill, ASignalInAWriteLeavesNoFileBehind) {
  const Job job = preview();
  const int writes = run_undisturbed(job);
  for (const int number : {SIGTERM, SIGHUP, SIGINT})
    for (int at = 1; at <= writes; at += kStride) {
      SCOPED_TRACE(fmt::format("signal {} inside write {} of {}", number, at, writes));
      const int status = signal_inside_write(job, at, number);
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number) << status;
      EXPECT_EQ(leftovers_in(killed()), Words());
    }
  EXPECT_GT(stopped_with_, 0) << "it was never stopped while a file was unfinished";
}

TEST_F(Kill, SigtermInATrainingLeavesNoFileBehind) {
  const Job job = train();
  const int writes = run_undisturbed(job);
  for (int at = 2; at <= writes; at += kStride) {
    SCOPED_TRACE(fmt::format("inside write {} of {}", at, writes));
    const int status = signal_inside_write(job, at, SIGTERM);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
    EXPECT_EQ(leftovers_in(killed()), Words());
  }
  EXPECT_GT(stopped_with_, 0) << "it was never stopped while a file was unfinished";
}

TEST_F(Kill, ASecondCtrlCInATrainingLeavesNoFileBehind) {
  const Job job = train();
  const int writes = run_undisturbed(job);
  bool unfinished = false;
  for (int at = writes / 3; at < writes / 3 + 6; ++at) {
    SCOPED_TRACE(fmt::format("inside writes {} and {} of {}", at, at + 1, writes));
    const fs::path folder = new_folder("killed");
    const pid_t child =
        start_in(folder, job.program, job.start, {fmt::format("FATHOM_STOP_AT={},{}", at, at + 1)});
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(stops(child)) << "Ctrl-C number " << i + 1;
      unfinished = unfinished || !leftovers_in(folder).empty();
      kill(child, SIGINT);
      kill(child, SIGCONT);
    }
    const int status = wait_for(child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGINT) << status;
    EXPECT_EQ(leftovers_in(folder), Words());
  }
  EXPECT_TRUE(unfinished) << "it was never stopped while a file was unfinished";
}

}  // namespace
}  // namespace fathom
