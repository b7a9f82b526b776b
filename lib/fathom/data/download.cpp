#include "fathom/data/download.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/file_lock.hpp"
#include "fathom/io/sha256.hpp"
#include "fathom/io/tar.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

constexpr long kConnectSeconds = 30;
constexpr long kStalledSeconds = 60;  // without a byte: given up
constexpr long kMostRedirects = 10;
constexpr std::uint64_t kTarOverhead = 1 << 20;  // headers and padding, and files that nobody asked for
constexpr long kPartialContent = 206, kRangeNotSatisfiable = 416;

/// The bytes of a download on their way into NAME.part.
class PartFile {
 public:
  explicit PartFile(fs::path path) : path_(std::move(path)) {
    std::error_code missing;
    const std::uintmax_t size = fs::file_size(path_, missing);
    size_ = missing ? 0 : size;
  }

  const fs::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  void append(std::string_view bytes) {
    if (!file_.is_open()) open(std::ios::app);
    file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file_) throw cannot_write();
    size_ += bytes.size();
  }

  void start_over() {
    close();
    open(std::ios::trunc);
    size_ = 0;
  }

  void close() {
    if (!file_.is_open()) return;
    file_.close();
    if (!file_) throw cannot_write();
  }

  void remove() {
    file_.close();
    std::error_code ignored;
    fs::remove(path_, ignored);
    size_ = 0;
  }

 private:
  void open(std::ios::openmode mode) {
    file_.open(path_, std::ios::binary | std::ios::out | mode);
    if (!file_) throw cannot_write();
  }

  FileError cannot_write() const {
    return FileError(fmt::format("cannot write '{}': {}", path_.string(), io::file_error_text(errno)));
  }

  fs::path path_;
  std::uint64_t size_ = 0;
  std::ofstream file_;
};

/// Passes progress on so that it never falls, though a download may start over.
class RisingProgress {
 public:
  explicit RisingProgress(const ProgressCallback& callback) : callback_(callback) {}
  void operator()(std::uint64_t done, std::uint64_t total) {
    if (done <= done_) return;
    done_ = done;
    if (callback_)
      callback_(static_cast<std::int64_t>(done), static_cast<std::int64_t>(std::max(done, total)));
  }

 private:
  const ProgressCallback& callback_;
  std::uint64_t done_ = 0;
};

/// One request, and what its callbacks need.
class Request {
 public:
  Request(const RemoteFile& file, PartFile& part, RisingProgress& progress)
      : file_(file), part_(part), progress_(progress), curl_(curl_easy_init(), curl_easy_cleanup) {
    if (!curl_) throw NetworkError("cannot start libcurl");
  }

  /// Continues the part from `address`. Nothing where the server sent all it has, else why it did not.
  std::optional<std::string> perform(const std::string& address) {
    offset_ = part_.size();
    prepare(address);
    const CURLcode code = curl_easy_perform(curl_.get());
    if (failure_) std::rethrow_exception(failure_);
    part_.close();
    if (too_long_) return fmt::format("sends more than the {} bytes of this file", grouped(file_.size));
    if (code == CURLE_HTTP_RETURNED_ERROR) return fmt::format("the server answers {}", status());
    if (part_.size() < file_.size && (code == CURLE_OK || code == CURLE_PARTIAL_FILE))
      return fmt::format("the connection ended after {} of {} bytes; the next call resumes there",
                         grouped(part_.size()), grouped(file_.size));
    if (code != CURLE_OK) return message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
    return std::nullopt;
  }

  long status() const {
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }
  bool too_long() const { return too_long_; }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(curl_.get(), option, value);
    if (code != CURLE_OK) throw NetworkError(fmt::format("libcurl: {}", curl_easy_strerror(code)));
  }

  void prepare(const std::string& address) {
    set(CURLOPT_URL, address.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMostRedirects);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
    set(CURLOPT_USERAGENT, "fathom");
    set(CURLOPT_ERRORBUFFER, message_.data());
    set(CURLOPT_WRITEFUNCTION, &Request::receive);
    set(CURLOPT_WRITEDATA, this);
    // CURLOPT_RESUME_FROM would fail where the server ignores the range; here that starts the file over.
    if (offset_ > 0) set(CURLOPT_RANGE, fmt::format("{}-", offset_).c_str());
  }

  /// libcurl's callback; no exception may pass through it.
  static std::size_t receive(char* bytes, std::size_t size, std::size_t count, void* request) {
    auto& self = *static_cast<Request*>(request);
    try {
      return self.take(std::string_view(bytes, size * count)) ? size * count : 0;
    } catch (...) {
      self.failure_ = std::current_exception();
      return 0;
    }
  }

  bool take(std::string_view bytes) {
    if (!std::exchange(begun_, true) && !continues()) part_.start_over();
    if (file_.size > 0 && part_.size() + bytes.size() > file_.size) {
      too_long_ = true;
      return false;
    }
    part_.append(bytes);
    progress_(part_.size(), total());
    return true;
  }

  /// Whether the answer begins where the part ends. A server may send another range than was asked for.
  bool continues() const {
    if (offset_ == 0 || status() != kPartialContent) return false;
    curl_header* header = nullptr;
    if (curl_easy_header(curl_.get(), "Content-Range", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
      return false;
    return std::string_view(header->value).starts_with(fmt::format("bytes {}-", offset_));
  }

  std::uint64_t total() const {
    if (file_.size > 0) return file_.size;
    curl_off_t length = -1;
    curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    const std::uint64_t before = status() == kPartialContent ? offset_ : 0;
    return length < 0 ? part_.size() : before + static_cast<std::uint64_t>(length);
  }

  const RemoteFile& file_;
  PartFile& part_;
  RisingProgress& progress_;
  std::unique_ptr<CURL, void (*)(CURL*)> curl_;
  std::array<char, CURL_ERROR_SIZE> message_ = {};
  std::exception_ptr failure_;
  std::uint64_t offset_ = 0;
  bool begun_ = false, too_long_ = false;
};

bool has_sum(const fs::path& path, const std::string& sha256) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && io::sha256_of_file(path) == sha256;
}

