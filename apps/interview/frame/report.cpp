#include "interview/frame/report.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cli/page.hpp"
#include "fathom/core/markup.hpp"
#include "interview/frame/questions.hpp"

namespace fathom::interview {
namespace {

using namespace experiment;

/// Words, marks and colours say the same: blue and orange differ for every eye (Okabe & Ito 2008).
constexpr const char* kStyle = R"(
:root { --supported: #0b62a4; --refuted: #b34700; --inconclusive: #6b6b70; }
@media (prefers-color-scheme: dark) { :root { --supported: #6cb8f0; --refuted: #f0a060; --inconclusive: #a0a0a8; } }
.supported { color: var(--supported); } .refuted { color: var(--refuted); } .inconclusive { color: var(--inconclusive); }
.verdict { font-weight: 700; white-space: nowrap; }
.overview { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: .6rem; padding: 0;
            list-style: none; margin: 1.4rem 0; }
.overview a { display: block; height: 100%; padding: .6rem .8rem; border: 1px solid var(--line); border-left: .35rem solid currentColor;
              border-radius: .5rem; text-decoration: none; }
.overview b { color: var(--ink); font-weight: 600; } .overview span { display: block; font-size: .9rem; }
.otherwise { max-width: 46rem; padding-left: 1.2rem; } .otherwise li { margin: .35rem 0; } .otherwise small { color: var(--soft); }
article { border-top: 2px solid var(--line); margin-top: 3rem; padding-top: .4rem; }
article h2 { margin-top: 1rem; } article h3 { margin: 1.4rem 0 .3rem; font-size: 1rem; }
blockquote { margin: .6rem 0; padding-left: 1rem; border-left: .25rem solid var(--line); max-width: 46rem; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; table-layout: fixed; }
th:nth-child(2) { width: 15rem; } th:nth-child(3) { width: 17rem; } th:nth-child(4) { width: 8.5rem; }
th { text-align: left; font-weight: 600; color: var(--soft); } th, td { padding: .35rem .8rem .35rem 0; vertical-align: top;
     border-bottom: 1px solid var(--line); }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; } .pictures figure { margin: .4rem 0; flex: 0 1 auto; max-width: 100%; }
.fine { color: var(--soft); font-size: .93rem; } .sources { font-size: .88rem; color: var(--soft); padding-left: 1.2rem; }
@media print, (max-width: 62rem) { th:nth-child(2) { width: 9rem; } th:nth-child(3) { width: 10.5rem; } th:nth-child(4) { width: 7rem; } }
@media screen and (max-width: 40rem) {
  table, tbody, tr, td { display: block; } thead { display: none; } td { border: 0; padding: .1rem 0; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; } td[data-label]::before { content: attr(data-label) ": "; color: var(--soft); }
}
@media print { :root { font-size: 12px; } article { break-before: page; border: 0; margin-top: 0; } body { max-width: none; padding: 0; font-size: 9.5pt; }
  .overview { grid-template-columns: repeat(3, 1fr); } .overview a { break-inside: avoid; } figure svg { max-height: 75mm; } }
)";

const char* mark(Verdict verdict) {
  return verdict == Verdict::supported ? "\u2713" : verdict == Verdict::refuted ? "\u2717" : "?";
}

std::string verdict_html(Verdict verdict, const std::string& words) {
  return fmt::format("<span class=\"verdict {}\">{} {}</span>", to_string(verdict), mark(verdict), words);
}

std::string verdict_html(Verdict verdict) { return verdict_html(verdict, to_string(verdict)); }

std::string overview_html(const Results& results) {
  std::string html = "<ul class=\"overview\">\n";
  for (const Result& each : results.experiments)
    html += fmt::format("<li><a class=\"{}\" href=\"#q{}\"><b>{}. {}</b><span>{}</span></a></li>\n",
                        to_string(each.verdict), each.number, each.number, xml_escaped(each.question),
                        verdict_html(each.verdict));
  return html + "</ul>\n";
}

/// The answers that are not supported, and the caveats. Empty without any, and for a run without causes,
/// which says nothing about the answers.
std::string caveats_html(const Results& results) {
  if (results.without_cause) return "";
  std::string items;
  for (const Result& each : results.experiments) {
    if (each.verdict != Verdict::supported)
      items += fmt::format("<li><a href=\"#q{}\">{}. {}</a> The usual answer is {}.</li>\n", each.number,
                           each.number, xml_escaped(each.question), verdict_html(each.verdict));
    for (const Judgement& j : each.caveats())
      items += fmt::format("<li>{} <small><a href=\"#q{}\">Question {}</a>; {}: {}</small></li>\n",
                           xml_escaped(j.claim.caveat), each.number, each.number, xml_escaped(j.claim.text),
                           figure_text(j));
  }
  if (items.empty()) return "";
  return "<h2 id=\"otherwise\">Where the usual answers are too simple</h2>\n<ul class=\"otherwise\">\n" +
         items + "</ul>\n";
}

std::string counts_text(const Results& results) {
  std::array<int, 3> counts{};
  for (const Result& each : results.experiments) ++counts[static_cast<std::size_t>(each.verdict)];
  return fmt::format("{} supported, {} refuted, {} inconclusive", counts[0], counts[1], counts[2]);
}

/// A control that comes out as it should holds: it supports nothing by itself.
std::string row_html(const Judgement& j, bool is_control) {
  const bool holds = j.verdict == Verdict::supported;
  const std::string verdict = is_control ? verdict_html(holds ? Verdict::supported : Verdict::inconclusive,
                                                        holds ? "holds" : "does not hold")
                                         : verdict_html(j.verdict);
  return fmt::format(
      "<tr><td{}>{}</td><td data-label=\"required\">{}</td><td "
      "data-label=\"measured\">{}</td><td>{}</td></tr>\n",
      is_control ? " data-label=\"control\"" : "", xml_escaped(j.claim.text), bounds_text(j.claim),
      figure_text(j), verdict);
}

std::string judgements_html(const std::vector<Judgement>& judgements, const char* heading,
                            bool are_controls) {
  std::string rows;
  for (const Judgement& each : judgements) rows += row_html(each, are_controls);
  return fmt::format(
      "<table><thead><tr><th>{}</th><th>required</th><th>measured</th><th></th></tr></thead><tbody>\n{}</"
      "tbody></table>\n",
      heading, rows);
}

std::string figures_html(const Result& result) {
  std::string html;
  for (const draw::Chart& chart : result.charts) html += "<figure>" + draw::chart_svg(chart) + "</figure>\n";
  if (result.pictures.empty()) return html;
  html += "<div class=\"pictures\">\n";
  for (const experiment::Picture& each : result.pictures)
    html += fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n",
                        cli::picture_tag(each.pixels, each.caption), xml_escaped(each.caption));
  return html + "</div>\n";
}

std::string sources_html(const std::vector<std::string>& sources) {
  std::string items;
  for (const std::string& each : sources) items += "<li>" + xml_escaped(each) + "</li>\n";
  return "<ul class=\"sources\">\n" + items + "</ul>\n";
}

std::string card_html(const Results& results, const Result& result) {
  const experiment::Experiment& about = question(result.number);
  return fmt::format(
      "<article id=\"q{}\">\n<h2>{}. {}</h2>\n<p>{}</p>\n<blockquote>{}</blockquote>\n"
      "<h3>The experiment</h3>\n<p>{}</p>\n{}{}{}<h3>Fine print</h3>\n<p class=\"fine\">{}</p>\n{}"
      "<p class=\"fine\"><code>{}</code>, {:.0f} s; <code>{}</code></p>\n</article>\n",
      result.number, result.number, xml_escaped(result.question), verdict_html(result.verdict),
      xml_escaped(about.answer), xml_escaped(about.method), judgements_html(result.claims, "claim", false),
      judgements_html(result.controls, "control", true), figures_html(result), xml_escaped(about.fine_print),
      sources_html(about.sources), xml_escaped(command_of(results, result.number)), result.seconds,
      source_file(result));
}

std::string introduction_html(const Results& results) {
  return fmt::format(
      "<h1>The interview</h1>\n<p>Well-known answers about deep learning, each put to a test that could "
      "prove it wrong. Every claim is stated before the experiment runs: a quantity and its bounds. It is "
      "supported if the whole 95 % interval over {} seeds ({} to {}) is within the bounds, refuted if the "
      "whole interval is outside, and otherwise inconclusive. Some claims must hold for every seed; the "
      "figure is then the value closest to failing. In a control the cause is removed, so the effect must be "
      "absent. If a control fails, the verdict is inconclusive.{}{}</p>\n"
      "<p><b>{}.</b> fathom {}.</p>\n",
      results.seeds, results.seed, results.seed + static_cast<std::uint64_t>(results.seeds) - 1,
      results.quick ? " This is a quick run, with smaller experiments." : "",
      results.without_cause
          ? " In this run, the cause was removed from every experiment: verdicts must change."
          : "",
      counts_text(results), results.version);
}

}  // namespace

std::string command_of(const Results& results, int number) {
  const std::int64_t usual = usual_seeds(results.quick);
  return fmt::format("interview {}{}{}{}{}", number, results.quick ? " --quick" : "",
                     results.seed != 0 ? fmt::format(" --seed {}", results.seed) : "",
                     results.seeds != usual ? fmt::format(" --seeds {}", results.seeds) : "",
                     results.without_cause ? " --without-cause" : "");
}

std::string source_file(const Result& result) {
  std::string name = result.slug;
  std::replace(name.begin(), name.end(), '-', '_');
  return fmt::format("apps/interview/questions/q{:02}_{}.cpp", result.number, name);
}

std::string report_html(const Results& results) {
  std::string body = introduction_html(results) + overview_html(results) + caveats_html(results);
  for (const Result& each : results.experiments) body += card_html(results, each);
  return cli::html_page("The interview", kStyle, body);
}

}  // namespace fathom::interview
