/// The charts of the experiments, without series: most of them are lines or bars.
///
///   line_chart("Good learning rates", log_scale("learning rate"), "accuracy, %", {{"chance", 10}})
///   bar_chart("Test accuracy", "task", "test accuracy, %", {"two spirals", "two clouds"})
#pragma once

#include <string>
#include <vector>

#include "fathom/draw/chart.hpp"
#include "fathom/experiment/experiment.hpp"

namespace fathom::interview {

/// The label of an axis, and whether its scale is logarithmic. A label alone is a linear axis.
struct Axis {
  std::string label;
  bool log = false;

  Axis(const char* text, bool is_log = false) : label(text), log(is_log) {}
};

Axis log_scale(const char* label);

draw::Chart line_chart(std::string title, const Axis& x, const Axis& y, std::vector<draw::Guide> guides = {},
                       std::vector<std::string> categories = {});
draw::Chart bar_chart(std::string title, const Axis& x, const Axis& y, std::vector<std::string> categories,
                      std::vector<draw::Guide> guides = {});

/// Shares in percent, for the values of a chart.
std::vector<double> percent(std::vector<double> shares);
/// Shares in percent at x = 0, 1, 2, ..., as charts with categories have them.
experiment::TrialSeries percent_by_category(std::string chart, std::string name, std::vector<double> shares);

}  // namespace fathom::interview
