/// The common part of all training states, for classifiers and GANs: the data set, the caller's note, and
/// reading a stored text.
///
/// A state is an io::Bundle: its text is a JSON object with numbers, its tensors are the weights. Random
/// states are not stored, because every epoch, step or update has its own random stream, determined by the
/// seed and its number.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::train {

/// Identifies a kind of state.
struct StateFormat {
  const char* name;      ///< "fathom training state"
  std::int64_t version;  ///< increased when a number or a weight changes its meaning
  const char* kind;      ///< for messages: "a training state"
};

/// The fields that every state has.
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

/// The text of the bundle: the numbers of a run with format and version added.
std::string state_text(const StateFormat& format, nlohmann::json figures);

/// The numbers in `text`. Throws FormatError if it is not JSON or has another format or version.
nlohmann::json state_figures(const StateFormat& format, const std::string& text);

/// Throws FormatError if a state of `bytes` bytes is too small for that many parameters.
void require_room(std::int64_t parameters, std::size_t bytes);

/// Throws FormatError if the run used other data.
void require_same_data(const RunHeader& header, const std::string& name, const std::string& checksum);

/// Returns the result of `work`. Its errors become a FormatError "cannot resume: ...".
template <typename Work>
auto resuming(const Work& work) try {
  return work();
} catch (const FormatError& e) {
  throw FormatError(fmt::format("cannot resume: {}", e.what()));
} catch (const InvalidArgument& e) {
  throw FormatError(fmt::format("cannot resume: {}", e.what()));
}

}  // namespace fathom::train
