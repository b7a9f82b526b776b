/// SHA-256 of data that arrives in pieces; `sha256_of` and `sha256_of_file` below hash whole data and files.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace fathom::io {

/// Throws Error if OpenSSL has no SHA-256.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// The lower-case hexadecimal digest of all added data. No more data may be added afterwards.
  std::string hexadecimal();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

/// Lower-case hexadecimal SHA-256 of a file, read in blocks.
std::string sha256_of_file(const std::filesystem::path& path);
/// Lower-case hexadecimal SHA-256 of `bytes`.
std::string sha256_of(std::string_view bytes);

}  // namespace fathom::io
