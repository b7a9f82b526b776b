#include "fathom/core/machine/kernels.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <iterator>
#include <vector>

namespace fathom {
namespace {

constexpr OpenBlasVersion kFirstWithFeatures{0, 3,
                                             20};  ///< chooses by features where it does not know the CPU
constexpr OpenBlasVersion kFirstWithoutFault{0, 3, 25};  ///< before, newer Intel CPUs never got that far
constexpr OpenBlasVersion kFirstWithL2Size{0, 3, 28};    ///< reads OPENBLAS_L2_SIZE

constexpr std::array<const char*, 5> kFolders = {
#if defined(__x86_64__)
    "/lib/x86_64-linux-gnu",
#elif defined(__aarch64__)
    "/lib/aarch64-linux-gnu",
#else
    "/lib",
#endif
    "/usr/local/lib", "/lib64", "/usr/lib64", "/usr/lib"};

std::vector<std::string> folders_of(const std::string& library_path) {
  std::vector<std::string> folders;
  for (std::size_t at = 0; at < library_path.size();) {
    const std::size_t end = std::min(library_path.find(':', at), library_path.size());
    if (end > at) folders.push_back(library_path.substr(at, end - at));
    at = end + 1;
  }
  folders.insert(folders.end(), kFolders.begin(), kFolders.end());
  return folders;
}

/// Case does not matter, as for OpenBLAS.
std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

template <std::size_t Count>
bool is_one_of(const std::string& name, const std::array<const char*, Count>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::optional<OpenBlasVersion> openblas_version_in(std::string_view text) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end; ++at) {
    const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    if (!is_digit(*at) || (at != text.data() && is_digit(at[-1]))) continue;
    std::array<int, 3> numbers = {};
    const char* next = at;
    std::size_t found = 0;
    for (; found < numbers.size(); ++found) {
      const auto [stop, error] = std::from_chars(next, end, numbers[found]);
      if (error != std::errc()) break;
      next = stop;
      if (found < 2 && (next == end || *next++ != '.')) break;
    }
    if (found == 3) return OpenBlasVersion{numbers[0], numbers[1], numbers[2]};
  }
  return std::nullopt;
}

std::optional<OpenBlasVersion> installed_openblas(const std::string& library_path) {
  for (const std::string& folder : folders_of(library_path)) {
    std::array<char, PATH_MAX> resolved;
    if (!::realpath((folder + "/libopenblas.so.0").c_str(), resolved.data())) continue;
    const std::string_view file = resolved.data();
    return openblas_version_in(file.substr(file.rfind('/') + 1));
  }
  return std::nullopt;
}

int kernel_level(const std::string& core) {
  static constexpr std::array<const char*, 3> avx512 = {"skylakex", "cooperlake", "sapphirerapids"};
  static constexpr std::array<const char*, 3> avx2 = {"haswell", "zen", "excavator"};
  static constexpr std::array<const char*, 4> avx = {"sandybridge", "bulldozer", "piledriver", "steamroller"};
  static constexpr std::array<const char*, 16> older = {
      "katmai",     "coppermine", "northwood", "prescott", "banias",    "atom", "core2",  "penryn",
      "dunnington", "nehalem",    "athlon",    "opteron",  "barcelona", "nano", "bobcat", "opteron_sse3"};
  const std::string name = lower(core);
  return is_one_of(name, avx512)  ? 3
         : is_one_of(name, avx2)  ? 2
         : is_one_of(name, avx)   ? 1
         : is_one_of(name, older) ? 0
                                  : -1;
}

std::string best_kernels(const Cpu& cpu) { return cpu.avx512 ? "SkylakeX" : cpu.avx2 ? "Haswell" : ""; }

bool chooses_well(const OpenBlasVersion& version, const Cpu& cpu) {
  if (version >= kFirstWithoutFault) return true;
  // Its switch over the extended model ends at 10 and runs into the Pentium 4 below.
  return version >= kFirstWithFeatures && !(cpu.intel && cpu.family == 6 && cpu.model / 16 > 10);
}

std::string kernels_to_set(const OpenBlasVersion& version, const Cpu& cpu) {
  return version < kFirstWithFeatures || chooses_well(version, cpu) ? "" : best_kernels(cpu);
}

int l2_size_to_set(const OpenBlasVersion& version, const Cpu& cpu) {
  if (version < kFirstWithL2Size || cpu.l2_kibibytes > 0 || !cpu.avx) return 0;
  constexpr int kUsual = 512;
  return cpu.l2_leaf4_kibibytes > 0 ? cpu.l2_leaf4_kibibytes : kUsual;
}

}  // namespace fathom
