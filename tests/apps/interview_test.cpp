#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "fathom/core/file.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

class Interview : public testing::Test {
 protected:
  std::string folder(const std::string& name = "report") const { return (folder_.path() / name).string(); }
  Outcome run(const std::string& flags, const std::string& name = "report") const {
    return run_program("interview", flags + " --report '" + folder(name) + "'");
  }
  TemporaryFolder folder_;
};

/// But for the times.
nlohmann::json timeless(nlohmann::json results) {
  for (nlohmann::json& each : results.at("experiments")) each.erase("seconds");
  return results;
}

/// The numbers that --list shows.
std::vector<std::string> numbers() {
  const Outcome outcome = run_program("interview", "--list");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::vector<std::string> all;
  std::istringstream lines(outcome.out);
  for (std::string number, rest; lines >> number && std::getline(lines, rest);) all.push_back(number);
  return all;
}

TEST_F(Interview, WritesAPageAndTheResultsOfItsReport) {
  const Outcome outcome = run("1 --quick --json");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const nlohmann::json report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report, nlohmann::json::parse(read_file(folder() + "/results.json")));
  EXPECT_EQ(report.at("seeds"), 3);
  EXPECT_EQ(report.at("experiments").at(0).at("verdict"), "supported");
  const std::string page = read_file(folder() + "/index.html");
  EXPECT_NE(page.find("<article id=\"q1\">"), std::string::npos);
  EXPECT_NE(page.find("<svg"), std::string::npos);
  EXPECT_NE(page.find("interview 1 --quick"), std::string::npos);
  for (const char* outside : {"<script", "src=\"http", "href=\"http", "@import"})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
}

TEST_F(Interview, TheSameSeedGivesTheSameResultsWithAnyNumberOfJobs) {
  const Outcome one = run("1 --quick --seeds 2 --jobs 1 --json", "one"),
                two = run("1 --quick --seeds 2 --jobs 2 --json", "two");
  ASSERT_EQ(one.status, 0) << one.err;
  ASSERT_EQ(two.status, 0) << two.err;
  EXPECT_EQ(timeless(nlohmann::json::parse(one.out)), timeless(nlohmann::json::parse(two.out)));
  EXPECT_NE(timeless(nlohmann::json::parse(one.out)),
            timeless(nlohmann::json::parse(run("1 --quick --seeds 2 --seed 5 --json", "other").out)));
}

TEST_F(Interview, GoesOnFromWhatIsFinished) {
  const Outcome first = run("1 --quick --seeds 2 --json"), again = run("1 --quick --seeds 2 --json");
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(first.out, again.out);  // with its time: it was not run again
  EXPECT_NE(again.err.find("kept from"), std::string::npos);
  EXPECT_EQ(run("1 --quick --seeds 2 --rerun").out.find("kept from"), std::string::npos);
}

TEST_F(Interview, EveryVerdictFallsWithItsCause) {
  for (const std::string& number : numbers()) {
    const Outcome whole = run(number + " --quick", "whole"),
                  without = run(number + " --quick --without-cause", "without");
    EXPECT_EQ(whole.status, 0) << whole.out << whole.err;
    EXPECT_EQ(without.status, 1) << without.out << without.err;
    EXPECT_EQ(without.out.find("1 of 1 supported"), std::string::npos) << without.out;
  }
}

TEST_F(Interview, ExplainsWithoutRunning) {
  for (const std::string& number : numbers()) {
    const Outcome outcome = run(number + " --explain");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    for (const char* part : {"Claims\n", "Controls\n", "Fine print\n", "With --without-cause\n"})
      EXPECT_NE(outcome.out.find(part), std::string::npos) << part;
  }
  EXPECT_FALSE(std::filesystem::exists(folder()));
}

TEST_F(Interview, RefusesWhatCannotBeAsked) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "no question"},        {"99", "there is no question 99"},
      {"one", "not 'one'"},       {"1 --all", "--all asks every question"},
      {"1 --seeds 1", "--seeds"}, {"1 --jobs -1", "--jobs"}};
  for (const auto& [flags, said] : wrong) {
    const Outcome outcome = run(flags);
    EXPECT_EQ(outcome.status, 2) << flags;
    EXPECT_NE(outcome.err.find(said), std::string::npos) << outcome.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder() + "/results.json"));
}

TEST_F(Interview, LeavesDamagedResultsAlone) {
  write_file(folder() + "/results.json", "{");
  const Outcome outcome = run("1 --quick");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("is no file of results"), std::string::npos) << outcome.err;
  EXPECT_EQ(read_file(folder() + "/results.json"), "{");
}

}  // namespace
}  // namespace fathom
