/// The exceptions of fathom, and the checks of options that throw them. All exceptions derive from
/// `fathom::Error`. The text says what is wrong, with which file or value, and what to do about it, on one
/// line and without a full stop.
///
///   throw FileError("cannot read model 'cnn.pt': no such file");
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace fathom {

/// Base class of all exceptions.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A value outside its documented range: a window larger than the image, a negative learning rate.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

/// A file that cannot be opened, read or written: missing, not permitted, disk full.
class FileError : public Error {
 public:
  using Error::Error;
};

/// A file with unexpected content: truncated, damaged, or of another kind.
class FormatError : public Error {
 public:
  using Error::Error;
};

/// A download that failed.
class NetworkError : public Error {
 public:
  using Error::Error;
};

/// A requested device or CPU feature that is not available.
class DeviceError : public Error {
 public:
  using Error::Error;
};

/// A computation that needs more memory than there is.
class MemoryError : public Error {
 public:
  using Error::Error;
};

/// Training with a loss that is no longer finite.
class DivergedError : public Error {
 public:
  using Error::Error;
};

/// The candidate closest to `word` in edit distance (case ignored), or "" if none is close enough to be a
/// likely typing error. Used in messages: "no class 'dgo'; did you mean 'dog'?".
std::string closest(const std::string& word, const std::vector<std::string>& candidates);

/// "; did you mean 'dog'?" if one candidate is close, otherwise "; one of: cat, dog, ship".
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

// Checks of options. Each throws InvalidArgument with the option, its range and the value ("the batch size
// must be at least 1, not 0") unless its condition holds.

/// low <= value <= high
void require_between(const char* option, std::int64_t value, std::int64_t low, std::int64_t high);
/// low <= value
void require_at_least(const char* option, std::int64_t value, std::int64_t low);
/// low <= value, which is finite
void require_at_least(const char* option, double value, double low);
/// 0 < value, which is finite
void require_positive(const char* option, double value);
/// 0 <= value < 1
void require_share(const char* option, double value);
/// 0 <= value <= 1
void require_fraction(const char* option, double value);

}  // namespace fathom
