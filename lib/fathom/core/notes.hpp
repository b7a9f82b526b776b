/// What a computation assumed, converted, skipped or guessed: said once, to whoever watches it.
///
///   note("the model ends in softmax; its logarithm is used as logits");
#pragma once

#include <functional>
#include <string>

namespace fathom {

/// Passes on a sentence without a full stop, in one line. May be called by any thread.
void note(const std::string& text);

using NoteHandler = std::function<void(const std::string&)>;

/// Has `handler` called for every note from now on, by one thread at a time, and gives back the last one. The
/// first handler writes a line on stderr: "note: ...".
NoteHandler set_note_handler(NoteHandler handler);

}  // namespace fathom
