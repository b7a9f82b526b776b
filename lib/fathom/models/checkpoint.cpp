#include "fathom/models/checkpoint.hpp"

#include <sstream>

#include <fmt/format.h>

#include "fathom/core/archive.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/file.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/models/script.hpp"

namespace fathom::models {
namespace {

constexpr const char* kCardName = "fathom.json";

using NamedTensors = torch::OrderedDict<std::string, torch::Tensor>;

void copy_tensor(const std::string& name, torch::Tensor target, const torch::jit::Module& source_root,
                 const std::string& what) {
  torch::jit::Module source = source_root;
  std::string rest = name;
  for (std::size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
    const std::string child = rest.substr(0, dot);
    if (!source.hasattr(child) || !source.attr(child).isModule())
      throw FormatError(
          fmt::format("{}: it has no '{}', which its card's architecture asks for", what, name));
    source = source.attr(child).toModule();
    rest = rest.substr(dot + 1);
  }
  if (!source.hasattr(rest) || !source.attr(rest).isTensor())
    throw FormatError(fmt::format("{}: it has no '{}', which its card's architecture asks for", what, name));
  const torch::Tensor value = source.attr(rest).toTensor();
  if (value.sizes() != target.sizes() || value.scalar_type() != target.scalar_type())
    throw FormatError(fmt::format("{}: '{}' is {}, where its card's architecture asks for {}", what, name,
                                  fmt::join(value.sizes(), "x"), fmt::join(target.sizes(), "x")));
  target.copy_(value);
}

void copy_weights(ImageModel& network, const torch::jit::Module& program, const std::string& what) {
  const torch::NoGradGuard no_grad;
  const NamedTensors parameters = network.named_parameters(), buffers = network.named_buffers();
  for (const auto& item : parameters) copy_tensor(item.key(), item.value(), program, what);
  for (const auto& item : buffers) copy_tensor(item.key(), item.value(), program, what);
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const ImageModel& network, const ModelCard& card) {
  const torch::jit::Module program = to_script(network);
  std::ostringstream bytes;
  program.save(bytes, {{kCardName, to_text(card)}});
  write_file(path, bytes.str());
}

std::optional<Checkpoint> checkpoint_from_bytes(const std::string& bytes, const std::string& what) {
  verify_archive(bytes, what);
  const std::optional<std::string> text = archive_member(bytes, kCardName, what);
  if (!text) return std::nullopt;
  Checkpoint checkpoint;
  try {
    checkpoint.card = card_from_text(*text);
  } catch (const FormatError& e) {
    throw FormatError(what + ": " + e.what());
  }
  // A card must not make us allocate more than the file bears out.
  const std::int64_t parameters = parameter_count(checkpoint.card.architecture);
  if (static_cast<std::uint64_t>(parameters) * sizeof(float) > bytes.size())
    throw FormatError(
        fmt::format("{}: its card describes a network of {} parameters, more than the file can hold", what,
                    grouped(static_cast<std::uint64_t>(parameters))));
  checkpoint.network = build(checkpoint.card.architecture, make_generator(0));
  try {
    std::istringstream stream(bytes);
    copy_weights(*checkpoint.network, torch::jit::load(stream, torch::kCPU), what);
  } catch (const c10::Error& e) {
    throw FormatError(what + ": LibTorch cannot read it: " + e.what_without_backtrace());
  }
  checkpoint.network->eval();
  return checkpoint;
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  const std::string what = fmt::format("cannot read model '{}'", path.string());
  std::optional<Checkpoint> checkpoint = checkpoint_from_bytes(read_file(path), what);
  if (!checkpoint)
    throw FormatError(
        what +
        ": it carries no card of fathom's; as a TorchScript classifier of other origin it is fed with "
        "--input-size, --mean, --std, --channels and --labels");
  return *std::move(checkpoint);
}

}  // namespace fathom::models
