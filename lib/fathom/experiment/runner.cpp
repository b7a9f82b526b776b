#include "fathom/experiment/runner.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::experiment {
namespace {

using Clock = std::chrono::steady_clock;

/// One experiment with one seed.
struct Task {
  std::size_t experiment = 0;
  std::int64_t number = 0;  // of the seed
};

struct Done {
  Task task;
  Trial trial;
  Clock::time_point start, end;
};

/// What the workers take from and give to.
class Board {
 public:
  explicit Board(std::deque<Task> tasks) : tasks_(std::move(tasks)) {}

  std::optional<Task> take() {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty() || error_) return {};
    const Task task = tasks_.front();
    tasks_.pop_front();
    return task;
  }
  void give(Done done) {
    const std::lock_guard lock(mutex_);
    done_.push_back(std::move(done));
    changed_.notify_one();
  }
  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    changed_.notify_one();
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    ++left_;
    changed_.notify_one();
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    tasks_.clear();
  }

  /// What has been done since the last call; waits a little where that is nothing.
  std::vector<Done> news() {
    std::unique_lock lock(mutex_);
    const auto is_news = [&, left = left_] { return !done_.empty() || left_ != left; };
    changed_.wait_for(lock, std::chrono::milliseconds(100), is_news);
    std::vector<Done> all;
    all.swap(done_);
    return all;
  }
  bool all_left(int workers) {
    const std::lock_guard lock(mutex_);
    return left_ == workers && done_.empty();
  }
  /// Once all have left.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  std::vector<Done> done_;
  std::exception_ptr error_;
  int left_ = 0;
};

std::string reason(const std::exception& error) {
  if (const auto* const torch_error = dynamic_cast<const c10::Error*>(&error))
    return torch_error->what_without_backtrace();
  return error.what();
}

/// The trials of one experiment as they come in, in any order.
struct Gathered {
  std::vector<Trial> trials;
  std::int64_t count = 0;
  Clock::time_point start = Clock::time_point::max(), end = Clock::time_point::min();

  void take(Done done) {
    trials[static_cast<std::size_t>(done.task.number)] = std::move(done.trial);
    ++count;
    start = std::min(start, done.start);
    end = std::max(end, done.end);
  }
};

}  // namespace

bool run(const std::vector<Experiment>& experiments, const RunOptions& options, const DataSource& data,
         const RunEvents& events) {
  if (options.seeds < 1 || options.jobs < 1)
    throw InvalidArgument("an experiment needs at least one seed, and a run at least one job");
  std::deque<Task> tasks;
  for (std::size_t i = 0; i < experiments.size(); ++i)
    for (std::int64_t n = 0; n < options.seeds; ++n) tasks.push_back({i, n});
  Board board(std::move(tasks));

  const auto work = [&] {
    at::set_num_threads(1);  // counted for each thread by itself
    while (const std::optional<Task> task = board.take()) {
      const Experiment& experiment = experiments[task->experiment];
      const Setting setting{options.seed + static_cast<std::uint64_t>(task->number), options.quick,
                            options.without_cause, data};
      try {
        const auto start = Clock::now();
        Trial trial = experiment.run(setting);
        board.give({*task, std::move(trial), start, Clock::now()});
      } catch (const std::exception& e) {
        board.fail(std::make_exception_ptr(
            Error(fmt::format("question {} with seed {}: {}", experiment.number, setting.seed, reason(e)))));
      }
    }
    board.leave();
  };
  set_threads(1);  // OpenCV's too, which no two threads may set at once
  std::vector<std::jthread> workers;
  for (int i = 0; i < options.jobs; ++i) workers.emplace_back(work);

  std::vector<Gathered> gathered(experiments.size());
  for (Gathered& each : gathered) each.trials.resize(static_cast<std::size_t>(options.seeds));
  std::size_t current = 0;  // all before it are finished
  const auto tell = [&] {
    if (events.trials && current < experiments.size())
      events.trials(experiments[current].number, gathered[current].count, options.seeds);
  };
  const auto finish = [&] {
    Result result = result_of(experiments[current], gathered[current].trials);
    result.seconds = std::chrono::duration<double>(gathered[current].end - gathered[current].start).count();
    gathered[current].trials.clear();
    if (events.finished) events.finished(std::move(result));
  };
  const auto take_news = [&] {
    for (Done& news : board.news()) {
      const std::size_t i = news.task.experiment;
      gathered[i].take(std::move(news));
      if (i == current) tell();
      while (current < experiments.size() && gathered[current].count == options.seeds) {
        finish();
        ++current;
        tell();
      }
    }
  };
  tell();
  try {
    while (!board.all_left(options.jobs)) {
      take_news();
      if (events.stop && events.stop()) board.clear();
    }
  } catch (...) {
    board.clear();  // or else the workers would go on to the end of the list
    throw;
  }
  board.rethrow();
  return current == experiments.size();
}

}  // namespace fathom::experiment
