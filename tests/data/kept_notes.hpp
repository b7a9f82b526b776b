/// What a test's code says with fathom::note.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fathom/core/notes.hpp"

namespace fathom {

class KeptNotes {
 public:
  KeptNotes() : before_(set_note_handler([this](const std::string& text) { texts_.push_back(text); })) {}
  KeptNotes(const KeptNotes&) = delete;
  KeptNotes& operator=(const KeptNotes&) = delete;
  ~KeptNotes() { set_note_handler(std::move(before_)); }

  bool contain(const std::string& part) const {
    return std::any_of(texts_.begin(), texts_.end(),
                       [&](const std::string& text) { return text.find(part) != std::string::npos; });
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  NoteHandler before_;
};

}  // namespace fathom
