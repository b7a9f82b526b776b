#include "fathom/core/machine/load.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fathom/core/machine/chosen.hpp"
#include "fathom/core/machine/cores.hpp"
#include "temporary_folder.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

/// A folder in the place of "/".
class MadeUpMachine : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) {
    const fs::path file = folder_.path() / path.substr(1);
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::string root() const { return folder_.path().string(); }

 private:
  TemporaryFolder folder_;
};

using Quota = MadeUpMachine;
using Load = MadeUpMachine;

TEST_F(Quota, IsInfiniteWithoutAGroupOrALimit) {
  EXPECT_TRUE(std::isinf(cpu_quota(root())));
  put("/proc/self/cgroup", "0::/user.slice\n");
  put("/sys/fs/cgroup/user.slice/cpu.max", "max 100000\n");
  EXPECT_TRUE(std::isinf(cpu_quota(root())));
}

TEST_F(Quota, IsTheSmallestOnTheWayToTheRoot) {
  put("/proc/self/cgroup", "0::/a/b/c\n");
  put("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
  put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  put("/sys/fs/cgroup/a/b/c/cpu.max", "100000 50000\n");
  EXPECT_DOUBLE_EQ(cpu_quota(root()), 1.5);
  put("/sys/fs/cgroup/a/b/c/cpu.max", "20000 50000\n");
  EXPECT_DOUBLE_EQ(cpu_quota(root()), 0.4);
}

TEST_F(Quota, OfAContainerIsAtTheTopOfWhatItSees) {
  put("/proc/self/cgroup", "0::/docker/0123\n");
  put("/sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_DOUBLE_EQ(cpu_quota(root()), 0.5);
  put("/proc/self/cgroup", "0::/../../elsewhere\n");
  EXPECT_DOUBLE_EQ(cpu_quota(root()), 0.5);
}

TEST_F(Quota, IsReadFromVersion1) {
  put("/proc/self/cgroup", "5:cpuset:/x\n4:cpu,cpuacct:/box\n0::/\n");
  put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  put("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "250000\n");
  put("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  put("/sys/fs/cgroup/cpuset/x/cpu.cfs_quota_us", "1\n");
  EXPECT_DOUBLE_EQ(cpu_quota(root()), 2.5);
}

TEST_F(Quota, OfDamagedFilesIsInfinite) {
  put("/proc/self/cgroup", "nonsense\n:\n0::/a");
  put("/sys/fs/cgroup/a/cpu.max", "many 0\n");
  put("/sys/fs/cgroup/cpu.max", "");
  EXPECT_TRUE(std::isinf(cpu_quota(root())));
}

TEST(CoresWithin, RoundsTheQuota) {
  EXPECT_EQ(cores_within(8, HUGE_VAL), 8);
  EXPECT_EQ(cores_within(8, 0.1), 1);
  EXPECT_EQ(cores_within(8, 1.4), 1);
  EXPECT_EQ(cores_within(8, 1.5), 2);
  EXPECT_EQ(cores_within(2, 5), 2);
  EXPECT_EQ(cores_within(1, 0.4), 1);
}

/// A variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    ::setenv(name, value, 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_.empty() ? ::unsetenv(name_) : ::setenv(name_, before_.c_str(), 1); }

 private:
  const char* name_;
  std::string before_;
};

TEST(DefaultThreads, AreTheUsersIfHeHasSetThem) {
  const Variable threads("OMP_NUM_THREADS", "3,2");
  EXPECT_EQ(default_threads(), 3);
  {
    const Variable chosen(kChosenVariables, "GOMP_SPINCOUNT OMP_NUM_THREADS");
    EXPECT_EQ(default_threads(), usable_cores());
    EXPECT_EQ(users_setting("OMP_NUM_THREADS"), "");
  }
  for (const char* nonsense : {"0", "-2", "many", ""}) {
    const Variable other("OMP_NUM_THREADS", nonsense);
    EXPECT_EQ(default_threads(), usable_cores()) << nonsense;
  }
}

TEST_F(Load, IsReadWithoutTheReader) {
  put("/proc/loadavg", "0.20 0.18 0.12 3/80 11206\n");
  put("/proc/pressure/cpu",
      "some avg10=68.89 avg60=38.23 avg300=16.21 total=1\nfull avg10=0.00 avg60=0.00\n");
  const MachineLoad load = machine_load(2, root());
  EXPECT_EQ(load.running, (std::vector<int>{2, 2}));
  EXPECT_DOUBLE_EQ(load.pressure, 68.89);
}

TEST_F(Load, OfUnreadableFilesIsUnknown) {
  EXPECT_TRUE(machine_load(2, root()).running.empty());
  EXPECT_EQ(machine_load(2, root()).pressure, -1);
  put("/proc/loadavg", "0.20 0.18 0.12 many/80");
  EXPECT_TRUE(machine_load(2, root()).running.empty());
}

TEST(ShouldSleep, OnlyIfOthersNeedTheCores) {
  const Demand two{.threads = 2, .cores = 2};
  EXPECT_FALSE(should_sleep({.running = {0, 0, 0, 0}}, two));
  EXPECT_TRUE(should_sleep({.running = {1, 1, 2, 1}}, two));
  EXPECT_FALSE(should_sleep({.running = {1, 1}}, {.threads = 2, .cores = 4}));
  EXPECT_TRUE(should_sleep({.running = {3, 3}}, {.threads = 2, .cores = 4}));
  EXPECT_FALSE(should_sleep({.running = {9, 9}}, {.threads = 1, .cores = 2}));  // nobody waits
}

TEST(ShouldSleep, OnLargeMachinesIfAnEighthOfTheCoresIsMissing) {
  EXPECT_FALSE(should_sleep({.running = {7, 7}}, {.threads = 64, .cores = 64}));
  EXPECT_TRUE(should_sleep({.running = {8, 8}}, {.threads = 64, .cores = 64}));
}

TEST(ShouldSleep, IfOthersComeAndGoOnlyUnderPressure) {
  const Demand two{.threads = 2, .cores = 2};
  EXPECT_FALSE(should_sleep({.running = {0, 1, 0}, .pressure = 3}, two));
  EXPECT_TRUE(should_sleep({.running = {0, 1, 0}, .pressure = 30}, two));
  EXPECT_FALSE(should_sleep({.running = {0, 0, 0}, .pressure = 30}, two));  // the others have gone
  EXPECT_TRUE(should_sleep({.running = {}, .pressure = 30}, two));
}

TEST(ShouldSleep, IfTheProcessIsNiceOrOverItsQuota) {
  EXPECT_TRUE(should_sleep({.running = {0}}, {.threads = 2, .cores = 2, .nice = 10}));
  EXPECT_TRUE(should_sleep({.running = {0}}, {.threads = 2, .cores = 2, .quota = 1.5}));
  EXPECT_FALSE(should_sleep({.running = {0}}, {.threads = 2, .cores = 2, .quota = 2}));
}

}  // namespace
}  // namespace fathom
