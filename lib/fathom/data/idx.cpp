#include "fathom/data/idx.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/gzip.hpp"

namespace fathom::data {
namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;  // the type code for it
constexpr std::size_t kMostDimensions = 8;
constexpr std::size_t kLongestHeader = 4 + 4 * kMostDimensions;

std::string cannot_read(const std::filesystem::path& path) {
  return fmt::format("cannot read '{}': ", path.string());
}

/// The first bytes of a file, unpacked; fewer where a .gz file is damaged, which `gunzip_file` then reports.
struct Start {
  std::string bytes;
  bool packed = false;
};

Start start_of(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  Start start{std::string(kLongestHeader, '\0')};
  const int count = file ? gzread(file.get(), start.bytes.data(), kLongestHeader) : 0;
  start.bytes.resize(static_cast<std::size_t>(std::max(count, 0)));
  start.packed = file && gzdirect(file.get()) == 0;  // zlib hands out other files as they are
  return start;
}

struct Header {
  std::vector<std::int64_t> shape;
  std::uint64_t length = 0;       ///< of the header itself
  std::uint64_t file_length = 0;  ///< with the data that the shape asks for; saturates
};

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/// `start`: the file's first bytes, unpacked; fewer than a header only where the file has no more.
Header parse_header(const std::string& start, const std::string& cannot) {
  if (start.size() < 4 || start[0] != 0 || start[1] != 0) throw FormatError(cannot + "not an idx file");
  const auto type = static_cast<std::uint8_t>(start[2]);
  if (type != kUnsignedByte)
    throw FormatError(fmt::format("{}its values have type 0x{:02x}; only unsigned bytes (0x08) are supported",
                                  cannot, type));
  const auto dimensions = static_cast<std::uint8_t>(start[3]);
  if (dimensions < 1 || dimensions > kMostDimensions)
    throw FormatError(fmt::format("{}its header has {} dimensions; 1 to {} are supported", cannot, dimensions,
                                  kMostDimensions));
  Header header{.length = 4 + 4 * std::uint64_t{dimensions}};
  if (start.size() < header.length)
    throw FormatError(fmt::format("{}file ends within its header, after {} of {} bytes", cannot, start.size(),
                                  header.length));
  std::uint64_t values = 1;
  for (std::size_t i = 0; i < dimensions; ++i) {
    const std::uint32_t extent = big_endian(start, 4 + 4 * i);
    if (extent == 0) throw FormatError(cannot + "its header declares no data");
    header.shape.push_back(extent);
    values = saturating_product(values, extent);
  }
  header.file_length = saturating_sum(header.length, values);
  return header;
}

/// The whole file, unpacked; refused before anything is allocated where so few packed bytes cannot hold what
/// the header promises, and never longer than that.
std::string read_unpacked(const std::filesystem::path& path, const Header& header,
                          const std::string& cannot) {
  std::error_code ignored;
  const std::uint64_t packed = std::filesystem::file_size(path, ignored);
  if (header.file_length / io::kLargestDeflateRatio > packed)
    throw FormatError(fmt::format("{}its header declares {} bytes, more than {} compressed bytes can hold",
                                  cannot, grouped(header.file_length), grouped(packed)));
  require_memory(header.file_length * 2, fmt::format("reading '{}'", path.string()));  // its tensor is a copy
  return io::gunzip_file(path, header.file_length);
}

/// The header of a file, and whether the file is packed. Nothing else of it is read.
std::pair<Header, bool> read_header(const std::filesystem::path& path) {
  const std::string cannot = cannot_read(path);
  auto [bytes, packed] = start_of(path);
  if (bytes.empty()) {  // reading all of it says what is wrong
    bytes = packed ? io::gunzip_file(path, kLongestHeader) : io::read_file(path);
    if (bytes.empty())
      throw FormatError(cannot + (packed ? "the compressed file is empty" : "file is empty"));
  }
  return {parse_header(bytes, cannot), packed};
}

void require_dimensions(const Header& header, std::size_t dimensions, const char* what,
                        const std::filesystem::path& path) {
  if (header.shape.size() != dimensions)
    throw FormatError(fmt::format("{}{} need {} dimension{}, it has {}", cannot_read(path), what, dimensions,
                                  dimensions == 1 ? "" : "s", header.shape.size()));
}

}  // namespace

torch::Tensor read_idx(const std::filesystem::path& path) {
  const std::string cannot = cannot_read(path);
  const auto [header, packed] = read_header(path);
  std::string bytes = packed ? read_unpacked(path, header, cannot) : io::read_file(path);
  if (bytes.size() < header.file_length)
    throw FormatError(fmt::format("{}file ends after {} of {} bytes (interrupted copy?)", cannot,
                                  grouped(bytes.size()), grouped(header.file_length)));
  if (bytes.size() > header.file_length)
    throw FormatError(fmt::format("{}{} bytes follow the {} that its header declares", cannot,
                                  grouped(bytes.size() - header.file_length), grouped(header.file_length)));
  return torch::from_blob(bytes.data() + header.length, header.shape, torch::kUInt8).clone();
}

ImageSet read_idx_set(const std::vector<std::filesystem::path>& files, std::vector<std::string> classes,
                      std::string name) {
  if (files.size() != 2)
    throw InvalidArgument(fmt::format("an idx set needs images and labels, not {} files", files.size()));
  const std::filesystem::path &images = files[0], &labels = files[1];
  // A few bytes can promise gigabytes of pictures; so the two files must agree before the pictures are read.
  const Header image_header = read_header(images).first, label_header = read_header(labels).first;
  require_dimensions(image_header, 3, "images", images);
  require_dimensions(label_header, 1, "labels", labels);
  if (image_header.shape[0] != label_header.shape[0])
    throw FormatError(fmt::format("'{}' and '{}' do not belong together: {} images, but {} labels",
                                  images.string(), labels.string(), image_header.shape[0],
                                  label_header.shape[0]));
  const torch::Tensor numbers = read_idx(labels);
  const torch::Tensor pixels = read_idx(images);
  ImageSet set{pixels.unsqueeze(1), numbers.to(torch::kInt64), std::move(classes), std::move(name)};
  validate(set, fmt::format("'{}' and '{}' do not belong together", images.string(), labels.string()));
  return set;
}

}  // namespace fathom::data
