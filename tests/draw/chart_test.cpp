#include "fathom/draw/chart.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "fathom/core/error.hpp"
#include "temporary_folder.hpp"

namespace fathom::draw {
namespace {

Chart small_chart() {
  return {"Loss of cnn",
          "epoch",
          "loss",
          {{"training", {1, 2, 3}, {0.9, 0.5, 0.3}}, {"validation", {1, 2, 3}, {0.8, 0.6, 0.5}}}};
}

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

/// Round marks that are drawn: one per point of a short series, and one in the key for a series with a name.
std::size_t marks(const std::string& svg) { return occurrences(svg, "<use xlink:href='#gpPt6'"); }

TEST(Chart, IsOneSvgElement) {
  const std::string svg = chart_svg(small_chart());
  EXPECT_TRUE(svg.starts_with("<svg"));
  EXPECT_TRUE(svg.ends_with("</svg>"));
  EXPECT_EQ(occurrences(svg, "<svg"), 1u);
  EXPECT_EQ(occurrences(svg, "<?xml"), 0u);
  EXPECT_NE(svg.find("width=\"640\" height=\"400\""), std::string::npos);
}

TEST(Chart, WordsAreShown) {
  const std::string svg = chart_svg(small_chart());
  for (const char* word : {"Loss of cnn", "epoch", "loss", "training", "validation"}) {
    EXPECT_NE(svg.find(">" + std::string(word) + "<"), std::string::npos) << word;
  }
}

TEST(Chart, SeriesHaveColoursOfTheirOwn) {
  const std::string svg = chart_svg(small_chart());
  EXPECT_NE(svg.find("rgb(  0, 114, 178)"), std::string::npos);  // blue and vermillion of Okabe & Ito
  EXPECT_NE(svg.find("rgb(213,  94,   0)"), std::string::npos);
  EXPECT_NE(svg.find("stroke-dasharray"), std::string::npos);  // and the second is dashed
}

TEST(Chart, TheSameChartGivesTheSameText) { EXPECT_EQ(chart_svg(small_chart()), chart_svg(small_chart())); }

TEST(Chart, ChartsOfAPageHaveDifferentIds) {
  Chart other = small_chart();
  other.title = "Another";
  const auto first_id = [](const std::string& svg) { return svg.substr(svg.find("id=\"chart_"), 24); };
  EXPECT_NE(first_id(chart_svg(small_chart())), first_id(chart_svg(other)));
}

TEST(Chart, PointsThatAreNotFiniteAreLeftOut) {
  Chart chart = small_chart();
  ASSERT_EQ(marks(chart_svg(chart)), 3u + 3u + 2u);
  chart.series[0].y[1] = std::nan("");
  chart.series[1].x[0] = INFINITY;
  EXPECT_EQ(marks(chart_svg(chart)), 2u + 2u + 2u);
}

TEST(Chart, LogarithmicAxesLeaveOutWhatHasNoLogarithm) {
  Chart chart = small_chart();
  chart.log_y = true;
  chart.series[0].y = {0.9, 0, -1};
  EXPECT_EQ(marks(chart_svg(chart)), 1u + 3u + 2u);
}

TEST(Chart, ChartsWithoutAnyPointAreDrawnEmpty) {
  for (const bool log : {false, true}) {
    const Chart chart{"Diverged", "epoch", "loss", {{"training", {1}, {std::nan("")}}, {"nothing", {}, {}}},
                      log,        log};
    EXPECT_NE(chart_svg(chart).find("Diverged"), std::string::npos);
  }
}

TEST(Chart, ConstantAndSingleSeriesAreDrawn) {
  EXPECT_NO_THROW(chart_svg({"", "", "", {{"", {1}, {5}}}}));
  EXPECT_NO_THROW(chart_svg({"", "", "", {{"", {1, 2, 3}, {0, 0, 0}}}}));
  EXPECT_NO_THROW(chart_svg({"", "", "", {{"", {1, 2}, {1e-300, 1e300}}}}));
}

TEST(Chart, ManySeriesAreDrawn) {
  Chart chart = small_chart();
  chart.series.assign(40, chart.series[0]);
  EXPECT_EQ(occurrences(chart_svg(chart), "<title>training</title>"), 40u);
}

TEST(Chart, WordsCannotRunCommands) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "made").string();
  const std::vector<std::string> attacks{"`touch " + file + "`",
                                         "' . system('touch " + file + "') . '",
                                         "$(touch " + file + ")",
                                         "'\nsystem 'touch " + file + "'\n#",
                                         "'; system 'touch " + file + "'; '",
                                         "\\';!touch " + file};
  for (const std::string& attack : attacks) {
    Chart chart{attack, attack, attack, {{attack, {1, 2}, {3, 4}}}};
    EXPECT_NO_THROW(chart_svg(chart)) << attack;
    EXPECT_FALSE(std::filesystem::exists(file)) << attack;
  }
}

