#include "fathom/io/archive.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/gzip.hpp"
#include "fathom/io/pickle.hpp"

namespace fathom::io {
namespace {

// Attribute of a folder in MS-DOS. LibTorch takes a member that has it for a folder, whatever its name, and
// returns uninitialised memory.
constexpr zip_uint32_t kFolderAttribute = 0x10;
constexpr std::string_view kPickleEnding = ".pkl";
/// What a program was traced with, without its numbers. LibTorch 2 writes it and reads it only if it is asked
/// to.
constexpr std::string_view kTracedInputs = "/traced_inputs.pkl";

using Archive = std::unique_ptr<zip_t, void (*)(zip_t*)>;

std::string text_of(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

/// Says of bytes that libzip could not open whether they are no archive at all, or one that was cut off or
/// changed.
std::string reason_not_opened(const std::string& bytes, zip_error_t& error) {
  const int code = zip_error_code_zip(&error);
  const std::string text = text_of(error);
  if (!bytes.starts_with("PK")) return "not a zip archive (TorchScript files are zip archives)";
#ifdef ZIP_ER_TRUNCATED_ZIP  // libzip 1.11
  const bool cut_off = code == ZIP_ER_NOZIP || code == ZIP_ER_TRUNCATED_ZIP;
#else
  const bool cut_off = code == ZIP_ER_NOZIP;
#endif
  if (cut_off)
    return fmt::format(
        "file is truncated after {} bytes, the archive's directory is missing (interrupted copy?)",
        grouped(bytes.size()));
  return fmt::format("the archive is damaged or truncated: {}", text);
}

Archive open(const std::string& bytes, const std::string& what) {
  if (bytes.empty()) throw FormatError(what + ": the file is empty");
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (!source) throw FormatError(fmt::format("{}: {}", what, text_of(error)));
  zip_t* archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (!archive) {
    zip_source_free(source);
    throw FormatError(fmt::format("{}: {}", what, reason_not_opened(bytes, error)));
  }
  zip_error_fini(&error);
  return Archive(archive, zip_discard);
}

bool is_marked_as_folder(zip_t* archive, zip_uint64_t index) {
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  const int code = zip_file_get_external_attributes(archive, index, 0, &system, &attributes);
  return code != 0 || (attributes & kFolderAttribute) != 0;
}

zip_stat_t member_at(zip_t* archive, zip_uint64_t index, const std::string& what) {
  zip_stat_t member;
  if (zip_stat_index(archive, index, 0, &member) != 0)
    throw FormatError(fmt::format("{}: member {} of the archive is damaged", what, index));
  return member;
}

/// Hands the unpacked bytes of member `index` to `consume`, block by block. libzip compares the CRC-32 at the
/// end.
void read_member(zip_t* archive, zip_uint64_t index, const std::string& what,
                 const std::function<void(std::string_view)>& consume) {
  const zip_stat_t member = member_at(archive, index, what);
  const auto refuse = [&](const std::string& reason) {
    return FormatError(
        fmt::format("{}: member '{}' of the archive is damaged: {}", what, member.name, reason));
  };
  if (member.size / kLargestDeflateRatio > member.comp_size) throw refuse("its size is wrong");
  if (member.size > 0 && is_marked_as_folder(archive, index)) throw refuse("it is marked as a folder");

  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(archive, index, 0),
                                                               zip_fclose);
  if (!file) throw refuse(zip_strerror(archive));
  std::array<char, 65536> block;
  zip_uint64_t length = 0;
  for (;;) {
    const zip_int64_t count = zip_fread(file.get(), block.data(), block.size());
    if (count < 0) throw refuse(zip_file_strerror(file.get()));
    if (count == 0) break;
    length += static_cast<zip_uint64_t>(count);
    if (length > member.size) break;
    consume(std::string_view(block.data(), static_cast<std::size_t>(count)));
  }
  if (length != member.size) throw refuse(fmt::format("its size is not {}", grouped(member.size)));
}

/// The whole member. Its size is in the archive's directory, so that too large a one is refused unread.
std::string member_content(zip_t* archive, zip_uint64_t index, std::uint64_t largest,
                           const std::string& what) {
  const zip_stat_t member = member_at(archive, index, what);
  if (member.size > largest)
    throw FormatError(fmt::format("{}: member '{}' of the archive has {} bytes, more than {}", what,
                                  member.name, grouped(member.size), grouped(largest)));
  std::string content;
  read_member(archive, index, what, [&](std::string_view block) { content += block; });
  return content;
}

zip_uint64_t member_count(zip_t* archive) {
  return static_cast<zip_uint64_t>(std::max<zip_int64_t>(zip_get_num_entries(archive, 0), 0));
}

/// The unpacked sizes of all members. Throws where they are much more than the archive.
std::map<std::string, std::uint64_t> member_sizes(zip_t* archive, std::uint64_t archive_size,
                                                  const std::string& what) {
  std::map<std::string, std::uint64_t> sizes;
  std::uint64_t left = archive_size + kLargestGrowth;
  for (zip_uint64_t i = 0; i < member_count(archive); ++i) {
    const zip_stat_t member = member_at(archive, i, what);
    if (member.size > left)
      throw FormatError(fmt::format("{}: the archive unpacks to more than {} bytes above its own size", what,
                                    grouped(kLargestGrowth)));
    left -= member.size;
    sizes[member.name] = member.size;
  }
  return sizes;
}

/// The storages of "root/data.pkl" are members "root/data/0", "root/data/1" and so on.
void verify_pickle(const std::string& name, const std::string& pickle,
                   const std::map<std::string, std::uint64_t>& sizes, const std::string& what) try {
  const std::string folder = name.substr(0, name.size() - kPickleEnding.size()) + "/";
  for (const PickledStorage& storage : checked_pickle(pickle)) {
    const auto member = sizes.find(folder + storage.key);
    if (member != sizes.end() && member->second < storage.bytes)
      throw FormatError(fmt::format("it describes {} bytes of tensor '{}', which has {}",
                                    grouped(storage.bytes), excerpt(storage.key), grouped(member->second)));
  }
} catch (const FormatError& e) {
  throw FormatError(fmt::format("{}: member '{}' of the archive: {}", what, name, e.what()));
}

}  // namespace

void verify_archive(const std::string& bytes, const std::string& what) {
  const Archive archive = open(bytes, what);
  const zip_uint64_t count = member_count(archive.get());
  if (count == 0) throw FormatError(what + ": the archive is empty");
  const std::map<std::string, std::uint64_t> sizes = member_sizes(archive.get(), bytes.size(), what);
  for (zip_uint64_t i = 0; i < count; ++i) {
    const std::string name = member_at(archive.get(), i, what).name;
    if (name.ends_with(kPickleEnding) && !name.ends_with(kTracedInputs))
      verify_pickle(name, member_content(archive.get(), i, kLargestPickle, what), sizes, what);
    else
      read_member(archive.get(), i, what, [](std::string_view) {});
  }
}

std::optional<std::string> archive_member(const std::string& bytes, const std::string& name,
                                          std::uint64_t largest, const std::string& what) {
  const Archive archive = open(bytes, what);
  const std::string ending = "/" + name;
  const zip_uint64_t count = member_count(archive.get());
  for (zip_uint64_t i = 0; i < count; ++i) {
    const char* member = zip_get_name(archive.get(), i, ZIP_FL_ENC_RAW);
    if (!member || (member != name && !std::string_view(member).ends_with(ending))) continue;
    return member_content(archive.get(), i, largest, what);
  }
  return std::nullopt;
}

std::vector<std::string> archive_names(const std::string& bytes, const std::string& what) {
  const Archive archive = open(bytes, what);
  std::vector<std::string> names;
  for (zip_uint64_t i = 0; i < member_count(archive.get()); ++i)
    if (const char* const name = zip_get_name(archive.get(), i, ZIP_FL_ENC_RAW)) names.emplace_back(name);
  return names;
}

}  // namespace fathom::io
