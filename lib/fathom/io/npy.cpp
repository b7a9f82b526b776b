#include "fathom/io/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

static_assert(std::endian::native == std::endian::little, "arrays are written in memory order");

namespace fathom::io {
namespace {

constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);  // with the version, 1.0
constexpr std::size_t kPreamble = kMagic.size() + 2;        // and the header's length, two bytes
constexpr std::size_t kAlignment = 64;                      // of the data, asked for by the format
constexpr std::size_t kMostDimensions = 32;                 // NumPy's own bound

struct Type {
  torch::ScalarType scalar;
  std::string_view name;
};
constexpr Type kTypes[] = {
    {torch::kFloat32, "<f4"}, {torch::kFloat64, "<f8"}, {torch::kInt64, "<i8"}, {torch::kUInt8, "|u1"}};

std::string_view type_name(torch::ScalarType scalar) {
  for (const Type& type : kTypes)
    if (type.scalar == scalar) return type.name;
  throw InvalidArgument(fmt::format("cannot write {} as .npy: convert it to float32, float64, int64 or uint8",
                                    c10::toString(scalar)));
}

std::optional<torch::ScalarType> scalar_type(std::string_view name) {
  for (const Type& type : kTypes)
    if (type.name == name) return type.scalar;
  return std::nullopt;
}

/// "()", "(3,)", "(3, 4)".
std::string shape_text(torch::IntArrayRef shape) {
  if (shape.size() == 1) return fmt::format("({},)", shape[0]);
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += fmt::format("{}{}", i > 0 ? ", " : "", shape[i]);
  return text + ")";
}

std::string header(const torch::Tensor& array) {
  std::string fields = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
                                   type_name(array.scalar_type()), shape_text(array.sizes()));
  const std::size_t used = kPreamble + fields.size() + 1;
  fields.append((kAlignment - used % kAlignment) % kAlignment, ' ');
  fields += '\n';
  std::string text(kMagic);
  text += static_cast<char>(fields.size() & 0xff);
  text += static_cast<char>(fields.size() >> 8);
  return text + fields;
}

/// What follows "'key':" in the header's dictionary, without leading blanks; empty where there is no such
/// key.
std::string_view value_of(std::string_view fields, std::string_view key) {
  const std::string quoted = fmt::format("'{}':", key);
  const std::size_t at = fields.find(quoted);
  if (at == fields.npos) return {};
  const std::string_view value = fields.substr(at + quoted.size());
  return value.substr(std::min(value.find_first_not_of(' '), value.size()));
}

/// "(3, 4)" to {3, 4}; nothing where it is not a tuple of numbers, or they are too many or too large.
std::optional<std::vector<std::int64_t>> parse_shape(std::string_view text) {
  const std::size_t end = text.find(')');
  if (text.empty() || text.front() != '(' || end == text.npos) return std::nullopt;
  std::vector<std::int64_t> shape;
  bool inside_number = false;
  for (const char c : text.substr(1, end - 1)) {
    if (c == ',' || c == ' ') {
      inside_number = false;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    if (!inside_number) shape.push_back(0);
    if (shape.size() > kMostDimensions) return std::nullopt;
    inside_number = true;
    std::int64_t& number = shape.back();
    if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, c - '0', &number))
      return std::nullopt;
  }
  return shape;
}

/// Bytes of an array; nothing on overflow, which is also looked for behind a dimension of 0 (strides are
/// products).
std::optional<std::uint64_t> byte_count(const std::vector<std::int64_t>& shape, std::size_t item) {
  std::int64_t bytes = static_cast<std::int64_t>(item);
  for (const std::int64_t size : shape)
    if (__builtin_mul_overflow(bytes, std::max<std::int64_t>(size, 1), &bytes)) return std::nullopt;
  const bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  return empty ? 0 : static_cast<std::uint64_t>(bytes);
}

}  // namespace

void write_npy(const std::filesystem::path& path, const torch::Tensor& array) {
  const torch::Tensor plain = array.detach().to(torch::kCPU).contiguous();
  std::string bytes = header(plain);
  bytes.append(static_cast<const char*>(plain.data_ptr()), plain.nbytes());
  write_file(path, bytes);
}

torch::Tensor read_npy(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const auto refuse = [&](const std::string& reason) -> FormatError {
    return FormatError(fmt::format("cannot read '{}': {}", path.string(), reason));
  };
  if (!bytes.starts_with(kMagic)) throw refuse("not a NumPy array of format 1.0 (.npy)");

  const auto byte = [&](std::size_t at) -> std::size_t {
    return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : 0;
  };
  const std::size_t data = kPreamble + byte(kMagic.size()) + 256 * byte(kMagic.size() + 1);
  if (bytes.size() < data)
    throw refuse(
        fmt::format("file ends after {} bytes, within the header (interrupted copy?)", bytes.size()));

  const std::string_view fields = std::string_view(bytes).substr(kPreamble, data - kPreamble);
  const std::string_view descr = value_of(fields, "descr");
  const auto scalar = scalar_type(descr.size() < 5 ? "" : descr.substr(1, 3));
  if (!scalar || descr[4] != '\'') throw refuse("its numbers are not float32, float64, int64 or uint8");
  if (!value_of(fields, "fortran_order").starts_with("False")) throw refuse("not in C order");
  const auto shape = parse_shape(value_of(fields, "shape"));
  const auto expected = shape ? byte_count(*shape, c10::elementSize(*scalar)) : std::nullopt;
  if (!expected) throw refuse("no valid shape in its header");
  if (*expected != bytes.size() - data)
    throw refuse(fmt::format("shape {} takes {} bytes, but {} follow the header", shape_text(*shape),
                             grouped(*expected), grouped(bytes.size() - data)));
  torch::Tensor array = torch::empty(*shape, *scalar);
  if (*expected > 0) std::memcpy(array.data_ptr(), bytes.data() + data, *expected);
  return array;
}

}  // namespace fathom::io
