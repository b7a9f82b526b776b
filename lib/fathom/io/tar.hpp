/// Unpacking CIFAR-10's archive, a .tar.gz, without the tar program.
#pragma once

#include <cstdint>
#include <filesystem>

namespace fathom::io {

/// Unpacks the members of a .tar.gz that end in ".bin" or ".meta.txt" into `folder`. Only the last component
/// of each member name is used, so no file can be written outside the folder. The files get their final names
/// after the whole archive has been read: either all of them exist or none. At most `limit` bytes are
/// unpacked; they are kept in memory. Throws FormatError (not an archive, truncated, damaged, larger than
/// `limit`, without such members), FileError.
void unpack_tar_gz(const std::filesystem::path& archive, const std::filesystem::path& folder,
                   std::uint64_t limit);

}  // namespace fathom::io
