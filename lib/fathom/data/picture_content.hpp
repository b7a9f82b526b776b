/// Which files of a folder are pictures.
#pragma once

#include <filesystem>
#include <string>

namespace fathom::data {

/// Whether the ending is that of a picture format, in any case: .png .jpg .jpeg .jpe .jfif .bmp .dib .webp
/// .ppm .pgm .pbm .pnm .pam .tif .tiff .gif .heic .heif .avif .jp2. Not all of them can be decoded
/// everywhere.
bool has_picture_ending(const std::filesystem::path& path);

/// A regular file with such an ending, or, whatever its ending, with the first bytes of a picture
/// (image/format.hpp). Only these bytes are read, and only if the ending does not tell. What cannot be read
/// is not a picture.
bool is_picture_file(const std::filesystem::directory_entry& entry);

/// Names that systems leave in folders: hidden files, __MACOSX, Thumbs.db, desktop.ini, @eaDir and the like.
bool is_system_name(const std::string& name);

}  // namespace fathom::data
