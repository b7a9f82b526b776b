#include "fathom/core/notes.hpp"

#include <cstdio>
#include <mutex>
#include <utility>

#include <fmt/format.h>

namespace fathom {
namespace {

struct Notes {
  std::mutex mutex;
  NoteHandler handler = [](const std::string& text) { fmt::print(stderr, "note: {}\n", text); };
};

Notes& notes() {
  static Notes all;
  return all;
}

}  // namespace

void note(const std::string& text) {
  const std::scoped_lock lock(notes().mutex);
  if (notes().handler) notes().handler(text);
}

NoteHandler set_note_handler(NoteHandler handler) {
  const std::scoped_lock lock(notes().mutex);
  return std::exchange(notes().handler, std::move(handler));
}

}  // namespace fathom
