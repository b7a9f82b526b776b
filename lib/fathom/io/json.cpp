#include "fathom/io/json.hpp"

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"

namespace fathom::io {
namespace {

using Json = nlohmann::ordered_json;

/// "[json.exception.parse_error.101] parse error at line 1, column 5: ..." without what is in brackets.
std::string reason(const Json::exception& e) {
  const std::string text = e.what();
  return text.substr(text.find(']') + 2);
}

/// Refuses depth and duplicate keys while the text is parsed, before anything deep has been built.
class Guard {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth >= kDeepestJson && (event == Event::object_start || event == Event::array_start))
      throw FormatError(
          fmt::format("not valid JSON: more than {} lists and objects within each other", kDeepestJson));
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key && !keys_.back().insert(parsed.get<std::string>()).second)
      throw FormatError(
          fmt::format("not valid JSON: the key '{}' is there twice", excerpt(parsed.get<std::string>())));
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;  // of the objects that are open
};

}  // namespace

Json parse_json(std::string_view text, std::size_t largest) {
  if (text.size() > largest)
    throw FormatError(fmt::format("not valid JSON: {} bytes, but at most {} are read here",
                                  grouped(text.size()), grouped(largest)));
  Guard guard;
  try {
    return Json::parse(text, [&](int depth, Json::parse_event_t event, Json& parsed) {
      return guard(depth, event, parsed);
    });
  } catch (const Json::exception& e) {  // a number that is too large is no parse_error
    throw FormatError(fmt::format("not valid JSON: {}", excerpt(reason(e))));
  }
}

}  // namespace fathom::io
