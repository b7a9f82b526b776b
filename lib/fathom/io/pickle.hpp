/// A check on pickles, in which LibTorch's archives describe their values. LibTorch's reader believes them:
/// it sets memory aside for a text before it reads it, takes the size of a tensor from the description and
/// not from the bytes that are there, makes tensors that reach beyond their storage, takes values from an
/// empty stack, and frees lists in lists by recursion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fathom::io {

/// The longest pickle in bytes, and how many lists, tuples, dictionaries and objects may lie in each other.
constexpr std::size_t kLargestPickle = 1 << 24;
constexpr int kDeepestPickle = 256;

/// A block of numbers of which tensors are views: the name of its bytes in the archive, and how many of them
/// the pickle says there are.
struct PickledStorage {
  std::string key;
  std::uint64_t bytes, numbers;
};

/// Follows the operations of a pickle as LibTorch's reader would, without making its values. The storages it
/// refers to. Throws FormatError that says what is wrong: cut off, a text longer than the pickle, a
/// value missing on the stack, an operation or a type of numbers that LibTorch does not read, a tensor that
/// reaches beyond its storage, too long or too deep.
std::vector<PickledStorage> checked_pickle(std::string_view pickle);

}  // namespace fathom::io
