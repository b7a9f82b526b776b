#include "fathom/experiment/results.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/names.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/json.hpp"

namespace fathom::experiment {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr Names<Statistic, 3> kStatistics = {{{Statistic::mean, "mean"},
                                              {Statistic::geometric_mean, "geometric-mean"},
                                              {Statistic::every_seed, "every-seed"}}};
constexpr Names<draw::Marks, 4> kMarks = {{{draw::Marks::lines, "lines"},
                                           {draw::Marks::points, "points"},
                                           {draw::Marks::bars, "bars"},
                                           {draw::Marks::cells, "cells"}}};

constexpr const char *kInfinite = "inf", *kMinusInfinite = "-inf";

/// For numbers that are read back. NaN is null.
Json number(double value) {
  if (std::isinf(value)) return value > 0 ? kInfinite : kMinusInfinite;
  return std::isnan(value) ? Json() : Json(value);
}

double number_in(const Json& json) {
  if (json == kInfinite) return HUGE_VAL;
  if (json == kMinusInfinite) return -HUGE_VAL;
  return json.is_null() ? std::nan("") : json.get<double>();
}

/// For numbers that are computed from others.
Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

std::vector<double> numbers_in(const Json& json) {
  std::vector<double> values;
  for (const Json& each : json) values.push_back(number_in(each));
  return values;
}

/// A side without a bound is left out.
Json bounds(const Claim& claim) {
  Json json;
  if (!std::isinf(claim.low)) json["at_least"] = claim.low;
  if (!std::isinf(claim.high)) json["at_most"] = claim.high;
  return json;
}

Json margin(const Claim& claim) {
  if (std::isinf(claim.high)) return claim.low;
  if (std::isinf(claim.low)) return claim.high;
  return Json::array({claim.low, claim.high});
}

Json to_json(const Judgement& j) {
  return {{"text", j.claim.text},
          {"estimate", finite_or_null(j.estimate.mean)},
          {"ci95", {finite_or_null(j.estimate.ci95.low), finite_or_null(j.estimate.ci95.high)}},
          {"margin", margin(j.claim)},
          {"bounds", bounds(j.claim)},
          {"unit", to_string(j.claim.unit)},
          {"judged", name_of(kStatistics, j.claim.statistic)},
          {"otherwise", j.claim.caveat},
          {"verdict", to_string(j.verdict)},
          {"values", numbers(j.values)}};
}

Judgement judgement_in(const Json& json) {
  Claim claim{.text = json.at("text"), .unit = unit_from(json.at("unit"))};
  const Json& asked = json.at("bounds");
  if (asked.contains("at_least")) claim.low = asked.at("at_least");
  if (asked.contains("at_most")) claim.high = asked.at("at_most");
  claim.caveat = json.value("otherwise", "");
  claim.statistic = value_of(kStatistics, "way to judge", json.at("judged").get<std::string>());
  return judge(claim, numbers_in(json.at("values")));
}

Json to_json(const std::vector<Judgement>& judgements) {
  Json list = Json::array();
  for (const Judgement& each : judgements) list.push_back(to_json(each));
  return list;
}

std::vector<Judgement> judgements_in(const Json& json) {
  std::vector<Judgement> all;
  for (const Json& each : json) all.push_back(judgement_in(each));
  return all;
}

Json control(const std::vector<Judgement>& controls) {
  std::vector<std::string> texts;
  bool holds = true;
  for (const Judgement& each : controls) {
    texts.push_back(each.claim.text);
    holds = holds && each.verdict == Verdict::supported;
  }
  return {
      {"text", fmt::format("{}", fmt::join(texts, "; "))}, {"holds", holds}, {"parts", to_json(controls)}};
}

Json to_json(const draw::Chart& chart) {
  Json series = Json::array(), guides = Json::array();
  for (const draw::Series& each : chart.series)
    series.push_back({{"name", each.name},
                      {"x", numbers(each.x)},
                      {"y", numbers(each.y)},
                      {"low", numbers(each.low)},
                      {"high", numbers(each.high)}});
  for (const draw::Guide& each : chart.guides) guides.push_back({{"name", each.name}, {"y", number(each.y)}});
  return {{"title", chart.title},
          {"x_label", chart.x_label},
          {"y_label", chart.y_label},
          {"marks", name_of(kMarks, chart.marks)},
          {"log_x", chart.log_x},
          {"log_y", chart.log_y},
          {"width", chart.width},
          {"height", chart.height},
          {"categories", chart.categories},
          {"guides", guides},
          {"value_label", chart.value_label},
          {"series", series}};
}

draw::Chart chart_in(const Json& json) {
  draw::Chart chart{.title = json.at("title"),
                    .x_label = json.at("x_label"),
                    .y_label = json.at("y_label"),
                    .log_x = json.at("log_x"),
                    .log_y = json.at("log_y"),
                    .width = json.at("width"),
                    .height = json.at("height"),
                    .marks = value_of(kMarks, "marks", json.at("marks").get<std::string>()),
                    .categories = json.at("categories"),
                    .value_label = json.at("value_label")};
  for (const Json& each : json.at("guides"))
    chart.guides.push_back({each.at("name"), number_in(each.at("y"))});
  for (const Json& each : json.at("series"))
    chart.series.push_back({each.at("name"), numbers_in(each.at("x")), numbers_in(each.at("y")),
                            numbers_in(each.at("low")), numbers_in(each.at("high"))});
  return chart;
}

std::string picture_file(const Result& result, std::size_t index) {
  return fmt::format("q{:02}-{}.png", result.number, index + 1);
}

Json to_json(const Result& result) {
  Json charts = Json::array(), pictures = Json::array();
  for (const draw::Chart& chart : result.charts) charts.push_back(to_json(chart));
  for (std::size_t i = 0; i < result.pictures.size(); ++i)
    pictures.push_back({{"caption", result.pictures[i].caption}, {"file", picture_file(result, i)}});
  return {{"number", result.number},
          {"slug", result.slug},
          {"question", result.question},
          {"verdict", to_string(result.verdict)},
          {"seconds", result.seconds},
          {"claims", to_json(result.claims)},
          {"control", control(result.controls)},
          {"charts", charts},
          {"pictures", pictures}};
}

Result result_in(const Json& json, const fs::path& folder) {
  Result result{.number = json.at("number"),
                .slug = json.at("slug"),
                .question = json.at("question"),
                .seconds = json.at("seconds"),
                .claims = judgements_in(json.at("claims")),
                .controls = judgements_in(json.at("control").at("parts"))};
  result.verdict = overall(result.claims, result.controls);
  for (const Json& each : json.at("charts")) result.charts.push_back(chart_in(each));
  for (const Json& each : json.at("pictures")) {
    const fs::path file = folder / fs::path(each.at("file").get<std::string>()).filename();
    result.pictures.push_back({each.at("caption"), image::read_picture(file.string())});
  }
  return result;
}

}  // namespace

