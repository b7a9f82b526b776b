#include "fathom/draw/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "fathom/core/error.hpp"
#include "fathom/core/markup.hpp"
#include "fathom/draw/gnuplot.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/sha256.hpp"

namespace fathom::draw {
namespace {

/// Okabe & Ito, "Color Universal Design", 2008, in an order that keeps neighbours apart; yellow, faint on
/// white, is left out.
constexpr std::array kLineColours{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                  "#E69F00", "#56B4E9", "#000000"};
constexpr std::array kDashes{"1", "(8,4)", "(2,3)", "(8,3,2,3)", "(14,4)"};
constexpr std::size_t kMostMarkedPoints = 30;  // with more of them, a mark per point is clutter

struct Point {
  double x = 0, y = 0;
  double low = 0, high = 0;  // y itself where there is no interval
};

bool is_drawable(double value, bool log) { return std::isfinite(value) && (!log || value > 0); }

/// Bars of several series stand side by side around their category.
double bar_width(const Chart& chart) { return 0.8 / static_cast<double>(chart.series.size()); }

std::vector<Point> drawable_points(const Chart& chart, std::size_t index) {
  const Series& series = chart.series[index];
  const double aside = chart.marks == Marks::bars
                           ? bar_width(chart) * (static_cast<double>(index) + 0.5 -
                                                 static_cast<double>(chart.series.size()) / 2)
                           : 0;
  std::vector<Point> points;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const double x = series.x[i] + aside, y = series.y[i];
    if (!is_drawable(x, chart.log_x) || !is_drawable(y, chart.log_y)) continue;
    const auto end = [&](const std::vector<double>& ends) {
      return !ends.empty() && is_drawable(ends[i], chart.log_y) ? ends[i] : y;
    };
    points.push_back({x, y, end(series.low), end(series.high)});
  }
  return points;
}

void require_drawable(const Chart& chart) {
  if (chart.series.empty()) throw InvalidArgument(fmt::format("chart '{}' has no series", chart.title));
  for (const Series& series : chart.series) {
    if (series.x.size() != series.y.size()) {
      throw InvalidArgument(fmt::format("series '{}' has {} values in x and {} in y", series.name,
                                        series.x.size(), series.y.size()));
    }
    for (const std::vector<double>* ends : {&series.low, &series.high})
      if (ends->size() != series.low.size() || (!ends->empty() && ends->size() != series.y.size()))
        throw InvalidArgument(fmt::format("series '{}' has intervals for some of its values", series.name));
  }
  if ((chart.marks == Marks::bars || chart.marks == Marks::cells) && chart.categories.empty())
    throw InvalidArgument(fmt::format("chart '{}' has bars or cells but no categories", chart.title));
  if (chart.width < 100 || chart.height < 100 || chart.width > 10'000 || chart.height > 10'000) {
    throw InvalidArgument(
        fmt::format("a chart's sides must be 100 to 10000 pixels, not {}x{}", chart.width, chart.height));
  }
}

std::string titled(const std::string& name) {
  return name.empty() ? "notitle" : "title " + gnuplot_text(name);
}

/// What is drawn of a series from its data: one of gnuplot's plots, or two where a band lies behind a line.
std::vector<std::string> plots_of(const Chart& chart, std::size_t index, std::size_t points) {
  const Series& series = chart.series[index];
  const std::string data = points == 0 ? "NaN" : fmt::format("$s{}", index), title = titled(series.name);
  const std::string colour = fmt::format("lc rgb '{}'", kLineColours[index % kLineColours.size()]);
  const bool has_intervals = points > 0 && !series.low.empty();
  switch (chart.marks) {
    case Marks::points:
      if (has_intervals)
        return {data + " using 1:2:3:4 " + title + " with yerrorbars lw 2 pt 7 ps 0.7 " + colour};
      return {data + " " + title + fmt::format(" with points pt {} ps 0.4 ", index % 2 ? 9 : 7) + colour};
    case Marks::bars:
      if (points == 0) return {"NaN " + title + " with lines " + colour};
      return {fmt::format("{} using 1:2:3:4:({}) {} with boxerrorbars lw 1.5 {}", data,
                          0.9 * bar_width(chart), title, colour)};
    case Marks::lines:
    case Marks::cells:
      break;
  }
  std::vector<std::string> plots;
  if (has_intervals)
    plots.push_back(data + " using 1:3:4 notitle with filledcurves fs transparent solid 0.18 noborder " +
                    colour);
  const std::string line = fmt::format("lw 2 {} dt {}", colour, kDashes[index % kDashes.size()]);
  const std::string style =
      points > kMostMarkedPoints ? " with lines " + line : " with linespoints " + line + " pt 7 ps 0.5";
  const std::string columns = points == 0 ? " " : " using 1:2 ";
  plots.push_back(data + columns + title + style);
  return plots;
}

std::string category_tics(const Chart& chart) {
  std::string tics;
  for (std::size_t i = 0; i < chart.categories.size(); ++i)
    tics += fmt::format("{}{} {}", i == 0 ? "" : ", ", gnuplot_text(chart.categories[i]), i);
  return fmt::format("set xtics ({})\nset xrange [-0.6:{}]\n", tics,
                     static_cast<double>(chart.categories.size()) - 0.4);
}

std::string axes(const Chart& chart) {
  std::string out =
      "set encoding utf8\n"
      "set border 3 lc rgb '#666666'\n"
      "set tics nomirror out scale 0.6 textcolor rgb '#333333'\n"
      "set grid lc rgb '#DDDDDD' dt 1 lw 0.7\n"
      "set key bmargin center horizontal Left reverse samplen 3 height 1 textcolor rgb '#333333'\n"
      "set rmargin 4\n";
  out += "set title " + gnuplot_text(chart.title) + " font ',15' textcolor rgb '#111111'\n";
  out += "set xlabel " + gnuplot_text(chart.x_label) + " offset 0,0.4 textcolor rgb '#333333'\n";
  out += "set ylabel " + gnuplot_text(chart.y_label) + " textcolor rgb '#333333'\n";
  // Marks at the edges are seen whole; bars stand on the axis.
  if (!chart.log_y && chart.marks != Marks::bars) out += "set offsets 0, 0, graph 0.03, graph 0.03\n";
  if (chart.log_x) out += "set logscale x\nset format x '%g'\n";
  if (chart.log_y) out += "set logscale y\nset format y '%g'\n";
  if (chart.marks == Marks::bars) out += "set style fill solid 0.7 border\n";
  if (!chart.categories.empty()) out += category_tics(chart);
  return out;
}

/// Everything but the terminal: text and numbers, which name the chart as well; and what each plot shows.
struct Script {
  std::string text;
  std::vector<std::string> names;
};

Script script(const Chart& chart) {
  Script out{axes(chart), {}};
  std::vector<std::string> plots;
  bool empty = true, below_zero = false;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const std::vector<Point> points = drawable_points(chart, i);
    for (std::string& plot : plots_of(chart, i, points.size())) {
      plots.push_back(std::move(plot));
      out.names.push_back(chart.series[i].name);
    }
    if (points.empty()) continue;
    empty = false;
    out.text += fmt::format("$s{} << END\n", i);
    for (const auto& [x, y, low, high] : points) {
      out.text += fmt::format("{} {} {} {}\n", x, y, low, high);
      below_zero = below_zero || low < 0;
    }
    out.text += "END\n";
  }
  for (const Guide& guide : chart.guides) {
    if (!is_drawable(guide.y, chart.log_y)) continue;
    plots.push_back(
        fmt::format("{} {} with lines lw 1.5 lc rgb '#666666' dt (3,3)", guide.y, titled(guide.name)));
    out.names.push_back(guide.name);
  }
  if (empty) out.text += "set xrange [1:10]\nset yrange [1:10]\n";  // without points gnuplot knows no range
  if (!empty && chart.marks == Marks::bars && !chart.log_y && !below_zero) out.text += "set yrange [0:*]\n";
  out.text += fmt::format("plot {}\n", fmt::join(plots, ", "));
  return out;
}

