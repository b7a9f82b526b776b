/// Random damage to texts.
#pragma once

#include <string>
#include <vector>

#include "fathom/augment/random.hpp"

namespace fathom::augment {

/// One to five characters replaced, added, removed, or a part repeated, of `text`; `alphabet` has the pieces
/// that are put in.
inline std::string damaged(std::string text, const std::vector<std::string>& alphabet, Random& random) {
  for (std::int64_t times = random.whole(1, 5); times > 0; --times) {
    const auto at = static_cast<std::size_t>(random.whole(0, std::ssize(text)));
    const auto length = static_cast<std::size_t>(random.whole(0, 6));
    const std::string& piece = alphabet[static_cast<std::size_t>(random.whole(0, std::ssize(alphabet) - 1))];
    switch (random.whole(0, 3)) {
      case 0:
        text.insert(at, piece);
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.replace(at, length, piece);
        break;
      default:
        text.insert(at, text.substr(static_cast<std::size_t>(random.whole(0, std::ssize(text))), 4 * length));
    }
  }
  return text;
}

}  // namespace fathom::augment