/// Fills the part from one address. Nothing where it now has the right sum, else why not. What a wrong sum
/// may come from is the part's beginning, left by another call: then the file is fetched once more, whole.
std::optional<std::string> fill(PartFile& part, const RemoteFile& file, const std::string& address,
                                RisingProgress& progress) {
  for (;;) {
    if (file.size > 0 && part.size() > file.size) part.remove();
    const bool resumed = part.size() > 0;
    const bool complete = resumed && part.size() == file.size;
    if (!complete) {
      Request request(file, part, progress);
      auto problem = request.perform(address);
      const bool stale = resumed && (request.too_long() || request.status() == kRangeNotSatisfiable);
      if (stale || request.too_long()) part.remove();
      if (stale) continue;
      if (problem) return problem;
    }
    if (has_sum(part.path(), file.sha256)) return std::nullopt;
    part.remove();
    if (!resumed)
      return "the file is damaged or was changed on the server (its SHA-256 is wrong), so it was removed";
  }
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw FileError(fmt::format("cannot create the folder '{}': {}", folder.string(),
                                io::file_error_text(error.value())));
}

std::string with_slash(const std::string& address) {
  return address.ends_with('/') ? address : address + "/";
}

bool is_unpacked(const RemoteSet& set, const fs::path& directory) {
  const auto is_there = [&](const UnpackedFile& file) {
    std::error_code missing;
    return fs::file_size(directory / file.path, missing) == file.size && !missing;
  };
  return !set.unpacked.empty() && std::all_of(set.unpacked.begin(), set.unpacked.end(), is_there);
}

}  // namespace

bool download(const RemoteFile& file, const fs::path& folder, const ProgressCallback& progress) {
  const fs::path target = io::behind_links(folder / file.name);
  if (has_sum(target, file.sha256)) return false;
  make_folder(target.parent_path());
  const fs::path unfinished = target.string() + ".part";
  const io::FileLock lock(unfinished);
  if (has_sum(target, file.sha256)) return false;  // another process has finished it by now
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw NetworkError("cannot start libcurl");

  PartFile part(unfinished);
  RisingProgress rising(progress);
  if (part.size() <= file.size) rising(part.size(), file.size);
  std::vector<std::string> problems;
  for (const std::string& address : file.addresses) {
    const std::string full = address + file.name;
    const auto problem = fill(part, file, full, rising);
    if (!problem) {
      rising(part.size(), part.size());
      io::put_in_place(part.path(), target);
      return true;
    }
    problems.push_back(fmt::format("{}: {}", full, *problem));
  }
  throw NetworkError(fmt::format("cannot download '{}': {}", file.name, fmt::join(problems, "; ")));
}

Fetched fetch(RemoteSet set, const fs::path& directory, const std::string& mirror,
              const std::function<void(const std::string& file)>& starts, const ProgressCallback& progress) {
  const fs::path folder = set.folder.empty() ? directory : directory / set.folder;
  Fetched fetched{set.unpacked.empty() ? folder : directory / set.unpacked.front().path.parent_path(), {}};
  if (is_unpacked(set, directory)) return fetched;
  for (RemoteFile& file : set.files) {
    if (!mirror.empty()) file.addresses = {with_slash(mirror)};
    if (starts) starts(file.name);
    if (download(file, folder, progress)) fetched.downloaded.push_back(file.name);
  }
  std::uint64_t unpacked = 0;
  for (const UnpackedFile& file : set.unpacked) unpacked += file.size;
  // Twice, because an archive may hold other files too.
  if (!set.unpacked.empty())
    io::unpack_tar_gz(folder / set.files.at(0).name, fetched.folder, 2 * unpacked + kTarOverhead);
  return fetched;
}

}  // namespace fathom::data
