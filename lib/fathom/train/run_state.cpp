#include "fathom/train/run_state.hpp"

#include "fathom/core/fields.hpp"
#include "fathom/io/json.hpp"

namespace fathom::train {

using nlohmann::json;

std::string state_text(const StateFormat& format, json figures) {
  figures["format"] = format.name;
  figures["version"] = format.version;
  return figures.dump();
}

json state_figures(const StateFormat& format, const std::string& text) {
  json figures = io::parse_json(text, io::kLargestResults);
  const FieldReader read(figures);
  std::string name;
  std::int64_t version = 0;
  read("format", name);
  if (name != format.name) throw FormatError(fmt::format("it is not {}", format.kind));
  read("version", version);
  if (version != format.version)
    throw FormatError(
        fmt::format("it has format version {}, but this program reads version {}", version, format.version));
  return figures;
}

void require_room(std::int64_t parameters, std::size_t bytes) {
  if (static_cast<std::uint64_t>(parameters) * sizeof(float) > bytes)
    throw FormatError(
        fmt::format("it describes a network of {} parameters, more than the file can hold", parameters));
}

void require_same_data(const RunHeader& header, const std::string& name, const std::string& checksum) {
  if (checksum != header.data_checksum)
    throw FormatError(fmt::format("the run used '{}' with checksum {:.12}, but this '{}' has {:.12}",
                                  header.data_name, header.data_checksum, name, checksum));
}

}  // namespace fathom::train
