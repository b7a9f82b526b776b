/// Checks on zip archives, the container of TorchScript files: LibTorch's reader does not verify checksums,
/// so a corrupted byte would load as a slightly different network.
#pragma once

#include <optional>
#include <string>

namespace fathom::io {

/// Reads every member of the zip archive in `bytes` and compares sizes, headers and CRC-32. Throws
/// FormatError whose text begins with `what` ("cannot read model 'cnn.pt'") and says what is wrong: empty,
/// truncated, damaged, not an archive.
void verify_archive(const std::string& bytes, const std::string& what);

/// The member whose name is `name` or ends in "/" + `name`; empty if there is none. Throws FormatError as
/// above.
std::optional<std::string> archive_member(const std::string& bytes, const std::string& name,
                                          const std::string& what);

}  // namespace fathom::io
