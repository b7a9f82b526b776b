/// Escaping text and embedding pictures in HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace fathom {

/// Escapes a text for element content and attribute values of HTML and SVG: <, >, & and " become entities,
/// control characters spaces, and bytes that are not UTF-8 U+FFFD.
std::string xml_escaped(std::string_view text);

/// Base64 as in RFC 4648, with padding; for data: URLs. At most 1 GB.
std::string base64(std::string_view bytes);

}  // namespace fathom
