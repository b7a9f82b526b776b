/// Checks on zip archives, the container of TorchScript files: LibTorch's reader does not verify checksums,
/// so a corrupted byte would load as a slightly different network; and it believes the sizes it reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fathom::io {

/// How many bytes more than it has itself an archive may unpack to. LibTorch compresses code, not tensors.
constexpr std::uint64_t kLargestGrowth = 1 << 26;

/// Reads every member of the zip archive in `bytes` and compares sizes, headers and CRC-32; follows its
/// pickles (io/pickle.hpp) and compares the storages they describe with the members that hold them. Throws
/// FormatError whose text begins with `what` ("cannot read model 'cnn.pt'") and says what is wrong: empty,
/// truncated, damaged, not an archive, grows by more than kLargestGrowth. Nothing is unpacked into memory
/// but the pickles, one at a time.
void verify_archive(const std::string& bytes, const std::string& what);

/// The member whose name is `name` or ends in "/" + `name`; empty if there is none. Throws FormatError as
/// above, and if the member has more than `largest` bytes.
std::optional<std::string> archive_member(const std::string& bytes, const std::string& name,
                                          std::uint64_t largest, const std::string& what);

/// The names of all members, in their order. Throws FormatError if the bytes are not an archive, truncated or
/// damaged in its directory; no member is read.
std::vector<std::string> archive_names(const std::string& bytes, const std::string& what);

}  // namespace fathom::io
