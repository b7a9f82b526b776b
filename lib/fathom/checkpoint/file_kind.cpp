#include "fathom/checkpoint/file_kind.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/image/format.hpp"
#include "fathom/io/archive.hpp"
#include "fathom/io/json.hpp"
#include "fathom/io/pickle.hpp"

namespace fathom::checkpoint {
namespace {

constexpr std::string_view kPickleStart = "\x80";
/// torch.save before PyTorch 1.6: a pickled number, by which its reader knows the file.
constexpr std::string_view kLegacyStart = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr std::size_t kLooksAt = 1 << 20;  // bytes of a pickle that is not in an archive

struct KindWords {
  FileKind kind;
  const char *name, *description;
};

constexpr std::array kWords = {
    KindWords{FileKind::checkpoint, "checkpoint", "a classifier with fathom's card"},
    KindWords{FileKind::generator, "generator", "a generator with fathom's card"},
    KindWords{FileKind::torchscript, "torchscript", "a TorchScript program without fathom's card"},
    KindWords{FileKind::training_state, "training_state", "the training state of a classifier"},
    KindWords{FileKind::gan_state, "gan_state", "the training state of a GAN"},
    KindWords{FileKind::module, "module",
              "a network saved by torch.save, which only the Python code of its class can load"},
    KindWords{FileKind::state_dict, "state_dict",
              "a state dict saved by torch.save (named weights without their network)"},
    KindWords{FileKind::training_dump, "training_dump",
              "a dictionary saved by torch.save (weights and other things, without their network)"},
    KindWords{FileKind::tensor, "tensor", "a tensor saved by torch.save"},
    KindWords{FileKind::pickle, "pickle", "a Python object saved by pickle"},
    KindWords{FileKind::exported_program, "exported_program", "a program saved by torch.export"},
    KindWords{FileKind::safetensors, "safetensors",
              "a safetensors file (named weights without their network)"},
    KindWords{FileKind::hdf5, "hdf5", "an HDF5 file, as Keras writes them"},
    KindWords{FileKind::keras, "keras", "a Keras model"},
    KindWords{FileKind::onnx, "onnx", "an ONNX model"},
    KindWords{FileKind::tflite, "tflite", "a TensorFlow Lite model"},
    KindWords{FileKind::gguf, "gguf", "a GGUF language model"},
    KindWords{FileKind::numpy, "numpy", "a NumPy array"},
    KindWords{FileKind::picture, "picture", "a picture"},
    KindWords{FileKind::zip, "zip", "a zip archive without a TorchScript program"},
    KindWords{FileKind::gzip, "gzip", "a gzip file"},
    KindWords{FileKind::git_lfs_pointer, "git_lfs_pointer",
              "a Git LFS pointer in place of the file ('git lfs pull' gets it)"},
    KindWords{FileKind::web_page, "web_page", "a web page, so the download gave something else"},
    KindWords{FileKind::empty, "empty", "an empty file"},
    KindWords{FileKind::unknown, "unknown", "a file of no known kind"},
};

const KindWords& words_of(FileKind kind) {
  return *std::find_if(kWords.begin(), kWords.end(), [&](const KindWords& w) { return w.kind == kind; });
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The first object that a pickle names, as "module\nname"; empty if its first value is no object.
std::string_view first_object(std::string_view pickle) {
  const std::size_t at = pickle.starts_with(kPickleStart) ? 2 : 0;  // after the protocol's number
  if (at >= pickle.size() || pickle[at] != 'c') return {};
  const std::size_t line = pickle.find('\n', at), end = pickle.find('\n', line + 1);
  if (line == std::string_view::npos || end == std::string_view::npos) return {};
  return pickle.substr(at + 1, end - at - 1);
}

/// What torch.save was given.
FileKind kind_of_saved(std::string_view pickle) {
  for (const auto& [text, kind] :
       {std::pair{"\"format\":\"fathom training state\"", FileKind::training_state},
        std::pair{"\"format\":\"fathom GAN state\"", FileKind::gan_state}})
    if (has(pickle, text)) return kind;
  const std::string_view first = first_object(pickle);
  const bool has_weights = has(pickle, "_rebuild_tensor") || has(pickle, "_rebuild_parameter");
  if (first.starts_with("torch._utils\n_rebuild")) return FileKind::tensor;
  if (has(pickle, "_parameters") && has(pickle, "_modules")) return FileKind::module;
  if (!has_weights) return FileKind::pickle;
  return first == "collections\nOrderedDict" && !has(pickle, "param_groups") ? FileKind::state_dict
                                                                             : FileKind::training_dump;
}

/// The object in the old form of torch.save, behind three short values.
std::string_view legacy_object(std::string_view bytes) {
  std::string_view rest = bytes.substr(0, kLooksAt);
  for (int skipped = 0; skipped < 3; ++skipped) {
    const std::size_t next = rest.find(".\x80", 1);
    if (next == std::string_view::npos) return {};
    rest.remove_prefix(next + 1);
  }
  return rest;
}

std::optional<std::string> member(const std::string& bytes, const std::string& name, std::uint64_t largest) {
  try {
    return io::archive_member(bytes, name, largest, "");
  } catch (const FormatError&) {
    return {};
  }
}

FileKind kind_of_archive(const std::string& bytes) {
  std::vector<std::string> names;
  try {
    names = io::archive_names(bytes, "");
  } catch (const FormatError&) {
    return FileKind::unknown;  // damaged
  }
  const auto any = [&](auto&& passes) { return std::any_of(names.begin(), names.end(), passes); };
  const auto ends = [&](const char* ending) {
    return any([&](const std::string& name) { return name.ends_with(ending); });
  };
  if (ends("constants.pkl")) {
    if (!ends("fathom.json")) return FileKind::torchscript;
    const auto card = member(bytes, "fathom.json", io::kLargestCard);
    return card && has(*card, "\"generator_format\"") ? FileKind::generator : FileKind::checkpoint;
  }
  if (ends("serialized_exported_program.json") || ends("/archive_format")) return FileKind::exported_program;
  if (ends("data.pkl")) {
    const auto pickle = member(bytes, "data.pkl", io::kLargestPickle);
    return pickle ? kind_of_saved(*pickle) : FileKind::unknown;
  }
  if (ends("model.weights.h5")) return FileKind::keras;
  return !names.empty() && names.front().ends_with(".npy") ? FileKind::numpy : FileKind::zip;
}

/// Eight bytes with the length of a JSON object, the object, the numbers.
bool is_safetensors(std::string_view bytes) {
  if (bytes.size() < 10 || bytes[8] != '{') return false;
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length >= 2 && length <= bytes.size() - 8 && has(bytes.substr(8, length), "\"data_offsets\"");
}

/// A number of a protocol buffer at `at`, which moves behind it; nothing where the bytes end in it.
std::optional<std::uint64_t> varint(std::string_view bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return {};
}

/// Whether the bytes are the fields of onnx.ModelProto, to the last one, among them a graph (7).
bool is_onnx(std::string_view bytes) {
  bool has_graph = false;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto tag = varint(bytes, at);
    const std::uint64_t number = tag ? *tag >> 3 : 0, form = tag ? *tag & 7 : 7;
    const bool is_number = number == 1 || number == 5;
    const bool is_known = is_number || (number >= 2 && number <= 8) || number == 14 || number == 20 ||
                          number == 25 || number == 26;
    if (!is_known || form != (is_number ? 0U : 2U)) return false;
    const auto value = varint(bytes, at);
    if (!value || (!is_number && *value > bytes.size() - at)) return false;
    if (!is_number) at += static_cast<std::size_t>(*value);
    has_graph |= number == 7;
  }
  return has_graph;
}

/// What torch.save wrote, as a pickle.
std::string saved_pickle(const std::string& bytes) {
  if (auto pickle = member(bytes, "data.pkl", io::kLargestPickle)) return *std::move(pickle);
  return std::string(bytes.starts_with(kLegacyStart) ? legacy_object(bytes)
                                                     : std::string_view(bytes).substr(0, kLooksAt));
}

/// The key under which a saved dictionary has its weights or its network.
std::string weights_key(const std::string& text) {
  for (const char* key : {"model_state_dict", "state_dict", "model_state", "model", "net"}) {
    // A text in a pickle: X, four bytes of length, the text.
    const std::string_view name = key;
    const std::string entry =
        std::string("X") + static_cast<char>(name.size()) + std::string(3, '\0') + std::string(name);
    if (has(text, entry)) return key;
  }
  return "state_dict";
}

constexpr const char* kTrace = "torch.jit.save(torch.jit.trace({}, torch.rand(2, 3, 224, 224)), '{}')";

}  // namespace

FileKind kind_of(const std::string& bytes) {
  const std::string_view all = bytes;
  if (all.empty()) return FileKind::empty;
  if (all.starts_with("PK")) return kind_of_archive(bytes);
  if (all.starts_with(kLegacyStart)) return kind_of_saved(legacy_object(all));
  if (all.starts_with(kPickleStart) && all.size() > 2 && all[1] >= 2 && all[1] <= 5)
    return kind_of_saved(all.substr(0, kLooksAt));
  if (all.starts_with("\x89HDF\r\n\x1a\n")) return FileKind::hdf5;
  if (all.starts_with("\x93NUMPY")) return FileKind::numpy;
  if (all.starts_with("\x1f\x8b")) return FileKind::gzip;
  if (all.starts_with("GGUF")) return FileKind::gguf;
  if (all.substr(std::min<std::size_t>(4, all.size()), 4) == "TFL3") return FileKind::tflite;
  if (all.starts_with("version https://git-lfs")) return FileKind::git_lfs_pointer;
  const std::string start = lower_case(std::string(all.substr(0, 64)));
  if (has(start, "<!doctype html") || has(start, "<html")) return FileKind::web_page;
  if (image::is_picture(bytes.substr(0, 32))) return FileKind::picture;
  if (is_safetensors(all)) return FileKind::safetensors;
  return is_onnx(all) ? FileKind::onnx : FileKind::unknown;
}

std::string to_string(FileKind kind) { return words_of(kind).name; }

std::string description(FileKind kind) { return words_of(kind).description; }

std::string export_lines(FileKind kind, const std::string& bytes, const std::string& file) {
  const std::string target = std::filesystem::path(file).stem().string() + ".pt",
                    program = target == std::filesystem::path(file).filename() ? "program.pt" : target;
  const auto lines = [&](const std::string& first, const std::string& network) {
    return first + "; " + fmt::format(fmt::runtime(kTrace), network, program);
  };
  const std::string loaded = fmt::format("torch.load('{}', map_location='cpu')", file),
                    filled = "model = Network(); model.load_state_dict({})";
  switch (kind) {
    case FileKind::module: {
      const std::string pickle = saved_pickle(bytes);
      const bool in_dictionary = pickle.size() > 2 && pickle[2] == '}';
      return lines(fmt::format("model = torch.load('{}', map_location='cpu', weights_only=False){}", file,
                               in_dictionary ? fmt::format("['{}']", weights_key(pickle)) : ""),
                   "model.float().eval()");
    }
    case FileKind::state_dict:
      return lines(fmt::format(fmt::runtime(filled), loaded), "model.float().eval()");
    case FileKind::training_dump:
      return lines(fmt::format(fmt::runtime(filled),
                               fmt::format("{}['{}']", loaded, weights_key(saved_pickle(bytes)))),
                   "model.float().eval()");
    case FileKind::safetensors:
      return lines(fmt::format(fmt::runtime(filled), fmt::format("safetensors.torch.load_file('{}')", file)),
                   "model.float().eval()");
    case FileKind::exported_program:
      return lines(fmt::format("model = torch.export.load('{}').module()", file), "model");
    case FileKind::onnx:
      return lines(fmt::format("model = onnx2torch.convert('{}')", file), "model.eval()");
    case FileKind::hdf5:
    case FileKind::keras:
      return lines(fmt::format("model = keras.models.load_model('{}'); tf2onnx.convert.from_keras(model, "
                               "inputs_as_nchw=[model.inputs[0].name], output_path='model.onnx')",
                               file),
                   "onnx2torch.convert('model.onnx').eval()");
    default:
      return "";
  }
}

void require_program(const std::string& bytes, const std::string& file, const std::string& what) {
  const FileKind kind = kind_of(bytes);
  const auto refuse = [&](const std::string& way_out) {
    return FormatError(fmt::format("{}: it is {}; {}", what, description(kind), way_out));
  };
  switch (kind) {
    case FileKind::checkpoint:
    case FileKind::generator:
    case FileKind::torchscript:
    case FileKind::empty:
    case FileKind::unknown:
      return;
    case FileKind::training_state:
    case FileKind::gan_state:
      throw refuse("the model is the '.pt' file beside it");
    case FileKind::gzip:
      throw refuse("unpack it first");
    case FileKind::state_dict:
    case FileKind::training_dump:
    case FileKind::safetensors:
      throw refuse("export it in Python as TorchScript (Network is its class, 3x224x224 its input): " +
                   export_lines(kind, bytes, file));
    case FileKind::module:
    case FileKind::exported_program:
    case FileKind::hdf5:
    case FileKind::keras:
    case FileKind::onnx:
      throw refuse("export it in Python as TorchScript (3x224x224 is its input): " +
                   export_lines(kind, bytes, file));
    default:
      throw refuse("a TorchScript program is needed (torch.jit.save)");
  }
}

}  // namespace fathom::checkpoint