void replace_once(std::string& text, const std::string& from, const std::string& to) {
  if (const std::size_t at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
}

/// Titles show when the mouse rests on a chart: ours instead of gnuplot's, which number the plots.
void set_titles(std::string& svg, const Chart& chart, const std::string& name,
                const std::vector<std::string>& plots) {
  replace_once(svg, "<title>" + name + "</title>", "<title>" + xml_escaped(chart.title) + "</title>");
  for (std::size_t i = 0; i < plots.size(); ++i)
    replace_once(svg, fmt::format("<title>{}_plot_{}</title>", name, i + 1),
                 "<title>" + xml_escaped(plots[i]) + "</title>");
  const std::size_t begin = svg.find("<desc>"), end = svg.find("</desc>");
  if (begin != std::string::npos && end != std::string::npos) svg.erase(begin, end + 7 - begin);
}

/// A row of cells for each series, the first on top: darker is less, and every cell says its value.
Script cells_script(const Chart& chart) {
  const auto rows = static_cast<double>(chart.series.size());
  double least = HUGE_VAL, most = -HUGE_VAL;
  for (const Series& series : chart.series)
    for (const double value : series.y)
      if (std::isfinite(value)) least = std::min(least, value), most = std::max(most, value);
  if (!(least <= most)) least = 0, most = 1;  // no cell
  if (least == most) most = least + 1;
  Script out{axes(chart), {}};
  out.text += fmt::format(
      "unset grid\nunset key\nset offsets 0, 0, 0, 0\nset xrange [-0.5:{}]\nset yrange [-0.5:{}]\n",
      static_cast<double>(chart.categories.size()) - 0.5, rows - 0.5);
  // Cividis (Nunez, Anderton & Renslow 2018): read alike with and without colour blindness.
  out.text +=
      "set palette defined (0 '#00224E', 1 '#35456C', 2 '#666970', 3 '#948E77', 4 '#C8B866', 5 '#FEE838')\n";
  out.text += fmt::format("set cbrange [{}:{}]\nset cblabel {} textcolor rgb '#333333'\nset rmargin 12\n",
                          least, most, gnuplot_text(chart.value_label));
  std::string tics, cells;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const Series& series = chart.series[i];
    const double row = rows - 1 - static_cast<double>(i);
    tics += fmt::format("{}{} {}", i == 0 ? "" : ", ", gnuplot_text(series.name), row);
    for (std::size_t j = 0; j < series.x.size(); ++j) {
      if (!std::isfinite(series.y[j])) continue;
      const bool dark = series.y[j] < (least + most) / 2;
      cells += fmt::format("{} {} {} \"{:.3g}\" {}\n", series.x[j], row, series.y[j], series.y[j],
                           dark ? 0xffffff : 0x111111);
    }
  }
  out.text += fmt::format("set ytics ({})\n", tics);
  if (cells.empty()) {
    out.text += "plot NaN notitle\n";
    return out;
  }
  out.text += fmt::format("$cells << END\n{}END\n", cells);
  out.text +=
      "plot $cells using 1:2:($1-0.48):($1+0.48):($2-0.47):($2+0.47):3 with boxxyerror fc palette fs solid "
      "noborder, $cells using 1:2:4:5 with labels tc rgb variable\n";
  out.names = {chart.title, chart.title};
  return out;
}

}  // namespace

std::string chart_svg(const Chart& chart) {
  require_drawable(chart);
  const Script commands = chart.marks == Marks::cells ? cells_script(chart) : script(chart);
  // Begins the ids within the element, which must differ between the charts of a page.
  const std::string name = "chart_" + io::sha256_of(commands.text).substr(0, 12);
  std::string svg = gnuplot_svg(fmt::format(
      "set terminal svg size {},{} fixed noenhanced font 'sans-serif,13' background 'white' name '{}'\n{}",
      chart.width, chart.height, name, commands.text));
  set_titles(svg, chart, name, commands.names);
  return svg;
}

}  // namespace fathom::draw
