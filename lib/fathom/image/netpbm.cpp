#include "fathom/image/netpbm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"

namespace fathom::image {
namespace {

constexpr std::int64_t kLargestSample = 65535;
constexpr std::int64_t kLargestNumber = 1 << 30;  // larger numbers are cut to this, and then refused

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_decimal(char c) { return c >= '0' && c <= '9'; }

/// Reads text and bytes from the front to the back; beyond the end it throws.
class NetpbmReader {
 public:
  NetpbmReader(const std::string& bytes, std::size_t at, const std::string& cannot)
      : bytes_(bytes), at_(at), cannot_(cannot) {}

  std::size_t at() const { return at_; }
  std::uint32_t byte() { return static_cast<std::uint8_t>(next()); }

  /// A number behind blanks and comments, which go from # to the end of their line.
  std::int64_t number() {
    skip_blanks();
    if (!is_decimal(peek())) fail("its header or its samples are damaged (a number is missing)");
    std::int64_t value = 0;
    while (at_ < bytes_.size() && is_decimal(bytes_[at_])) {
      value = std::min<std::int64_t>(value * 10 + (bytes_[at_] - '0'), kLargestNumber);
      ++at_;
    }
    return value;
  }
  /// A digit of a PBM file in text, which need not be apart from the next.
  std::int64_t bit() {
    skip_blanks();
    const char digit = next();
    if (digit != '0' && digit != '1') fail("its samples are damaged (a bit is neither 0 nor 1)");
    return digit - '0';
  }
  /// The blank that ends the header of a file whose samples are bytes.
  void single_blank() {
    if (!is_blank(next())) fail("its header is damaged");
  }
  std::string_view line() {
    const std::size_t begin = at_;
    while (next() != '\n') {
    }
    return std::string_view(bytes_).substr(begin, at_ - begin - 1);
  }

  void require(std::uint64_t length) const {
    if (length > bytes_.size() - at_) {
      fail(fmt::format("file ends after {} of {} bytes (interrupted copy?)", grouped(bytes_.size()),
                       grouped(at_ + length)));
    }
  }
  [[noreturn]] void fail(const std::string& reason) const { throw FormatError(cannot_ + reason); }

 private:
  char peek() const {
    if (at_ >= bytes_.size())
      fail(fmt::format("file ends after {} bytes (interrupted copy?)", grouped(bytes_.size())));
    return bytes_[at_];
  }
  char next() {
    const char c = peek();
    ++at_;
    return c;
  }
  void skip_blanks() {
    while (is_blank(peek()) || peek() == '#') {
      if (peek() == '#')
        line();
      else
        ++at_;
    }
  }

