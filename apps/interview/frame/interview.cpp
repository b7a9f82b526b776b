/// interview: questions about deep learning, each answered by an experiment that could prove the answer
/// wrong.
///
///   interview 4 9 11 --quick
///   interview --all --report report
///
/// Picks the questions, takes up what an earlier run of the same settings has finished, runs the others over
/// their seeds, says what came out, and writes a page and a file of results.
#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/sets.hpp"
#include "fathom/core/machine/blas.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/experiment/results.hpp"
#include "fathom/experiment/runner.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/file_lock.hpp"
#include "interview/frame/data_source.hpp"
#include "interview/frame/questions.hpp"
#include "interview/frame/report.hpp"
#include "interview/frame/transcript.hpp"

namespace {

using namespace fathom;
using experiment::Experiment;
using experiment::Result;
using experiment::Results;

cli::Parser parser() {
  cli::Parser parser("interview", "Tests well-known answers about deep learning.",
                     {"interview 1 --quick", "interview --all --report report"});
  cli::add_common_flags(parser, /*with_device=*/false);
  parser.positionals("numbers", "numbers of the questions to ask")
      .toggle("Interview", "list", "list the questions and exit")
      .toggle("Interview", "all", "ask all questions")
      .toggle("Interview", "explain", "print answers, claims and fine print without running the experiments")
      .toggle("Interview", "quick", "run smaller experiments with 4 seeds")
      .value("Interview", "seed", "the first seed", "N", "0")
      .value("Interview", "seeds", "number of seeds (default: 5, or 4 with --quick)", "N")
      .value("Interview", "jobs", "parallel trials, one thread each; 0: number of cores", "N", "0")
      .value("Interview", "report", "folder for index.html and results.json", "DIR", "report")
      .toggle("Interview", "rerun", "repeat experiments whose results are already in the folder")
      .toggle("Interview", "without-cause",
              "remove the cause of the effect from each experiment: verdicts must change");
  return parser;
}

std::vector<Experiment> chosen(const cli::Arguments& arguments) {
  const std::vector<std::string> given = arguments.list("numbers");
  if (arguments.on("all")) {
    if (!given.empty()) throw cli::UsageError("--all cannot be combined with question numbers");
    return interview::questions();
  }
  std::set<std::int64_t> numbers;
  for (const std::string& text : given) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      throw cli::UsageError(fmt::format("'{}' is not a question number", text));
    numbers.insert(number);
  }
  if (numbers.empty())
    throw cli::UsageError("no question given: give numbers or --all; --list shows all questions");
  std::vector<Experiment> all;
  for (const std::int64_t number : numbers) all.push_back(interview::question(number));
  return all;
}

bool is_among(const std::vector<Experiment>& wanted, const Result& result) {
  return std::ranges::find(wanted, result.number, &Experiment::number) != wanted.end();
}

/// Prints questions without asking them, for --list or --explain. The flags of a run are refused.
void tell(const cli::Arguments& arguments, const std::string& flag, const std::vector<Experiment>& which) {
  cli::Common common;
  common.json = arguments.on("json");
  arguments.unused({"numbers", "all", "explain", "quick", "seed", "seeds", "jobs", "report", "rerun",
                    "without-cause", "quiet", "data-dir"},
                   "with --" + flag);
  arguments.refuse_unread();
  const bool in_full = flag == "explain";
  cli::Json list = cli::Json::array();
  for (const Experiment& each : which) {
    cli::say(common,
             in_full ? interview::explanation(each) : fmt::format("{:3}  {}", each.number, each.question));
    cli::Json about = {{"number", each.number}, {"slug", each.slug}, {"question", each.question}};
    if (in_full) {
      about["answer"] = each.answer;
      about["method"] = each.method;
      about["cause"] = each.cause;
      about["fine_print"] = each.fine_print;
      about["sources"] = each.sources;
    }
    list.push_back(about);
  }
  cli::report(common, {{"questions", list}});
}

