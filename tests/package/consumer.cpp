#include <cstdio>
#include <fathom/checkpoint/classifier.hpp>
#include <fathom/explain/attribution/occlusion.hpp>

int main(int, char** argv) {
  const auto model = fathom::checkpoint::load_classifier(argv[1], torch::kCPU);
  const auto score = [&](const torch::Tensor& x) { return model.logits(x).select(1, 0); };
  const auto map =
      fathom::explain::occlusion(score, torch::rand({1, 1, 28, 28}), {.window = {7, 7}, .stride = {7, 7}});
  std::printf("%d windows\n", static_cast<int>(map.patches));
}
