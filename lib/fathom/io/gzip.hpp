/// Reading gzip files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace fathom::io {

/// How many bytes one byte of deflated data (gzip, zip, PNG) can hold at most
/// (https://zlib.net/zlib_tech.html): larger sizes in a header are rejected before memory is allocated.
inline constexpr std::uint64_t kLargestDeflateRatio = 1032;

/// The content of a .gz file; zeros behind its data are ignored. A file that unpacks to more than `limit`
/// bytes is rejected. Throws FileError, or FormatError (not gzip, truncated, wrong checksum, trailing data,
/// larger than `limit`).
std::string gunzip_file(const std::filesystem::path& path, std::uint64_t limit);

}  // namespace fathom::io
