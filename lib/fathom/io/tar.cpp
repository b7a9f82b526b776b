#include "fathom/io/tar.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/gzip.hpp"

namespace fathom::io {
namespace {

constexpr std::size_t kMostFiles = 1000;  // CIFAR-10 has seven
constexpr std::size_t kTarBlock = 1 << 16;

/// "test_batch.bin" of "cifar-10-batches-bin/test_batch.bin"; nothing for members that are not unpacked.
std::optional<std::string> wanted_name(archive_entry* entry) {
  const char* path = archive_entry_pathname(entry);
  const bool regular_file = archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry);
  if (!path || !regular_file) return std::nullopt;
  std::string_view name = path;
  name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!plain || (!name.ends_with(".bin") && !name.ends_with(".meta.txt"))) return std::nullopt;
  return std::string(name);
}

class Unpacker {
 public:
  Unpacker(const std::filesystem::path& archive, const std::filesystem::path& folder, std::uint64_t limit)
      : archive_(archive), folder_(folder), limit_(limit), tar_(gunzip_file(archive, limit)) {
    archive_read_support_format_tar(reader_.get());
    if (archive_read_open_memory(reader_.get(), tar_.data(), tar_.size()) != ARCHIVE_OK) throw refuse();
  }

  /// The files get their names once the archive was read to its end.
  void unpack() {
    archive_entry* entry = nullptr;
    int code = ARCHIVE_OK;
    while ((code = archive_read_next_header(reader_.get(), &entry)) == ARCHIVE_OK || code == ARCHIVE_WARN)
      if (const auto name = wanted_name(entry)) write_member(entry, folder_ / *name);
    if (code != ARCHIVE_EOF) throw refuse();
    if (files_.empty()) throw refuse("the archive contains no .bin file");
    for (const auto& file : files_) file->commit();
  }

 private:
  void write_member(archive_entry* entry, const std::filesystem::path& target) {
    if (files_.size() == kMostFiles) throw refuse(fmt::format("it contains more than {} files", kMostFiles));
    files_.push_back(std::make_unique<AtomicFile>(target));
    std::ofstream output(files_.back()->temporary(), std::ios::binary);
    const auto require_written = [&] {
      if (!output)
        throw FileError(fmt::format("cannot write '{}': {}", target.string(), file_error_text(errno)));
    };
    std::array<char, kTarBlock> block;
    la_int64_t left = archive_entry_size(entry);
    la_ssize_t length = 0;
    while ((length = archive_read_data(reader_.get(), block.data(), block.size())) > 0) {
      left -= length;
      written_ += static_cast<std::uint64_t>(length);
      if (written_ > limit_) {  // a sparse member may be larger than the tar file
        throw refuse(fmt::format("it unpacks to more than the limit of {} bytes", grouped(limit_)));
      }
      output.write(block.data(), length);
      require_written();
    }
    if (length < 0) throw refuse();
    if (left != 0) throw refuse("a sparse file in it ends in a hole");  // which libarchive leaves out
    output.close();
    require_written();
  }

  FormatError refuse(const std::string& why) const {
    return FormatError(fmt::format("cannot unpack '{}': {}", archive_.string(), why));
  }
  FormatError refuse() const {
    return refuse(fmt::format("not a tar archive, or damaged ({})", archive_error_string(reader_.get())));
  }

  const std::filesystem::path &archive_, &folder_;
  const std::uint64_t limit_;
  const std::string tar_;  // unpacked here, since libarchive does not compare gzip's checksums
  const std::unique_ptr<archive, int (*)(archive*)> reader_{archive_read_new(), archive_read_free};
  std::uint64_t written_ = 0;
  std::vector<std::unique_ptr<AtomicFile>> files_;
};

}  // namespace

void unpack_tar_gz(const std::filesystem::path& archive, const std::filesystem::path& folder,
                   std::uint64_t limit) {
  Unpacker(archive, folder, limit).unpack();
}

}  // namespace fathom::io
