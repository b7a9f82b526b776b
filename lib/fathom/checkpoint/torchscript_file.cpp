#include "fathom/checkpoint/torchscript_file.hpp"

#include <torch/nn/module.h>

#include <sstream>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/io/archive.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/json.hpp"

namespace fathom::checkpoint {
namespace {

constexpr const char* kCardName = "fathom.json";

void copy_tensor(const std::string& name, torch::Tensor target, const torch::jit::Module& source_root,
                 const std::string& what) {
  const auto missing = [&] {
    return FormatError(
        fmt::format("{}: it lacks '{}', which the architecture in its card requires", what, name));
  };
  torch::jit::Module source = source_root;
  std::string rest = name;
  for (std::size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
    const std::string child = rest.substr(0, dot);
    if (!source.hasattr(child) || !source.attr(child).isModule()) throw missing();
    source = source.attr(child).toModule();
    rest = rest.substr(dot + 1);
  }
  if (!source.hasattr(rest) || !source.attr(rest).isTensor()) throw missing();
  const torch::Tensor value = source.attr(rest).toTensor();
  if (value.sizes() != target.sizes() || value.scalar_type() != target.scalar_type())
    throw FormatError(fmt::format("{}: '{}' is {}, but the architecture in its card requires {}", what, name,
                                  fmt::join(value.sizes(), "x"), fmt::join(target.sizes(), "x")));
  target.copy_(value);
}

}  // namespace

void write_torchscript(const std::filesystem::path& path, const torch::jit::Module& program,
                       const std::string& card) {
  std::ostringstream bytes;
  program.save(bytes, {{kCardName, card}});
  io::write_file(path, bytes.str());
}

std::optional<std::string> card_text(const std::string& bytes, const std::string& what) {
  io::verify_archive(bytes, what);
  return io::archive_member(bytes, kCardName, io::kLargestCard, what);
}

void require_covered(std::int64_t parameters, const std::string& bytes, const std::string& what) {
  if (static_cast<std::uint64_t>(parameters) * sizeof(float) > bytes.size())
    throw FormatError(
        fmt::format("{}: its card describes a network of {} parameters, more than the file can hold", what,
                    grouped(static_cast<std::uint64_t>(parameters))));
}

void copy_weights(const std::string& bytes, torch::nn::Module& network, const std::string& what) try {
  std::istringstream stream(bytes);
  const torch::jit::Module program = torch::jit::load(stream, torch::kCPU);
  const torch::NoGradGuard no_grad;
  for (const auto& item : network.named_parameters()) copy_tensor(item.key(), item.value(), program, what);
  for (const auto& item : network.named_buffers()) copy_tensor(item.key(), item.value(), program, what);
} catch (const c10::Error& e) {
  throw FormatError(what + ": LibTorch cannot read it: " + e.what_without_backtrace());
}

}  // namespace fathom::checkpoint
