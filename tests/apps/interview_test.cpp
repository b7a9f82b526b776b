#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include <fmt/format.h>

#include "browser.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/file_lock.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

/// The numbers in the names of the questions' files, such as q07_adam.cpp.
std::vector<int> numbers_of_files() {
  std::vector<int> all;
  for (const auto& file : std::filesystem::directory_iterator(FATHOM_SOURCE "/apps/interview/questions"))
    all.push_back(std::stoi(file.path().filename().string().substr(1, 2)));
  std::sort(all.begin(), all.end());
  return all;
}

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
  nlohmann::json report = nlohmann::json::parse(outcome.out);
  EXPECT_TRUE(report.at("notes").is_array());  // of this call; all else is in the file
  report.erase("notes");
  EXPECT_EQ(report, nlohmann::json::parse(io::read_file(folder() + "/results.json")));
  EXPECT_EQ(report.at("seeds"), 4);  // where it is quick
  EXPECT_EQ(report.at("experiments").at(0).at("verdict"), "supported");
  const std::string page = io::read_file(folder() + "/index.html");
  EXPECT_NE(page.find("<article id=\"q1\">"), std::string::npos);
  EXPECT_NE(page.find("<svg"), std::string::npos);
  EXPECT_NE(page.find("interview 1 --quick"), std::string::npos);
  for (const char* outside : {"<script", "src=\"http", "href=\"http", "@import"})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
}

TEST_F(Interview, TheSameSeedGivesTheSameResultsWithAnyNumberOfJobs) {
  const StartedFromNothing each_run;
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
  EXPECT_NE(again.err.find("reused from"), std::string::npos);
  EXPECT_EQ(run("1 --quick --seeds 2 --rerun").out.find("reused from"), std::string::npos);
}

/// Two verdicts of quick runs depend on how a CPU rounds. With OpenBLAS's kernels for AMD Zen, equal units
/// drift apart (question 6), and one clipped run in three does not learn (15). These are results, not
/// failures.
TEST_F(Interview, NearlyEveryAnswerHoldsAndThePageIsWholeInABrowser) {
  const Outcome outcome = run("--all --quick --json");
  const nlohmann::json report = nlohmann::json::parse(outcome.out);
  int supported = 0;
  for (const nlohmann::json& each : report.at("experiments")) {
    const int number = each.at("number");
    if (each.at("verdict") == "supported") {
      ++supported;
    } else {
      EXPECT_TRUE(number == 6 || number == 15) << each.dump(1);
    }
    std::string name = each.at("slug");
    std::replace(name.begin(), name.end(), '-', '_');
    EXPECT_TRUE(std::filesystem::exists(fmt::format("{}/apps/interview/questions/q{:02}_{}.cpp",
                                                    FATHOM_SOURCE, each.at("number").get<int>(), name)))
        << name;
    EXPECT_GE(each.at("claims").size(), 1U) << each.at("slug");
    EXPECT_GE(each.at("control").at("parts").size(), 1U) << each.at("slug");
    EXPECT_GE(each.at("charts").size() + each.at("pictures").size(), 1U) << each.at("slug");
  }
  const bool all = supported == static_cast<int>(report.at("experiments").size());
  EXPECT_EQ(outcome.status, all ? 0 : 1) << outcome.err;
  // Where the usual answer is too simple, a claim shows it.
  for (const int number : {3, 11, 14, 20, 24, 25}) {
    const nlohmann::json& each = report.at("experiments").at(static_cast<std::size_t>(number - 1));
    const auto says_otherwise = [](const nlohmann::json& claim) {
      return claim.at("otherwise") != "" && claim.at("verdict") == "supported";
    };
    const nlohmann::json &claims = each.at("claims"), &controls = each.at("control").at("parts");
    EXPECT_TRUE(std::any_of(claims.begin(), claims.end(), says_otherwise) ||
                std::any_of(controls.begin(), controls.end(), says_otherwise))
        << number;
  }
  EXPECT_NE(io::read_file(folder() + "/index.html").find("id=\"otherwise\""), std::string::npos);
  if (!has_chromium()) GTEST_SKIP() << "chromium is not installed";
  const int questions = static_cast<int>(numbers().size());
  for (const int width : {390, 1200}) {
    const Look look = look_at(folder() + "/index.html", width);
    EXPECT_EQ(look.articles, questions);
    EXPECT_GE(look.pictures + look.charts, questions);
    EXPECT_EQ(look.broken, 0);
    EXPECT_EQ(look.width, width) << "it scrolls sideways";
    EXPECT_EQ(look.console, "");
  }
  EXPECT_GT(printed_pages(folder() + "/index.html"),
            questions);  // the overview, then each from a page of its own
}

TEST_F(Interview, ABrokenPageIsSeenAsBroken) {
  if (!has_chromium()) GTEST_SKIP() << "chromium is not installed";
  const std::string page = folder() + "/page.html";
  io::write_file(
      page,
      "<!doctype html><article></article><img src=\"nothing.png\"><div style=\"width:500px\">wide</div>"
      "<script>console.error('wrong')</script>");
  const Look look = look_at(page, 390);
  EXPECT_EQ(look.articles, 1);
  EXPECT_EQ(look.broken, 1);
  EXPECT_GT(look.width, 390);
  EXPECT_NE(look.console.find("wrong"), std::string::npos) << look.console;
}

/// Without the cause of the effect, no answer may be supported.
class InterviewQuestion : public Interview, public testing::WithParamInterface<int> {};