TEST(Chart, WordsAreTakenLiterally) {
  Chart chart = small_chart();
  chart.title = "a_b^c <7> & {d} it's \\n %g 5";
  const std::string svg = chart_svg(chart);
  EXPECT_NE(svg.find("<title>a_b^c &lt;7&gt; &amp; {d} it's \\n %g 5</title>"), std::string::npos);
  EXPECT_EQ(svg.find("<7>"), std::string::npos);
  EXPECT_NE(svg.find("a_b^c &lt;7> &amp; {d} it's \\n %g 5</text>"), std::string::npos);
}

TEST(Chart, WordsMayBeOfAnyScript) {
  Chart chart = small_chart();
  chart.title = "Vögel, собака \xff";
  chart.series[0].name = "猫";
  const std::string svg = chart_svg(chart);
  EXPECT_NE(svg.find(">Vögel, собака \uFFFD</text>"), std::string::npos);
  EXPECT_NE(svg.find("<title>Vögel, собака \uFFFD</title>"), std::string::npos);
  EXPECT_NE(svg.find(">猫<"), std::string::npos);
  EXPECT_EQ(svg.find('\xff'), std::string::npos);
}

TEST(Chart, ImpossibleChartsAreRefused) {
  EXPECT_THROW(chart_svg({"", "", "", {}}), InvalidArgument);
  EXPECT_THROW(chart_svg({"", "", "", {{"a", {1, 2}, {1}}}}), InvalidArgument);
  Chart chart = small_chart();
  chart.width = 0;
  EXPECT_THROW(chart_svg(chart), InvalidArgument);
}

TEST(Chart, IntervalsAreBandsBehindLinesAndErrorBarsOnPoints) {
  Chart chart = small_chart();
  const std::string plain = chart_svg(chart);
  chart.series[0].low = {0.8, 0.4, 0.2}, chart.series[0].high = {1, 0.6, 0.4};
  const std::string band = chart_svg(chart);
  EXPECT_EQ(occurrences(plain, "fill-opacity"), 0u);
  EXPECT_EQ(occurrences(band, "<title>training</title>"), 2u);  // the band and the line
  EXPECT_NE(band.find("fill-opacity = '0.18"), std::string::npos);
  chart.marks = Marks::points;
  EXPECT_EQ(occurrences(chart_svg(chart), "<title>training</title>"), 1u);
}

TEST(Chart, BarsStandOverTheirCategories) {
  const Chart chart{.title = "t",
                    .x_label = "x",
                    .y_label = "y",
                    .series = {{"a", {0, 1}, {3, 4}}, {"b", {0, 1}, {5, 6}}},
                    .marks = Marks::bars,
                    .categories = {"spirals", "clouds"},
                    .guides = {{"chance", 2}}};
  const std::string svg = chart_svg(chart);
  for (const char* word : {"spirals", "clouds", "chance", "a", "b"})
    EXPECT_NE(svg.find(">" + std::string(word) + "<"), std::string::npos) << word;
}

TEST(Chart, CellsSayTheirValuesOnColoursBetweenTheLeastAndTheMost) {
  Chart chart{.title = "t",
              .x_label = "layers kept",
              .y_label = "layers added",
              .series = {{"one", {0, 1}, {50, 61.25}}, {"two", {0, 1}, {70, std::nan("")}}},
              .marks = Marks::cells,
              .categories = {"1", "2"},
              .value_label = "accuracy, %"};
  const std::string svg = chart_svg(chart);
  for (const char* word : {"one", "two", "layers kept", "accuracy, %"})
    EXPECT_NE(svg.find(">" + std::string(word) + "<"), std::string::npos) << word;
  for (const char* cell : {">50<", ">61.2<", ">70<"}) EXPECT_NE(svg.find(cell), std::string::npos) << cell;
  EXPECT_NE(svg.find("rgb(  0,  34,  78)"), std::string::npos);  // the least
  EXPECT_NE(svg.find("rgb(254, 232,  56)"), std::string::npos);  // the most
  chart.series = {{"one", {0}, {1}}};                            // one value, and none
  EXPECT_NO_THROW(chart_svg(chart));
  chart.series = {{"one", {}, {}}};
  EXPECT_NO_THROW(chart_svg(chart));
  chart.categories.clear();
  EXPECT_THROW(chart_svg(chart), InvalidArgument);
}

TEST(Chart, BarsWithoutCategoriesAndHalfIntervalsAreRefused) {
  Chart chart = small_chart();
  chart.marks = Marks::bars;
  EXPECT_THROW(chart_svg(chart), InvalidArgument);
  chart = small_chart();
  chart.series[0].low = {1, 2, 3};
  EXPECT_THROW(chart_svg(chart), InvalidArgument);
}

TEST(Chart, WithoutGnuplotTheErrorNamesThePackage) {
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/no/such/folder", 1);
  std::string text;
  try {
    chart_svg(small_chart());
  } catch (const FileError& error) {
    text = error.what();
  }
  setenv("PATH", path.c_str(), 1);
  EXPECT_NE(text.find("gnuplot-nox"), std::string::npos) << text;
}

}  // namespace
}  // namespace fathom::draw
