/// What the states of all runs share, whatever is trained: the data set, the caller's note, and how a text
/// is read back.
///
/// A state is an io/bundle.hpp: its text is a JSON object with the figures, its tensors are the weights.
/// Random-number states are not among them, since every epoch, step or update draws from a stream of its own
/// that the seed and its number determine.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::train {

/// What tells a kind of state from others.
struct StateFormat {
  const char* name;      ///< "fathom training state"
  std::int64_t version;  ///< raised when a figure or a weight changes its meaning
  const char* kind;      ///< for messages: "a training state"
};

/// What every run writes down of itself.
struct RunHeader {
  std::string data_name, data_checksum;
  std::string note;  ///< for the caller's own use
};

/// For core/fields.hpp.
constexpr auto kHeaderFields = [](auto& field, auto& header) {
  field("data_name", header.data_name);
  field("data_checksum", header.data_checksum);
  field("note", header.note);
};

/// Adds format and version to the figures of a run: the text of its bundle.
std::string state_text(const StateFormat& format, nlohmann::json figures);

/// The figures in `text`. Throws FormatError: no JSON, of another format or version.
nlohmann::json state_figures(const StateFormat& format, const std::string& text);

/// Throws FormatError where a state of `bytes` bytes cannot hold so many parameters.
void require_room(std::int64_t parameters, std::size_t bytes);

/// Throws FormatError where the run was on other data.
void require_same_data(const RunHeader& header, const std::string& name, const std::string& checksum);

/// What `work` gives. Whatever it finds wrong with a state becomes a FormatError "cannot resume: ...".
template <typename Work>
auto resuming(const Work& work) try {
  return work();
} catch (const FormatError& e) {
  throw FormatError(fmt::format("cannot resume: {}", e.what()));
} catch (const InvalidArgument& e) {
  throw FormatError(fmt::format("cannot resume: {}", e.what()));
}

}  // namespace fathom::train