  const std::string& bytes_;
  std::size_t at_;
  const std::string& cannot_;
};

bool is_in_text(char kind) { return kind <= '3'; }
bool is_bitmap(char kind) { return kind == '1' || kind == '4'; }

/// "GRAYSCALE_ALPHA" and so on; a file without a tuple type says by its depth alone what it holds.
void take_tuple_type(NetpbmHeader& header, const std::string& type, const NetpbmReader& reader) {
  const bool colour = type.empty() ? header.channels >= 3 : type.starts_with("RGB");
  header.has_alpha = type.empty() ? header.channels % 2 == 0 : type.ends_with("_ALPHA");
  const std::string plain = header.has_alpha && !type.empty() ? type.substr(0, type.size() - 6) : type;
  const bool is_known = plain.empty() || plain == "RGB" || plain == "GRAYSCALE" || plain == "BLACKANDWHITE";
  const std::int64_t expected = (colour ? 3 : 1) + (header.has_alpha ? 1 : 0);
  if (!is_known || header.channels != expected) {
    reader.fail(fmt::format("its PAM tuple type '{}' with a depth of {} is neither grey nor RGB",
                            valid_utf8(type.substr(0, 40)), header.channels));
  }
}

void read_pam_header(NetpbmHeader& header, NetpbmReader& reader) {
  reader.single_blank();
  std::string type;
  header.channels = header.largest = 0;
  for (;;) {
    const std::string_view line = reader.line();
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view word = line.substr(0, end);
    if (word == "ENDHDR") break;
    if (word.empty() || word.starts_with('#')) continue;
    std::string rest(line.substr(std::min(line.find_first_not_of(" \t", end), line.size())));
    while (!rest.empty() && is_blank(rest.back())) rest.pop_back();
    const auto number = [&] {
      const std::string text = rest + ' ';  // a number at the end of its text has nothing behind it to miss
      return NetpbmReader(text, 0, "").number();
    };
    const bool counts = word == "WIDTH" || word == "HEIGHT" || word == "DEPTH" || word == "MAXVAL";
    if (counts && (rest.empty() || !is_decimal(rest.front()))) reader.fail("its PAM header is damaged");
    if (word == "WIDTH") header.size.width = number();
    if (word == "HEIGHT") header.size.height = number();
    if (word == "DEPTH") header.channels = number();
    if (word == "MAXVAL") header.largest = number();
    if (word == "TUPLTYPE") type = rest;
  }
  take_tuple_type(header, type, reader);
}

std::uint64_t least_bytes(const NetpbmHeader& header) {
  const auto width = static_cast<std::uint64_t>(header.size.width);
  const std::uint64_t row =
      header.kind == '4' ? (width + 7) / 8 : width * static_cast<std::uint64_t>(header.channels);
  const std::uint64_t sample = !is_in_text(header.kind) && header.largest > 255 ? 2 : 1;
  return static_cast<std::uint64_t>(header.size.height) * row * sample;
}

}  // namespace

NetpbmHeader netpbm_header(const std::string& bytes, const std::string& cannot) {
  NetpbmHeader header{.kind = bytes[1]};
  NetpbmReader reader(bytes, 2, cannot);
  if (header.kind == '7') {
    read_pam_header(header, reader);
  } else {
    header.channels = header.kind == '3' || header.kind == '6' ? 3 : 1;
    header.size.width = reader.number();
    header.size.height = reader.number();
    if (!is_bitmap(header.kind)) header.largest = reader.number();
    if (!is_in_text(header.kind)) reader.single_blank();
  }
  if (header.largest < 1 || header.largest > kLargestSample) {
    reader.fail(fmt::format("its header gives {} as the largest sample, which must be from 1 to {}",
                            header.largest, kLargestSample));
  }
  header.data_at = reader.at();
  reader.require(least_bytes(header));  // in text: a character per sample at least
  return header;
}

std::vector<std::uint16_t> netpbm_samples(const std::string& bytes, const NetpbmHeader& header,
                                          const std::string& cannot) {
  NetpbmReader reader(bytes, header.data_at, cannot);
  const auto keep = [&](std::int64_t value) {
    if (value > header.largest) {
      reader.fail(fmt::format("damaged: a sample is {}, but its header gives {} as the largest", value,
                              header.largest));
    }
    return static_cast<std::uint16_t>(value);
  };
  const auto rows = static_cast<std::size_t>(header.size.height);
  const auto in_row = static_cast<std::size_t>(header.size.width * header.channels);
  std::vector<std::uint16_t> samples(rows * in_row);
  std::uint32_t packed = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::size_t in_byte = i % in_row % 8;  // rows of packed bits begin with a byte of their own
    if (header.kind == '1') {
      samples[i] = keep(reader.bit());
    } else if (header.kind == '4') {
      if (in_byte == 0) packed = reader.byte();
      samples[i] = static_cast<std::uint16_t>(packed >> (7 - in_byte) & 1);
    } else if (is_in_text(header.kind)) {
      samples[i] = keep(reader.number());
    } else if (header.largest > 255) {
      const std::uint32_t high = reader.byte();
      samples[i] = keep(high << 8 | reader.byte());
    } else {
      samples[i] = keep(reader.byte());
    }
  }
  return samples;
}

std::vector<std::uint8_t> netpbm_levels(const std::vector<std::uint16_t>& samples,
                                        const NetpbmHeader& header) {
  const auto largest = static_cast<std::uint32_t>(header.largest);
  std::vector<std::uint8_t> levels(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::uint32_t level = (samples[i] * 255U + largest / 2) / largest;
    levels[i] = static_cast<std::uint8_t>(is_bitmap(header.kind) ? 255 - level : level);
  }
  return levels;
}

}  // namespace fathom::image
