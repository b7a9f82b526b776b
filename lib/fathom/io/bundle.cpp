#include "fathom/io/bundle.hpp"

#include <fmt/format.h>
#include <torch/serialize.h>

#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/io/archive.hpp"

namespace fathom::io {
namespace {

using TensorDict = c10::Dict<std::string, torch::Tensor>;

c10::IValue unpickled(const std::string& bytes, const std::string& what) try {
  return torch::pickle_load({bytes.begin(), bytes.end()});
} catch (const c10::Error& e) {
  throw FormatError(fmt::format("{}: LibTorch cannot read it: {}", what, e.what_without_backtrace()));
} catch (const std::exception& e) {
  throw FormatError(fmt::format("{}: LibTorch cannot read it: {}", what, e.what()));
}

}  // namespace

std::string to_bytes(const Bundle& bundle) {
  TensorDict tensors;
  for (const auto& [name, tensor] : bundle.tensors) tensors.insert(name, tensor.cpu());
  const std::vector<char> bytes = torch::pickle_save(c10::ivalue::Tuple::create({bundle.text, tensors}));
  return {bytes.begin(), bytes.end()};
}

Bundle bundle_from_bytes(const std::string& bytes, const std::string& what) {
  verify_archive(bytes, what);
  const c10::IValue value = unpickled(bytes, what);
  const FormatError no_pair(what + ": it is not a text with tensors");
  if (!value.isTuple() || value.toTupleRef().elements().size() != 2) throw no_pair;
  const auto& elements = value.toTupleRef().elements();
  if (!elements[0].isString() || !elements[1].isGenericDict()) throw no_pair;

  Bundle bundle{elements[0].toStringRef(), {}};
  for (const auto& item : elements[1].toGenericDict()) {
    if (!item.key().isString() || !item.value().isTensor() || !item.value().toTensor().defined())
      throw FormatError(what + ": its dictionary contains an entry that is not a named tensor");
    bundle.tensors.emplace(item.key().toStringRef(), item.value().toTensor());
  }
  return bundle;
}

}  // namespace fathom::io