/// What an earlier run with the same settings finished, or the settings and no result.
Results earlier(const std::filesystem::path& folder, Results settings, bool rerun,
                const std::vector<Experiment>& wanted, const cli::Common& common) {
  std::optional<Results> found = experiment::read_results(folder);
  if (!found) return settings;
  if (!found->same_run(settings)) {
    cli::say(common, fmt::format("{} has results of other settings; this run replaces them\n",
                                 (folder / "results.json").string()));
    return settings;
  }
  if (rerun) std::erase_if(found->experiments, [&](const Result& each) { return is_among(wanted, each); });
  return *found;
}

/// Those of `all` with the numbers of `wanted`.
Results only(Results all, const std::vector<Experiment>& wanted) {
  std::erase_if(all.experiments, [&](const Result& each) { return !is_among(wanted, each); });
  return all;
}

/// Whether every verdict is that the claims are supported.
bool ask(const cli::Arguments& arguments) {
  if (arguments.on("list")) {
    tell(arguments, "list", interview::questions());
    return true;
  }
  const std::vector<Experiment> wanted = chosen(arguments);
  if (arguments.on("explain")) {
    tell(arguments, "explain", wanted);
    return true;
  }

  const cli::Common common = cli::read_common(arguments, /*with_device=*/false);
  note_slow_kernels();
  require_right_products();
  const bool quick = arguments.on("quick");
  const Results settings{
      .seed = static_cast<std::uint64_t>(arguments.integer("seed", 0, INT64_MAX / 2)),
      .seeds = arguments.optional_integer("seeds", 2, 1000).value_or(experiment::usual_seeds(quick)),
      .quick = quick,
      .without_cause = arguments.on("without-cause"),
      .version = fathom_version()};
  const auto jobs = static_cast<int>(arguments.integer("jobs", 0, 1024));
  const bool rerun = arguments.on("rerun");
  const std::filesystem::path folder = arguments.text("report");
  for (const char* file : {"results.json", "index.html"}) arguments.paths().writes("report", folder / file);
  arguments.refuse_unread();
  const io::FileLock lock(folder / "results.json");  // two runs would each lose what the other has finished
  Results results = earlier(folder, settings, rerun, wanted, common);

  std::vector<Experiment> missing;
  for (const Experiment& each : wanted) {
    const Result* const kept = results.find(each.number);
    if (!kept) {
      missing.push_back(each);
      continue;
    }
    cli::say(common, interview::transcript(*kept));
    cli::say(common,
             fmt::format("  reused from {}; use --rerun to repeat it\n", (folder / "results.json").string()));
  }

  keep_freed_memory();
  const cli::Interrupt interrupt;
  interview::DataSets sets(cli::catalog(common));
  ProgressBar bar("", "trials", common.quiet);
  int shown = 0;
  experiment::RunEvents events;
  events.trials = [&](int number, std::int64_t done, std::int64_t total) {
    if (number != std::exchange(shown, number)) bar.restart(fmt::format("question {}", number));
    bar.update(done, total);
  };
  events.finished = [&](Result result) {
    bar.finish();
    cli::say(common, interview::transcript(result) + "\n");
    results.put(std::move(result));
    experiment::write_results(folder, results);
  };
  events.stop = [&] { return interrupt.requested(); };
  const bool complete = experiment::run(missing,
                                        {.seed = settings.seed,
                                         .seeds = settings.seeds,
                                         .quick = quick,
                                         .without_cause = settings.without_cause,
                                         .jobs = jobs > 0 ? jobs : usable_cores()},
                                        sets.source(), events);
  bar.finish();
  io::write_file(folder / "index.html", interview::report_html(results));
  const Results asked = only(results, wanted);
  if (const std::string text = interview::caveats(asked); !text.empty()) cli::say(common, text);
  cli::say(common, interview::summary(asked));
  cli::say(common, "wrote " + std::filesystem::absolute(folder / "index.html").string());
  cli::report(common, experiment::to_json(asked));
  if (!complete) throw Error("stopped; run the same command again to continue");
  return std::all_of(asked.experiments.begin(), asked.experiments.end(),
                     [](const Result& each) { return each.verdict == experiment::Verdict::supported; });
}

}  // namespace

int main(int argc, char** argv) {
  bool supported = true;
  const int status =
      fathom::cli::run(parser(), argc, argv, [&](const auto& arguments) { supported = ask(arguments); });
  return status == 0 && !supported ? 1 : status;
}
