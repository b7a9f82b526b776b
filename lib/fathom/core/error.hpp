/// What can go wrong. Every exception that fathom throws derives from `fathom::Error`; its text says what was
/// wrong, with which file or value, and what to do about it, on one line and without a final full stop.
///
///   throw FileError("cannot read model 'cnn.pt': no such file");
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace fathom {

/// Base of all; catch this one to catch them all.
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

/// A file that was read but does not hold what it should: cut off, damaged, of another kind.
class FormatError : public Error {
 public:
  using Error::Error;
};

/// A download that failed.
class NetworkError : public Error {
 public:
  using Error::Error;
};

/// A device or a CPU feature that was asked for and is not there.
class DeviceError : public Error {
 public:
  using Error::Error;
};

/// Training whose loss stopped being a finite number.
class DivergedError : public Error {
 public:
  using Error::Error;
};

/// The candidate closest to `word` in edit distance (case ignored), or "" where none is close enough to be a
/// likely slip of the pen. Used in messages: "no class 'dgo'; did you mean 'dog'?".
std::string closest(const std::string& word, const std::vector<std::string>& candidates);

/// "; did you mean 'dog'?" where one candidate is close, else "; one of: cat, dog, ship".
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace fathom
