/// Charts as SVG, drawn by gnuplot (called as a process).
#pragma once

#include <string>
#include <vector>

namespace fathom::draw {

struct Series {
  std::string name;
  std::vector<double> x, y;
  std::vector<double> low, high;  ///< interval of each y; both empty: no intervals
};

/// How values are shown: a line with its interval as a band, points or bars with error bars, or the cells of
/// a heat map, with a row for each series, a column for each category and no intervals.
enum class Marks { lines, points, bars, cells };

/// A level across the whole chart, such as chance.
struct Guide {
  std::string name;
  double y = 0;
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool log_x = false, log_y = false;
  int width = 640, height = 400;
  Marks marks = Marks::lines;
  std::vector<std::string>
      categories;  ///< labels for x = 0, 1, ... instead of numbers; required for bars and cells
  std::vector<Guide> guides;
  std::string value_label;  ///< label of the colour scale of cells
};

/// The chart as one <svg> element without an XML header, for embedding in a page or writing to a file;
/// colours and dashes are distinguishable for colour-blind readers (Okabe & Ito 2008). Points that are not
/// finite are omitted, and so are interval ends that a logarithmic axis cannot show. Throws InvalidArgument
/// (no series, x and y of different lengths, bars or cells without categories) or FileError if gnuplot is
/// missing or fails.
std::string chart_svg(const Chart& chart);

}  // namespace fathom::draw
