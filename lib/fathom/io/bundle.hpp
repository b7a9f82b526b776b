/// A text and named tensors in one archive; the format of training states.
///
///   write_file("cnn.train", to_bytes({R"({"step": 17})", {{"weights", weights}}}));
///   const Bundle state = bundle_from_bytes(read_file("cnn.train"), "cannot resume");
///
/// It is the zip archive of torch::pickle_save, a pair of the text and a dictionary; Python's torch.load
/// opens it.
#pragma once

#include <torch/types.h>
#include <map>
#include <string>

namespace fathom::io {

struct Bundle {
  std::string text;
  std::map<std::string, torch::Tensor> tensors;  ///< read and written on the CPU
};

/// The same bundle gives the same bytes.
std::string to_bytes(const Bundle& bundle);

/// Throws FormatError, whose text begins with `what`, if it is truncated, damaged (every member's checksum is
/// verified) or not a bundle.
Bundle bundle_from_bytes(const std::string& bytes, const std::string& what);

}  // namespace fathom::io
