#include "interview/material/charts.hpp"

#include <utility>

namespace fathom::interview {

Axis log_scale(const char* label) { return {label, true}; }

draw::Chart line_chart(std::string title, const Axis& x, const Axis& y, std::vector<draw::Guide> guides,
                       std::vector<std::string> categories) {
  draw::Chart chart;
  chart.title = std::move(title);
  chart.x_label = x.label;
  chart.y_label = y.label;
  chart.log_x = x.log;
  chart.log_y = y.log;
  chart.guides = std::move(guides);
  chart.categories = std::move(categories);
  return chart;
}

draw::Chart bar_chart(std::string title, const Axis& x, const Axis& y, std::vector<std::string> categories,
                      std::vector<draw::Guide> guides) {
  draw::Chart chart = line_chart(std::move(title), x, y, std::move(guides), std::move(categories));
  chart.marks = draw::Marks::bars;
  return chart;
}

std::vector<double> percent(std::vector<double> shares) {
  for (double& share : shares) share *= 100;
  return shares;
}

experiment::TrialSeries percent_by_category(std::string chart, std::string name, std::vector<double> shares) {
  return experiment::by_category(std::move(chart), std::move(name), percent(std::move(shares)));
}

}  // namespace fathom::interview
