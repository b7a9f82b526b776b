/// Memory that is there, and memory that a computation takes.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>

namespace fathom {

/// Bytes that this process can still take: what the system has available, less where a control group
/// (containers) or `ulimit -v` allows less.
std::uint64_t available_memory();

/// Throws MemoryError ("reading 'x' needs 6.2 GB of memory, but 3.1 GB are available") where `bytes` are more
/// than available_memory(). `what` is the beginning of the message.
void require_memory(std::uint64_t bytes, const std::string& what);

/// Has OpenBLAS take the buffers that this number of threads needs, where the address space is limited
/// (`ulimit -v`): it tries for ever to get a buffer that it cannot have, so it must have them before tensors
/// take the rest. Throws MemoryError where there is no room for them. Does nothing without a limit.
void reserve_blas_buffers();

/// The most bytes that LibTorch's CPU tensors took at one time while `computation` ran, above what was there
/// before. Tensors of other threads count too if they belong to its backward pass. Throws MemoryError where
/// memory runs out.
std::uint64_t peak_tensor_memory(const std::function<void()>& computation);

/// Whether `error` says that memory ran out: std::bad_alloc, MemoryError, or LibTorch's words for it.
bool is_out_of_memory(const std::exception& error);

/// "6.2 GB", "81 MB"
std::string memory_text(std::uint64_t bytes);

}  // namespace fathom
