#include "interview/frame/transcript.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fathom/core/text.hpp"

namespace fathom::interview {
namespace {

using namespace experiment;

constexpr std::size_t kColumns = 100;

std::string wrapped(const std::string& text, const std::string& indent) {
  std::string out, line = indent;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (line.size() + 1 + end - begin > kColumns && line.size() > indent.size()) {
      out += line + "\n";
      line = indent;
    }
    if (line.size() > indent.size()) line += ' ';
    line += text.substr(begin, end - begin);
    begin = end + 1;
  }
  return out + line + "\n";
}

const char* sign(Verdict verdict) {
  return verdict == Verdict::supported ? "+" : verdict == Verdict::refuted ? "-" : "?";
}

std::string line_of(const Judgement& j, const char* prefix) {
  return wrapped(fmt::format("{} {}{}: {}, required: {}", sign(j.verdict), prefix, j.claim.text,
                             figure_text(j), bounds_text(j.claim)),
                 "  ");
}

std::string asked(const Claim& claim) { return wrapped("- " + claim.text + ": " + bounds_text(claim), "  "); }

}  // namespace

std::string transcript(const Result& result) {
  std::string text = fmt::format("{}. {}\n", result.number, result.question);
  for (const Judgement& each : result.claims) text += line_of(each, "");
  for (const Judgement& each : result.controls) text += line_of(each, "control: ");
  return text + fmt::format("  {} ({:.0f} s)", to_string(result.verdict), result.seconds);
}

std::string explanation(const Experiment& e) {
  std::string text = fmt::format("{}. {}\n\n", e.number, e.question) + wrapped(e.answer, "  ");
  text += "\nThe experiment\n" + wrapped(e.method, "  ") + "Claims\n";
  for (const auto& each : e.claims) text += asked(each.value);
  text += "Controls\n";
  for (const auto& each : e.controls) text += asked(each.value);
  text += "With --without-cause\n" + wrapped(e.cause, "  ");
  text += "Fine print\n" + wrapped(e.fine_print, "  ");
  for (const std::string& each : e.sources) text += wrapped("- " + each, "  ");
  return text;
}

std::string caveats(const experiment::Results& results) {
  if (results.without_cause) return "";
  std::string text;
  for (const Result& each : results.experiments)
    for (const Judgement& j : each.caveats())
      text += wrapped(fmt::format("{}: {}", each.number, j.claim.caveat), "  ");
  return text.empty() ? text : "Where the usual answers are too simple\n" + text;
}

std::string summary(const experiment::Results& results) {
  std::string text;
  for (const Verdict verdict : {Verdict::supported, Verdict::refuted, Verdict::inconclusive}) {
    std::vector<std::string> numbers;
    for (const Result& each : results.experiments)
      if (each.verdict == verdict) numbers.push_back(std::to_string(each.number));
    if (verdict == Verdict::supported)
      text = fmt::format("{} of {} supported", numbers.size(), results.experiments.size());
    else if (!numbers.empty())
      text += fmt::format("; {}: {}", to_string(verdict), fmt::join(numbers, ", "));
  }
  return text;
}

}  // namespace fathom::interview
