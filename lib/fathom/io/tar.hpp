/// Unpacking CIFAR-10's archive, a .tar.gz, without the tar program.
#pragma once

#include <cstdint>
#include <filesystem>

namespace fathom::io {

/// Unpacks the members of a .tar.gz that end in ".bin" or ".meta.txt" into `folder`. Member names are reduced
/// to their last part, so nothing lands outside. The archive is read to its end before a file gets its name:
/// all of them are there, or none. At most `limit` bytes are unpacked, and held in memory. Throws FormatError
/// (no archive, cut off, damaged, larger than `limit`, nothing of that kind in it), FileError.
void unpack_tar_gz(const std::filesystem::path& archive, const std::filesystem::path& folder,
                   std::uint64_t limit);

}  // namespace fathom::io