TEST_P(InterviewQuestion, FallsWithItsCause) {
  const Outcome outcome = run(std::to_string(GetParam()) + " --quick --without-cause --json");
  EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
  const nlohmann::json report = nlohmann::json::parse(outcome.out);
  EXPECT_NE(report.at("experiments").at(0).at("verdict"), "supported") << outcome.out;
  // Nothing is said of the answers by a run without their causes.
  EXPECT_EQ(outcome.err.find("usual answers are too simple"), std::string::npos) << outcome.err;
  EXPECT_EQ(io::read_file(folder() + "/index.html").find("id=\"otherwise\""), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, InterviewQuestion, testing::ValuesIn(numbers_of_files()));

TEST_F(Interview, ListsTheQuestionOfEveryFileInTheOrderOfNumbers) {
  std::vector<std::string> counted;
  for (const int number : numbers_of_files()) counted.push_back(std::to_string(number));
  EXPECT_EQ(numbers(), counted);
}

TEST_F(Interview, ExplainsWithoutRunning) {
  for (const std::string& number : numbers()) {
    const Outcome outcome = run_command(
        fmt::format("cd '{}' && '{}/interview' {} --explain", folder_.path().string(), FATHOM_BIN, number));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    for (const char* part : {"Claims\n", "Controls\n", "Fine print\n", "With --without-cause\n"})
      EXPECT_NE(outcome.out.find(part), std::string::npos) << part;
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Interview, ListsAndExplainsAsJsonToo) {
  const Outcome list = run_program("interview", "--list --json"),
                explain = run_program("interview", "7 25 --explain --json");
  EXPECT_EQ(nlohmann::json::parse(list.out).at("questions").size(), numbers_of_files().size());
  const nlohmann::json explained = nlohmann::json::parse(explain.out).at("questions");
  ASSERT_EQ(explained.size(), 2U);
  EXPECT_EQ(explained.at(1).at("number"), 25);
  for (const char* key : {"slug", "question", "answer", "method", "cause", "fine_print", "sources"})
    EXPECT_FALSE(explained.at(1).at(key).empty()) << key;
}

TEST_F(Interview, RefusesFlagsThatHaveNoEffect) {
  const std::string report = "--report '" + folder() + "'";
  for (const std::string flag : {"--quick", "--seed 1", "--data-dir /tmp", report.c_str()}) {
    for (const std::string mode : {"--list ", "1 --explain "}) {
      const Outcome outcome = run_program("interview", mode + flag);
      EXPECT_EQ(outcome.status, 2) << mode << flag;
      EXPECT_NE(outcome.err.find(flag.substr(0, flag.find(' ')) + " has no effect with --"),
                std::string::npos)
          << outcome.err;
      EXPECT_EQ(outcome.out, "") << mode << flag;
    }
  }
  for (const std::string flags : {"1 --list", "--all --list", "--explain --list"})
    EXPECT_NE(run_program("interview", flags).err.find("has no effect with --list"), std::string::npos)
        << flags;
  EXPECT_FALSE(std::filesystem::exists(folder()));
}

TEST_F(Interview, AFullStdoutIsNoSuccess) {
  for (const char* flags : {"--list", "1 --explain", "--list --json"}) {
    const Outcome outcome = run_program("interview", std::string(flags) + " > /dev/full");
    EXPECT_EQ(outcome.status, 1) << flags;
    EXPECT_NE(outcome.err.find("cannot write to stdout"), std::string::npos) << outcome.err;
  }
}

TEST_F(Interview, OneRunAtATimeWritesAReport) {
  {
    const io::FileLock lock(folder() + "/results.json");
    const Outcome outcome = run("25 --quick --seeds 2");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("results.json' is being written by another run"), std::string::npos)
        << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(folder() + "/results.json"));
  }
  EXPECT_NE(run("25 --quick --seeds 2").out.find("wrote "), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder() + "/results.json.lock"));
}

TEST_F(Interview, SaysThatResultsOfOtherSettingsAreReplaced) {
  const std::string said = "results.json has results of other settings";
  EXPECT_EQ(run("25 --quick --seeds 2").out.find(said), std::string::npos);
  EXPECT_EQ(run("25 --quick --seeds 2").out.find(said), std::string::npos);
  EXPECT_NE(run("25 --quick --seeds 3").out.find(said), std::string::npos);
}

TEST_F(Interview, ChecksItsFilesBeforeItRuns) {
  std::filesystem::create_directories(folder() + "/index.html");
  const Outcome outcome = run("25 --quick --seeds 2");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("index.html': it is a folder"), std::string::npos) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder() + "/results.json"));
}

TEST_F(Interview, RefusesWhatCannotBeAsked) {
  const std::vector<std::pair<std::string, std::string>> wrong = {{"", "no question"},
                                                                  {"99", "there is no question 99"},
                                                                  {"one", "'one' is not a question number"},
                                                                  {"1 --all", "--all cannot be combined"},
                                                                  {"1 --seeds 1", "--seeds"},
                                                                  {"1 --jobs -1", "--jobs"}};
  for (const auto& [flags, said] : wrong) {
    const Outcome outcome = run(flags);
    EXPECT_EQ(outcome.status, 2) << flags;
    EXPECT_NE(outcome.err.find(said), std::string::npos) << outcome.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder() + "/results.json"));
}

TEST_F(Interview, LeavesDamagedResultsAlone) {
  io::write_file(folder() + "/results.json", "{");
  const Outcome outcome = run("1 --quick");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("is not a results file"), std::string::npos) << outcome.err;
  EXPECT_EQ(io::read_file(folder() + "/results.json"), "{");
}

}  // namespace
}  // namespace fathom
