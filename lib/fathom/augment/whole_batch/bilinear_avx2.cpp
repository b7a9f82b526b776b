/// Bilinear interpolation eight pixels at a time. Functions are compiled for AVX2 one by one: were the whole
/// file, what it shares with others, such as std::vector's functions, might be linked into them too.
#include "fathom/augment/whole_batch/bilinear.hpp"

#ifdef __x86_64__

#include <immintrin.h>
#include <algorithm>
#include <cstring>

#define FATHOM_AVX2 __attribute__((target("avx2"), always_inline)) inline

namespace fathom::augment {
namespace {

/// How eight pixels are made, in 32 bits each.
struct Eight {
  __m128i low_offsets, high_offsets;  // of the upper left neighbour in the plane
  __m256i vertical;                   // weights in bytes: upper, lower, upper, lower
  __m256i horizontal;                 // in 16 bits: left, right
};

FATHOM_AVX2 __m256i eight_ints(const int* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

/// Places in 1024ths.
FATHOM_AVX2 Eight located(__m256i x, __m256i y, __m256i width) {
  x = _mm256_srai_epi32(x, kPlaceBits - kShareBits);
  y = _mm256_srai_epi32(y, kPlaceBits - kShareBits);
  const __m256i offsets = _mm256_add_epi32(_mm256_mullo_epi32(_mm256_srai_epi32(y, kShareBits), width),
                                           _mm256_srai_epi32(x, kShareBits));
  const __m256i right = _mm256_and_si256(x, _mm256_set1_epi32(kShares - 1));
  const __m256i below = _mm256_and_si256(y, _mm256_set1_epi32(kShares - 1));
  // Where one weight is w, its neighbour is 32 - w: 32 + (w << bits) - w has both side by side.
  const __m256i both = _mm256_or_si256(below, _mm256_slli_epi32(below, 16));
  return {
      _mm256_castsi256_si128(offsets), _mm256_extracti128_si256(offsets, 1),
      _mm256_sub_epi32(
          _mm256_add_epi32(_mm256_set1_epi32(kShares << 16 | kShares), _mm256_slli_epi32(both, 8)), both),
      _mm256_sub_epi32(_mm256_add_epi32(_mm256_set1_epi32(kShares), _mm256_slli_epi32(right, 16)), right)};
}

/// The four neighbours that begin at an offset.
FATHOM_AVX2 int neighbours(const std::uint16_t* plane, std::uint64_t offset) {
  int four = 0;
  std::memcpy(&four, plane + (offset & 0xffffffff), 4);
  return four;
}

FATHOM_AVX2 __m128i looked_up(const std::uint16_t* plane, __m128i offsets) {
  const auto first = static_cast<std::uint64_t>(_mm_cvtsi128_si64(offsets));
  const auto second = static_cast<std::uint64_t>(_mm_extract_epi64(offsets, 1));
  __m128i all = _mm_cvtsi32_si128(neighbours(plane, first));
  all = _mm_insert_epi32(all, neighbours(plane, first >> 32), 1);
  all = _mm_insert_epi32(all, neighbours(plane, second), 2);
  return _mm_insert_epi32(all, neighbours(plane, second >> 32), 3);
}

/// The same in one instruction.
FATHOM_AVX2 __m256i gathered(const std::uint16_t* plane, __m256i offsets) {
  return _mm256_i32gather_epi32(reinterpret_cast<const int*>(plane), offsets, sizeof(std::uint16_t));
}

template <bool gather>
FATHOM_AVX2 void blend_eight(const Eight& eight, const std::uint16_t* plane, std::uint8_t* to) {
  const __m256i seen =
      gather ? gathered(plane, _mm256_set_m128i(eight.high_offsets, eight.low_offsets))
             : _mm256_set_m128i(looked_up(plane, eight.high_offsets), looked_up(plane, eight.low_offsets));
  const __m256i columns = _mm256_maddubs_epi16(seen, eight.vertical);
  const __m256i sums = _mm256_madd_epi16(columns, eight.horizontal);
  const __m256i half = _mm256_set1_epi32(1 << (2 * kShareBits - 1));
  const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(sums, half), 2 * kShareBits);
  const __m128i words =
      _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
}

// What the loops need is in variables of their own: bytes that are written might change what is in the
// vectors.
template <bool gather>
FATHOM_AVX2 void interpolate_by_eights(const Lattice& lattice, const PairedPlanes& planes, std::uint8_t* to) {
  const std::size_t columns = lattice.across.size(), rows = lattice.left.size();
  const int *const across = lattice.across.data(), *const down = lattice.down.data();
  const std::uint16_t* const pairs = planes.pairs.data();
  const std::int64_t channels = planes.channels, plane = planes.height * planes.width;
  const auto made = static_cast<std::int64_t>(rows * columns);
  const __m256i width = _mm256_set1_epi32(static_cast<int>(planes.width));
  for (std::size_t y = 0; y < rows; ++y, to += columns) {
    const __m256i left = _mm256_set1_epi32(lattice.left[y]), top = _mm256_set1_epi32(lattice.top[y]);
    for (std::size_t done = 0; done < columns; done += 8) {
      const std::size_t x = std::min(done, columns - 8);  // the last eight are some of the ones before again
      const Eight eight = located(_mm256_add_epi32(left, eight_ints(across + x)),
                                  _mm256_add_epi32(top, eight_ints(down + x)), width);
      for (std::int64_t c = 0; c < channels; ++c)
        blend_eight<gather>(eight, pairs + c * plane, to + c * made + x);
    }
  }
}

}  // namespace

__attribute__((target("avx2"))) void interpolate_by_avx2(const Lattice& lattice, const PairedPlanes& planes,
                                                         std::uint8_t* to) {
  interpolate_by_eights<false>(lattice, planes, to);
}

__attribute__((target("avx2"))) void interpolate_by_gather(const Lattice& lattice, const PairedPlanes& planes,
                                                           std::uint8_t* to) {
  interpolate_by_eights<true>(lattice, planes, to);
}

}  // namespace fathom::augment

#undef FATHOM_AVX2

#else

namespace fathom::augment {

void interpolate_by_avx2(const Lattice& lattice, const PairedPlanes& planes, std::uint8_t* to) {
  interpolate_portably(lattice, planes, to);
}

void interpolate_by_gather(const Lattice& lattice, const PairedPlanes& planes, std::uint8_t* to) {
  interpolate_portably(lattice, planes, to);
}

}  // namespace fathom::augment

#endif
