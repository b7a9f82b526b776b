/// predict over a folder of JPEG pictures, as a ratio to decoding them (OpenCV on all threads) plus bare
/// inference (the model on ready batches), all measured in this run:
///
///   build/bin/predict_bench build/bin/predict models/cifar10-cnn.pt 10000 32
///
/// The second ratio is that of opening and inference in the same process, without the program around it, with
/// and without opening the next batch while the network runs.
#include <ATen/Parallel.h>
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/opened_batch.hpp"
#include "fathom/image/fit.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "peak.hpp"

namespace {

using namespace fathom;
namespace fs = std::filesystem;

constexpr int kRuns = 3;
constexpr std::int64_t kBatch = 64, kDistinct = 100;

/// Blurred noise, so that the files have the size of photographs. Most names are links to the same files.
std::vector<fs::path> write_pictures(const fs::path& folder, std::int64_t count, std::int64_t side) {
  fs::create_directories(folder);
  std::vector<fs::path> files;
  const torch::Generator generator = make_generator(1);
  for (std::int64_t i = 0; i < count; ++i) {
    files.push_back(folder / fmt::format("{:06}.jpg", i));
    if (i >= kDistinct) {
      fs::create_hard_link(files[static_cast<std::size_t>(i % kDistinct)], files.back());
      continue;
    }
    const torch::Tensor noise =
        torch::randint(0, 256, {3, side / 4 + 1, side / 4 + 1}, generator, torch::kInt64);
    image::write_picture(files.back(), image::resize(noise.to(torch::kUInt8), {side, side}));
  }
  return files;
}

/// What any program must do: read, decode, resize.
void decode_all(const std::vector<fs::path>& files, Extent size, int threads) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([&] {
      for (std::size_t i = next++; i < files.size(); i = next++) {
        const std::string bytes = io::read_file(files[i]);
        const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8U, const_cast<char*>(bytes.data()));
        cv::Mat picture = cv::imdecode(encoded, cv::IMREAD_COLOR), small;
        cv::resize(picture, small, {static_cast<int>(size.width), static_cast<int>(size.height)}, 0, 0,
                   cv::INTER_AREA);
      }
    });
  for (std::thread& worker : workers) worker.join();
}

void infer_all(const checkpoint::Classifier& model, const std::vector<std::int64_t>& shape,
               std::int64_t count) {
  std::vector<std::int64_t> sizes = shape;
  sizes.insert(sizes.begin(), kBatch);
  const torch::Tensor batch = torch::rand(sizes, make_generator(2));
  for (std::int64_t first = 0; first < count; first += kBatch)
    model.logits(batch.narrow(0, 0, std::min(kBatch, count - first)));
}

void open_and_infer(const checkpoint::Classifier& model, const std::vector<fs::path>& files,
                    const image::FitOptions& fit, bool ahead) {
  data::OpenedBatches batches(
      std::ssize(files), kBatch, {fit.channels, fit.size.height, fit.size.width}, [&](std::int64_t i) {
        return image::fit(image::read_picture(files[static_cast<std::size_t>(i)]), fit);
      });
  while (batches.has_more()) {
    const data::OpenedBatch batch = batches.next();
    if (ahead) batches.open_ahead();
    model.logits(batch.inputs);
    batches.wait();
  }
}

void run_program(const std::string& program, const std::string& model, const fs::path& folder) {
  const std::string command =
      fmt::format("'{}' --quiet --model '{}' --image '{}' >/dev/null 2>&1", program, model, folder.string());
  if (std::system(command.c_str()) != 0) throw FileError("predict failed: " + command);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) {
    fmt::print(stderr, "usage: predict_bench PREDICT MODEL.pt PICTURES SIDE\n");
    return 2;
  }
  set_threads(0);
  keep_freed_memory();
  const checkpoint::Classifier model = checkpoint::load_classifier(argv[2], torch::kCPU);
  const std::int64_t count = std::stoll(argv[3]), side = std::stoll(argv[4]);
  const fs::path folder = fs::temp_directory_path() / fmt::format("fathom-predict-bench-{}", side);
  fs::remove_all(folder);
  const std::vector<fs::path> files = write_pictures(folder, count, side);
  const models::InputShape input = model.input();
  const image::FitOptions fit{.channels = input.channels, .size = {input.height, input.width}};
  const std::vector<std::int64_t> shape{input.channels, input.height, input.width};

  double decoding = 1e9, inference = 1e9, program = 1e9, ahead = 1e9, in_turn = 1e9;
  const auto keep_best = [](double& best, const std::function<void()>& work) {
    best = std::min(best, bench::seconds_of(work));
  };
  for (int run = 0; run < kRuns; ++run) {
    keep_best(decoding, [&] { decode_all(files, fit.size, at::get_num_threads()); });
    keep_best(inference, [&] { infer_all(model, shape, count); });
    keep_best(program, [&] { run_program(argv[1], argv[2], folder); });
    keep_best(ahead, [&] { open_and_infer(model, files, fit, true); });
    keep_best(in_turn, [&] { open_and_infer(model, files, fit, false); });
  }
  fs::remove_all(folder);
  const double bare = decoding + inference;
  fmt::print(
      "{} pictures of {}x{}: decoding {:.2f} s + inference {:.2f} s; predict {:.2f} s, ratio_to_bare={:.2f}; "
      "without the program: opened ahead {:.2f}, in turn {:.2f}\n",
      count, side, side, decoding, inference, program, program / bare, ahead / bare, in_turn / bare);
  return 0;
} catch (const std::exception& e) {
  fmt::print(stderr, "predict_bench: error: {}\n", e.what());
  return 1;
}
