/// Fetching the public data sets: download with resume, sums checked before a file gets its final name.
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

/// One file: tried from each address in turn until one gives bytes with the right sum.
struct RemoteFile {
  std::string name;                    ///< file name at the end of the address and on disk
  std::vector<std::string> addresses;  ///< folders, ending in "/"
  std::string sha256;                  ///< lower-case hexadecimal
  std::uint64_t size = 0;  ///< bytes, where known; 0: unknown. A server that sends more is cut off.
};

/// A file that comes out of an archive.
struct UnpackedFile {
  std::filesystem::path path;  ///< below the data directory; all of a set in one folder
  std::uint64_t size = 0;      ///< bytes
};

struct RemoteSet {
  std::string name;  ///< "mnist"
  std::string
      folder;  ///< sub-folder of the data directory that the files land in; "" for the directory itself
  std::vector<RemoteFile> files;
  std::vector<UnpackedFile> unpacked;  ///< what the first file, a .tar.gz, holds; empty: it stays packed
};

/// A set of the table of public sets (public_sets.hpp). Throws InvalidArgument for other names.
RemoteSet remote_set(const std::string& name);

/// Downloads `file` into `folder`. What an interrupted call left in `folder/NAME.part` is continued with a
/// range request (a server that ignores the range starts it over). A file that is already there with the
/// right sum is not fetched again. Returns true where something was downloaded. Progress counts bytes, and
/// begins with those of the part, where the size is known. Throws
/// NetworkError (every address failed; the message lists each with its reason) or FileError (cannot write). A
/// file whose sum is wrong is removed and never gets its final name; a download that broke off stays as .part
/// for the next call.
bool download(const RemoteFile& file, const std::filesystem::path& folder,
              const ProgressCallback& progress = {});

struct Fetched {
  std::filesystem::path folder;         ///< that holds the set
  std::vector<std::string> downloaded;  ///< names of the files that were not there already
};

/// All files of a set, from `mirror` alone where it is not empty (a folder address; "/" is added where
/// missing). `starts` is called with a file's name before it is looked at. A set whose unpacked files are all
/// there in their sizes is left as it is, archive or not. Throws as `download` and
/// `unpack_tar_gz`.
Fetched fetch(RemoteSet set, const std::filesystem::path& directory, const std::string& mirror = "",
              const std::function<void(const std::string& file)>& starts = {},
              const ProgressCallback& progress = {});

}  // namespace fathom::data
