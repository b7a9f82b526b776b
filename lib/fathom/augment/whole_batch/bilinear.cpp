#include "fathom/augment/whole_batch/bilinear.hpp"

#include <fstream>
#include <string>

namespace fathom::augment {
namespace {

constexpr int kToShares = kPlaceBits - kShareBits;

/// What the pixels of a row of the result are made of.
struct RowParts {
  std::vector<int> offsets;                 // of the upper left neighbour in the plane
  std::vector<std::uint16_t> right, below;  // shares of the neighbours there, in 32nds
  std::vector<std::uint16_t> left_pairs, right_pairs;

  void resize(std::size_t count) {
    offsets.resize(count);
    for (auto* each : {&right, &below, &left_pairs, &right_pairs}) each->resize(count);
  }
};

// Three plain loops over a row, each of which the compiler turns into vector instructions, but for the middle
// one, which looks up what lies at places that only then are known.

void locate(int left, int top, const int* __restrict across, const int* __restrict down, int width,
            RowParts& row) {
  const std::size_t count = row.offsets.size();
  int* __restrict offsets = row.offsets.data();
  std::uint16_t* __restrict right = row.right.data(), * __restrict below = row.below.data();
  for (std::size_t i = 0; i < count; ++i) {
    const int x = (left + across[i]) >> kToShares, y = (top + down[i]) >> kToShares;
    offsets[i] = (y >> kShareBits) * width + (x >> kShareBits);
    right[i] = static_cast<std::uint16_t>(x & (kShares - 1));
    below[i] = static_cast<std::uint16_t>(y & (kShares - 1));
  }
}

void look_up(const std::uint16_t* plane, RowParts& row) {
  const std::size_t count = row.offsets.size();
  const int* const offsets = row.offsets.data();
  std::uint16_t* __restrict left = row.left_pairs.data(), * __restrict right = row.right_pairs.data();
  for (std::size_t i = 0; i < count; ++i) {
    left[i] = plane[offsets[i]];
    right[i] = plane[offsets[i] + 1];
  }
}

void blend(const RowParts& row, std::uint8_t* __restrict to) {
  const std::size_t count = row.offsets.size();
  const std::uint16_t *const right = row.right.data(), *const below = row.below.data();
  const std::uint16_t *const lefts = row.left_pairs.data(), *const rights = row.right_pairs.data();
  for (std::size_t i = 0; i < count; ++i) {
    const auto at_left =
        static_cast<std::uint16_t>((lefts[i] & 0xff) * (kShares - below[i]) + (lefts[i] >> 8) * below[i]);
    const auto at_right =
        static_cast<std::uint16_t>((rights[i] & 0xff) * (kShares - below[i]) + (rights[i] >> 8) * below[i]);
    to[i] = static_cast<std::uint8_t>(
        (at_left * (kShares - right[i]) + at_right * right[i] + kShares * kShares / 2) >> (2 * kShareBits));
  }
}

#ifdef __x86_64__
/// Linux says whether gathers were slowed down against a leak (Gather Data Sampling, 2023); where it does not
/// say, they may be.
bool has_fast_gather() {
  if (!__builtin_cpu_is("intel")) return false;
  std::ifstream file("/sys/devices/system/cpu/vulnerabilities/gather_data_sampling");
  std::string said;
  return std::getline(file, said) && !said.starts_with("Mitigation") && !said.starts_with("Unknown");
}
#endif

Instructions found_instructions() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2"))
    return has_fast_gather() ? Instructions::avx2_gather : Instructions::avx2;
#endif
  return Instructions::portable;
}

}  // namespace

Instructions fastest_instructions() {
  static const Instructions found = found_instructions();
  return found;
}

void interpolate(const Lattice& lattice, const PairedPlanes& planes, Instructions instructions,
                 std::uint8_t* to) {
  if (instructions == Instructions::portable || lattice.across.size() < 8)
    interpolate_portably(lattice, planes, to);
  else if (instructions == Instructions::avx2)
    interpolate_by_avx2(lattice, planes, to);
  else
    interpolate_by_gather(lattice, planes, to);
}

void interpolate_portably(const Lattice& lattice, const PairedPlanes& planes, std::uint8_t* to) {
  const std::size_t columns = lattice.across.size(), rows = lattice.left.size();
  thread_local RowParts row;  // memory that one thread uses again for every picture
  row.resize(columns);
  for (std::size_t y = 0; y < rows; ++y) {
    locate(lattice.left[y], lattice.top[y], lattice.across.data(), lattice.down.data(),
           static_cast<int>(planes.width), row);
    for (std::int64_t c = 0; c < planes.channels; ++c) {
      look_up(planes.pairs.data() + c * planes.height * planes.width, row);
      blend(row, to + (static_cast<std::size_t>(c) * rows + y) * columns);
    }
  }
}

}  // namespace fathom::augment
