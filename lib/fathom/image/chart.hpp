/// Line charts as SVG, drawn by gnuplot (called as a process).
#pragma once

#include <string>
#include <vector>

namespace fathom::image {

struct Series {
  std::string name;
  std::vector<double> x, y;
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool log_x = false, log_y = false;
  int width = 640, height = 400;
};

/// The chart as one <svg> element without an XML header, for embedding in a page or writing to a file;
/// colours and dashes are told apart by colour-blind eyes (Okabe & Ito 2008). Points that are not finite are
/// left out. Throws InvalidArgument (no series, x and y of unlike length) or FileError where gnuplot is
/// missing or fails.
std::string line_chart_svg(const Chart& chart);

}  // namespace fathom::image
