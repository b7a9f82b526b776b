/// SHA-256 of bytes that come in pieces; `sha256_of` and `sha256_of_file` in file.hpp are for the others.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace fathom {

/// Throws Error where OpenSSL offers no SHA-256.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// Lower-case, of all that was added. Nothing may be added afterwards.
  std::string hexadecimal();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

}  // namespace fathom
