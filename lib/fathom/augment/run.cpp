#include "fathom/augment/run.hpp"

#include <utility>

namespace fathom::augment {
namespace {

/// A picture and a second one to write the next into, so that a chain of any length needs two.
class Canvas {
 public:
  Canvas(const cv::Mat& from, Target target) : picture_(from), target_(target) {}

  void run(const std::vector<Step>& steps) {
    for (const Step& step : steps) run(step);
  }
  cv::Mat take() { return std::move(picture_); }

 private:
  void run(const Step& step) {
    const OperationKind& kind = *step.kind;
    if (kind.combine) {
      kind.combine(step, picture_, spare_, target_);
      take_spare();
    } else if (kind.is_composition()) {
      run(step.steps);
    } else if (target_ == Target::picture || kind.group == Group::geometry) {
      if (kind.in_place && owned_) {
        kind.apply(picture_, picture_, step.values, target_);
      } else {
        kind.apply(picture_, spare_, step.values, target_);
        take_spare();
      }
    }
  }

  /// What was just written is the picture; the one before is free, unless it is the caller's.
  void take_spare() {
    cv::swap(picture_, spare_);
    if (!owned_) spare_.release();
    owned_ = true;
  }

  cv::Mat picture_, spare_;
  bool owned_ = false;
  Target target_;
};

}  // namespace

cv::Mat run_steps(const std::vector<Step>& steps, const cv::Mat& from, Target target) {
  Canvas canvas(from, target);
  canvas.run(steps);
  return canvas.take();
}

}  // namespace fathom::augment
