/// Downloads the public data sets: resumes interrupted downloads and verifies checksums before a file gets
/// its final name.
///
///   const Fetched mnist = fetch(remote_set("mnist"), "/home/me/.cache/fathom");
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "fathom/core/progress.hpp"

namespace fathom::data {

/// A file to download. The addresses are tried in order until one gives data with the correct checksum.
struct RemoteFile {
  std::string name;                    ///< file name at the end of the address and on disk
  std::vector<std::string> addresses;  ///< folders, ending in "/"
  std::string sha256;                  ///< lower-case hexadecimal
  std::uint64_t size = 0;              ///< bytes; 0: unknown. A server that sends more is rejected.
};

/// A file inside an archive.
struct UnpackedFile {
  std::filesystem::path path;  ///< relative to the data directory; all files of a set are in one folder
  std::uint64_t size = 0;      ///< bytes
};

struct RemoteSet {
  std::string name;    ///< "mnist"
  std::string folder;  ///< sub-folder of the data directory for the files; "" for the directory itself
  std::vector<RemoteFile> files;
  std::vector<UnpackedFile> unpacked;  ///< content of the first file, a .tar.gz; empty: it is not unpacked
};

/// A set of the table of public sets (public_sets.hpp). Throws InvalidArgument for other names.
RemoteSet remote_set(const std::string& name);

/// Downloads `file` into `folder`. An interrupted download in `folder/NAME.part` is resumed with a range
/// request (if the server ignores the range, it starts again). An existing file with the correct checksum is
/// not downloaded again. Returns whether anything was downloaded. If the size is known, progress counts
/// bytes, including those of an earlier part. Throws NetworkError (every address failed; the message lists
/// each with its reason) or FileError (cannot write, such as on a full disk, or another process is
/// downloading the file into this folder). A file with a wrong checksum is removed and never gets its final
/// name. An interrupted download stays as .part for the next call.
bool download(const RemoteFile& file, const std::filesystem::path& folder,
              const ProgressCallback& progress = {});

struct Fetched {
  std::filesystem::path folder;         ///< the folder of the set
  std::vector<std::string> downloaded;  ///< names of the files that did not exist before
};

/// Downloads all files of a set, only from `mirror` if it is not empty (a folder address; a missing "/" is
/// added). `starts` is called with the name of each file first. If all unpacked files exist with the correct
/// sizes, nothing is downloaded, with or without the archive. Throws as `download` and `unpack_tar_gz`.
Fetched fetch(RemoteSet set, const std::filesystem::path& directory, const std::string& mirror = "",
              const std::function<void(const std::string& file)>& starts = {},
              const ProgressCallback& progress = {});

}  // namespace fathom::data
