#include "fathom/io/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

namespace fathom::io {
namespace {

constexpr int kGzipOnly = 15 + 16;  // zlib: the largest window, and gzip's header rather than zlib's own
constexpr Bytef kFirstByte = 0x1f;  // of a member
constexpr const char* kSomethingFollows = "data that is not gzip follows the compressed data (damaged?)";

/// Unpacks a .gz file that arrives in blocks; it may consist of several members, one after the other, and end
/// in zeros, with which tapes and block devices are filled up (gzip(1) ignores them, too).
class Gunzip {
 public:
  Gunzip(const std::filesystem::path& path, std::uint64_t limit) : path_(path), limit_(limit) {
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw Error("cannot start zlib: not enough memory");
  }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;
  ~Gunzip() { inflateEnd(&stream_); }

  void add(std::string_view block) {
    read_ += block.size();
    if (in_padding_) {
      require_zeros(block);
      return;
    }
    // zlib's interface predates const; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    stream_.avail_in = static_cast<uInt>(block.size());
    do {
      step();
    } while (stream_.avail_in > 0 || (inside_member_ && stream_.avail_out == 0));
  }

  /// The content, once the whole file was added.
  std::string finish() {
    if (read_ == 0) throw refuse("the file is empty");
    if (inside_member_)
      throw refuse(fmt::format("file ends after {} bytes, within the compressed data (interrupted copy?)",
                               grouped(read_)));
    return std::move(content_);
  }

 private:
  void step() {
    if (!inside_member_) {
      if (stream_.avail_in == 0) return;
      if (*stream_.next_in == 0) {
        in_padding_ = true;
        require_zeros({reinterpret_cast<const char*>(stream_.next_in), stream_.avail_in});
        stream_.avail_in = 0;
        return;
      }
      if (*stream_.next_in != kFirstByte) throw refuse(kSomethingFollows);
      inflateReset(&stream_);
      inside_member_ = true;
    }
    stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
    stream_.avail_out = static_cast<uInt>(output_.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      inside_member_ = false;
      ++members_;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {  // the latter: it needs the next block
      throw refuse(reason(code));
    }
    content_.append(output_.data(), output_.size() - stream_.avail_out);
    if (content_.size() > limit_)
      throw refuse(fmt::format("it unpacks to more than the limit of {} bytes", grouped(limit_)));
  }

  void require_zeros(std::string_view rest) const {
    if (rest.find_first_not_of('\0') != rest.npos) throw refuse(kSomethingFollows);
  }

  std::string reason(int code) const {
    if (code == Z_MEM_ERROR) return "not enough memory to unpack it";
    const std::string text = stream_.msg ? stream_.msg : "unknown error";
    if (text == "incorrect header check") return members_ == 0 ? "not a gzip file" : kSomethingFollows;
    return fmt::format("damaged: {}", text);
  }

  FormatError refuse(const std::string& why) const {
    return FormatError(fmt::format("cannot read '{}': {}", path_.string(), why));
  }

  const std::filesystem::path& path_;
  const std::uint64_t limit_;
  z_stream stream_ = {};
  std::array<char, 1 << 16> output_;
  std::string content_;
  std::uint64_t read_ = 0;
  int members_ = 0;
  bool inside_member_ = true, in_padding_ = false;
};

}  // namespace

std::string gunzip_file(const std::filesystem::path& path, std::uint64_t limit) {
  Gunzip gunzip(path, limit);
  read_blocks(path, [&](std::string_view block) { gunzip.add(block); });
  return gunzip.finish();
}

}  // namespace fathom::io
