/// Operations on pictures: parameters, random draws, and effect on the label.
///
///   const OperationKind& rotate = operation_kind("rotate");
///   Operation op = usual(rotate);                  // with the ranges from the literature
///   set(op, "degrees", {-10, 10});
///
/// A kind is an entry of the catalogue, such as "rotate". An operation is a kind with ranges and a
/// probability, as part of a pipeline. A step holds the values drawn from an operation for one picture.
/// Pipelines are made of them (augment/pipeline.hpp); a picture is uint8 or float [C, H, W] with 1 (grey), 3
/// (RGB) or 4 (RGBA) channels.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fathom/augment/random.hpp"
#include "fathom/core/geometry.hpp"

namespace cv {
class Mat;
}

namespace fathom::augment {

struct Range {
  double low = 0, high = 0;
  bool operator==(const Range&) const = default;
};

/// How a value is drawn from a parameter's range.
enum class Scale {
  linear,       ///< uniform in [low, high)
  logarithmic,  ///< uniform in the logarithm; for ratios
  whole,        ///< whole numbers, including both ends
  choice,       ///< index into Parameter::choices; not drawn
};

struct Parameter {
  std::string_view name, meaning;  ///< `meaning` says what it is, with its unit
  Range usual, allowed;
  Scale scale = Scale::linear;
  bool symmetric = false;  ///< a single number v means -v to v
  std::optional<double>
      neutral;        ///< the value that has no effect; only parameters with such a value have a magnitude
  double strong = 0;  ///< its value at full magnitude
  std::span<const std::string_view> choices = {};
  bool drawn_only = false;  ///< it is drawn by the operation and cannot be set by the user

  /// The word for a value.
  std::string_view word(double value) const { return choices[static_cast<std::size_t>(value)]; }
};

constexpr std::size_t kMostParameters = 12;
/// One value per parameter, in the order of the parameters.
using Values = std::array<double, kMostParameters>;

/// How an operation treats the picture.
enum class Target {
  picture,
  mask,  ///< label mask: transformed geometrically by nearest neighbour; colour operations skip it
};

/// How many of its operations a composition applies to a picture, in their order.
enum class Taken { all, one, some };

enum class Group { geometry, blur, colour, noise, erasing, composition };
std::string to_string(Group group);

struct Operation;
struct Step;
struct ChannelPlanes;  // whole_batch/copy.hpp

struct OperationKind {
  std::string name, summary;
  std::string label;   ///< whether the operation keeps the label
  std::string source;  ///< the paper that introduced it, or the library whose default ranges are used
  Group group = Group::geometry;
  std::span<const Parameter> parameters;  ///< the first may be given without its name
  bool in_place = false;                  ///< the result may overwrite the picture

  // Applies the operation. Pictures are CV_8U or CV_32F, RGB. An operation without `apply` is a composition;
  // its steps run one after the other.
  void (*apply)(const cv::Mat& from, cv::Mat& to, const Values& values, Target target) = nullptr;
  /// The same for a small uint8 picture in a batch, without OpenCV and equal to within one level of 255. `to`
  /// has room for the result. Returns false, and does nothing, if OpenCV is faster for these values.
  /// Optional.
  bool (*apply_to_planes)(const ChannelPlanes& from, std::uint8_t* to, const Values& values) = nullptr;
  bool planes_in_place = false;  ///< `to` may be the picture itself
  /// The size of the result; empty: same as the picture.
  Extent (*result_size)(Extent from, const Values& values) = nullptr;
  /// For operations that are one affine map: maps the picture's pixels to the result's. {a, b, c, d, e, f}
  /// means x' = ax + by + c, y' = dx + ey + f.
  std::array<double, 6> (*matrix)(const Values& values, Extent size) = nullptr;
  /// Draws the steps of a composition, from its child operations or by itself.
  void (*compose)(const Operation& operation, Random& random, Step& step) = nullptr;
  /// Applies a composition that does not simply run its steps.
  void (*combine)(const Step& step, const cv::Mat& from, cv::Mat& to, Target target) = nullptr;
  bool takes_operations = false;  ///< a composition of user-supplied operations
  Taken taken = Taken::all;       ///< of these

  bool is_composition() const { return compose != nullptr; }
};

/// A kind with its settings in a pipeline.
struct Operation {
  const OperationKind* kind = nullptr;  ///< entry of the catalogue; valid until the program ends
  double probability = 1;
  std::vector<Range> ranges;  ///< one per parameter of the kind
  std::vector<Operation> operations;
};

/// The values drawn from an operation for one picture; enough to repeat it.
struct Step {
  const OperationKind* kind = nullptr;
  Values values{};
  std::vector<Step> steps;  ///< of a composition
};

/// All kinds, in display order.
const std::vector<OperationKind>& operation_kinds();
/// Throws InvalidArgument, suggesting the closest name.
const OperationKind& operation_kind(const std::string& name);
/// The names of all kinds and of the mixings, which a pipeline may also contain.
std::vector<std::string> operation_names();
/// The index of a parameter. Throws InvalidArgument, suggesting the closest name.
std::size_t parameter_index(const OperationKind& kind, std::string_view name);
/// The value for one of a parameter's words. Throws InvalidArgument, suggesting the closest word.
double choice_value(const OperationKind& kind, const Parameter& parameter, const std::string& word);

/// The kind with its usual ranges and the usual probability 1.
Operation usual(const OperationKind& kind);
/// Throws InvalidArgument if the parameter does not exist or cannot be set, or if the range is reversed, not
/// finite or outside the allowed range.
void set(Operation& operation, std::string_view parameter, Range range);
/// For a parameter with choices. Throws InvalidArgument, suggesting the closest word.
void choose(Operation& operation, std::string_view parameter, const std::string& choice);

/// A step of this kind at a magnitude in [0, 1]. Parameters with a magnitude go from their neutral to their
/// strongest value; all others take the middle of their usual range.
Step at_magnitude(const OperationKind& kind, double magnitude);
bool has_magnitude(const OperationKind& kind);
/// The operation with every range scaled towards (magnitude below 1) or away from (above 1) the neutral
/// value, clamped to the allowed range; applies to children, too.
Operation scaled(Operation operation, double magnitude);

/// Draws the step for one picture and appends it; appends nothing if the probability does not fire. `stream`
/// seeds all draws.
void draw(const Operation& operation, std::uint64_t stream, std::vector<Step>& steps);

}  // namespace fathom::augment
