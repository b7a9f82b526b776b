/// Escaping text and embedding pictures in HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace fathom {

/// With <, >, & and " as entities, control characters as spaces, and bytes that are not UTF-8 as U+FFFD: for
/// element content and attribute values of HTML and SVG.
std::string xml_escaped(std::string_view text);

/// RFC 4648, with padding; for data: addresses. At most 1 GB.
std::string base64(std::string_view bytes);

}  // namespace fathom