std::int64_t usual_seeds(bool quick) { return quick ? 4 : 5; }

const Result* Results::find(int number) const {
  for (const Result& each : experiments)
    if (each.number == number) return &each;
  return nullptr;
}

void Results::put(Result result) {
  const auto place = std::find_if(experiments.begin(), experiments.end(),
                                  [&](const Result& each) { return each.number >= result.number; });
  if (place != experiments.end() && place->number == result.number)
    *place = std::move(result);
  else
    experiments.insert(place, std::move(result));
}

bool Results::same_run(const Results& other) const {
  return seed == other.seed && seeds == other.seeds && quick == other.quick &&
         without_cause == other.without_cause && version == other.version;
}

Json to_json(const Results& results) {
  Json experiments = Json::array();
  for (const Result& each : results.experiments) experiments.push_back(to_json(each));
  return {{"seed", results.seed},       {"seeds", results.seeds},
          {"quick", results.quick},     {"without_cause", results.without_cause},
          {"version", results.version}, {"experiments", experiments}};
}

void write_results(const fs::path& folder, const Results& results) {
  for (const Result& result : results.experiments)
    for (std::size_t i = 0; i < result.pictures.size(); ++i)
      image::write_picture((folder / picture_file(result, i)).string(), result.pictures[i].pixels);
  io::write_file(folder / "results.json",
                 to_json(results).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<Results> read_results(const fs::path& folder) {
  const fs::path file = folder / "results.json";
  if (!fs::exists(file)) return {};
  try {
    const Json json = io::parse_json(io::read_file(file), io::kLargestResults);
    Results results{.seed = json.at("seed"),
                    .seeds = json.at("seeds"),
                    .quick = json.at("quick"),
                    .without_cause = json.at("without_cause"),
                    .version = json.at("version")};
    for (const Json& each : json.at("experiments")) results.put(result_in(each, folder));
    return results;
  } catch (const Json::exception& e) {
    throw FormatError(fmt::format("'{}' is not a results file: {}", file.string(), e.what()));
  } catch (const InvalidArgument& e) {
    throw FormatError(fmt::format("'{}' is not a results file: {}", file.string(), e.what()));
  } catch (const FormatError& e) {
    throw FormatError(fmt::format("'{}' is not a results file: {}", file.string(), e.what()));
  }
}

}  // namespace fathom::experiment
