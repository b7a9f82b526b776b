#include "fathom/io/tar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/gzip.hpp"

namespace fathom::io {
namespace {

// https://www.gnu.org/software/tar/manual/html_node/Standard.html
constexpr size_t tar_record = 512;  // headers are one, contents are padded to whole ones
constexpr size_t name_length = 100;
constexpr size_t size_at = 124, size_length = 12;
constexpr size_t sum_at = 148, sum_length = 8;
constexpr size_t type_at = 156;
constexpr size_t most_files = 1000;  // CIFAR-10 has seven

/// A number in octal digits, between blanks; nothing where it is something else.
std::optional<std::uint64_t> octal(std::string_view field) {
  field = field.substr(0, field.find('\0'));
  field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
  field = field.substr(0, field.find(' '));
  if (field.empty()) return std::nullopt;
  std::uint64_t number = 0;  // 12 digits of 3 bits cannot overflow it
  for (const char c : field) {
    if (c < '0' || c > '7') return std::nullopt;
    number = number << 3 | static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

/// The sum of a header's bytes, the sum's own field counted as blanks.
std::uint64_t header_sum(std::string_view header) {
  std::uint64_t sum = 0;
  for (size_t i = 0; i < header.size(); ++i) {
    const bool own = i >= sum_at && i < sum_at + sum_length;
    sum += own ? std::uint64_t{' '} : static_cast<unsigned char>(header[i]);
  }
  return sum;
}

/// "test_batch.bin" of "cifar-10-batches-bin/test_batch.bin"; nothing for what is not to be unpacked.
std::optional<std::string> wanted_name(std::string_view header) {
  const bool regular_file = header[type_at] == '0' || header[type_at] == '\0';
  const std::string_view field = header.substr(0, name_length);
  std::string_view name = field.substr(0, field.find('\0'));
  name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!regular_file || !plain) return std::nullopt;
  if (!name.ends_with(".bin") && !name.ends_with(".meta.txt")) return std::nullopt;
  return std::string(name);
}

/// Takes the archive in blocks of any size and writes the members that are wanted to temporary files.
class Unpacker {
 public:
  Unpacker(const std::filesystem::path& archive, const std::filesystem::path& folder)
      : archive_(archive), folder_(folder) {}

  void add(std::string_view block) {
    while (!block.empty() && !ended_) block.remove_prefix(take(block));
  }

  /// Gives the files their names, once the whole archive was seen to be sound.
  void finish() {
    if (!header_.empty() || left_ > 0 || padding_ > 0) throw refuse("the archive ends within a member");
    if (files_.empty()) throw refuse("the archive holds no .bin file");
    for (const auto& file : files_) file->commit();
  }

 private:
  /// Uses up the beginning of `block` and says how much of it.
  size_t take(std::string_view block) {
    if (left_ > 0) return take_content(block);
    if (padding_ > 0) {
      const size_t skipped = std::min(block.size(), padding_);
      padding_ -= skipped;
      return skipped;
    }
    const size_t taken = std::min(block.size(), tar_record - header_.size());
    header_ += block.substr(0, taken);
    if (header_.size() == tar_record) begin_member();
    return taken;
  }

  size_t take_content(std::string_view block) {
    const auto taken = static_cast<size_t>(std::min<std::uint64_t>(block.size(), left_));
    left_ -= taken;
    if (!output_.is_open()) return taken;
    output_.write(block.data(), static_cast<std::streamsize>(taken));
    if (left_ == 0) output_.close();
    if (!output_) throw cannot_write();
    return taken;
  }

  void begin_member() {
    const std::string header = std::exchange(header_, {});
    ended_ = header.find_first_not_of('\0') == header.npos;
    if (ended_) return;
    const auto size = octal(std::string_view(header).substr(size_at, size_length));
    const auto sum = octal(std::string_view(header).substr(sum_at, sum_length));
    if (!size || sum != header_sum(header)) throw refuse("not a tar archive, or damaged");
    left_ = *size;
    padding_ = static_cast<size_t>((tar_record - left_ % tar_record) % tar_record);
    if (const auto name = wanted_name(header)) begin_file(folder_ / *name);
  }

  void begin_file(const std::filesystem::path& target) {
    if (files_.size() == most_files) throw refuse(fmt::format("more than {} files in it", most_files));
    files_.push_back(std::make_unique<AtomicFile>(target));
    if (left_ == 0) return;
    output_.open(files_.back()->temporary(), std::ios::binary);
    if (!output_) throw cannot_write();
  }

  FormatError refuse(const std::string& why) const {
    return FormatError(fmt::format("cannot unpack '{}': {}", archive_.string(), why));
  }
  FileError cannot_write() const {
    return FileError(fmt::format("cannot write into '{}': {}", folder_.string(), file_error_text(errno)));
  }

  const std::filesystem::path &archive_, &folder_;
  std::string header_;      // as far as it has come
  std::uint64_t left_ = 0;  // bytes to come of the member's content
  size_t padding_ = 0;      // and after it
  bool ended_ = false;
  std::ofstream output_;
  std::vector<std::unique_ptr<AtomicFile>> files_;
};

}  // namespace

void unpack_tar_gz(const std::filesystem::path& archive, const std::filesystem::path& folder,
                   std::uint64_t limit) {
  Unpacker unpacker(archive, folder);
  gunzip_blocks(archive, limit, [&](std::string_view block) { unpacker.add(block); });
  unpacker.finish();
}

}  // namespace fathom::io
