/// Operations on pictures: what each takes, what it draws, and what it means for the label.
///
///   const OperationKind& rotate = operation_kind("rotate");
///   Operation op = usual(rotate);                  // with the literature's ranges
///   set(op, "degrees", {-10, 10});
///
/// A kind is what the catalogue says of "rotate"; an operation is a kind with ranges and a probability, as it
/// stands in a pipeline; a step is what was drawn from it for one picture. Pipelines are made of them
/// (augment/pipeline.hpp); a picture is uint8 or float [C, H, W] with 1 (grey), 3 (RGB) or 4 (RGBA) channels.
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
  logarithmic,  ///< its logarithm uniform; for ratios
  whole,        ///< whole numbers, both ends among them
  choice,       ///< one of the words in Parameter::choices, by its number; not drawn
};

struct Parameter {
  std::string_view name, meaning;  ///< what it is, with its unit
  Range usual, allowed;
  Scale scale = Scale::linear;
  bool symmetric = false;         ///< one number v stands for -v to v
  std::optional<double> neutral;  ///< the value that changes nothing; only then has it a magnitude
  double strong = 0;              ///< its value at full magnitude
  std::span<const std::string_view> choices = {};
  bool drawn_only = false;  ///< it follows from the others and cannot be given

  /// The word that a value stands for.
  std::string_view word(double value) const { return choices[static_cast<std::size_t>(value)]; }
};

constexpr std::size_t kMostParameters = 12;
/// A value per parameter, in the parameters' order.
using Values = std::array<double, kMostParameters>;

/// What a picture is to an operation.
enum class Target {
  picture,
  mask,  ///< of labels: moved as its picture, without mixing neighbours; colours are left alone
};

enum class Group { geometry, blur, colour, noise, erasing, composition };
std::string to_string(Group group);

struct Operation;
struct Step;
struct ChannelPlanes;  // whole_batch/copy.hpp

struct OperationKind {
  std::string name, summary;
  std::string label;   ///< what it means for the label
  std::string source;  ///< who introduced it, or whose default ranges these are
  Group group = Group::geometry;
  std::span<const Parameter> parameters;  ///< the first may be given without its name
  bool in_place = false;                  ///< the result may be written over the picture

  // What it does. Pictures are CV_8U or CV_32F, RGB. An operation without `apply` is a composition, whose
  // steps are run one after the other.
  void (*apply)(const cv::Mat& from, cv::Mat& to, const Values& values, Target target) = nullptr;
  /// The same for a small uint8 picture in a batch, without OpenCV and equal to within one level of 255. `to`
  /// has room for the result. Returns false, and does nothing, if OpenCV is faster for these values.
  /// Optional.
  bool (*apply_to_planes)(const ChannelPlanes& from, std::uint8_t* to, const Values& values) = nullptr;
  bool planes_in_place = false;  ///< `to` may be the picture itself
  /// The size of the result; none: that of the picture.
  Extent (*result_size)(Extent from, const Values& values) = nullptr;
  /// From the picture's pixels to the result's, a row of x and a row of y: {a, b, c, d, e, f} means x' = ax +
  /// by + c, y' = dx + ey + f; for operations that are one affine map.
  std::array<double, 6> (*matrix)(const Values& values, Extent size) = nullptr;
  /// What a composition draws: its steps, from the operation's children or by itself.
  void (*compose)(const Operation& operation, Random& random, Step& step) = nullptr;
  /// What a composition makes of a picture, where it does not simply run its steps.
  void (*combine)(const Step& step, const cv::Mat& from, cv::Mat& to, Target target) = nullptr;
  bool takes_operations = false;  ///< a composition of operations that it is given

  bool is_composition() const { return compose != nullptr; }
};

/// A kind as it stands in a pipeline.
struct Operation {
  const OperationKind* kind = nullptr;  ///< of the catalogue, which lives as long as the program
  double probability = 1;
  std::vector<Range> ranges;  ///< one per parameter of the kind
  std::vector<Operation> operations;
};

/// What was drawn from an operation for one picture: all that is needed to do it again.
struct Step {
  const OperationKind* kind = nullptr;
  Values values{};
  std::vector<Step> steps;  ///< of a composition
};

/// All kinds, in the order in which they are shown.
const std::vector<OperationKind>& operation_kinds();
/// Throws InvalidArgument, suggesting the closest name.
const OperationKind& operation_kind(const std::string& name);
/// The number of a parameter. Throws InvalidArgument, suggesting the closest name.
std::size_t parameter_index(const OperationKind& kind, std::string_view name);
/// The value that stands for a parameter's word. Throws InvalidArgument, suggesting the closest word.
double choice_value(const OperationKind& kind, const Parameter& parameter, const std::string& word);

/// The kind with its usual ranges and the usual probability 1.
Operation usual(const OperationKind& kind);
/// Throws InvalidArgument where there is no such parameter, it cannot be given, or the range is reversed, not
/// finite or not within what is allowed.
void set(Operation& operation, std::string_view parameter, Range range);
/// For a parameter with choices. Throws InvalidArgument, suggesting the closest word.
void choose(Operation& operation, std::string_view parameter, const std::string& choice);

/// The kind at a magnitude in [0, 1], as one step: parameters that have one go from the value that changes
/// nothing to their strongest, all others have the middle of their usual range.
Step at_magnitude(const OperationKind& kind, double magnitude);
bool has_magnitude(const OperationKind& kind);
/// The operation with every range scaled towards (magnitude below 1) or away from (above) the value that
/// changes nothing, within what is allowed; its children too.
Operation scaled(Operation operation, double magnitude);

/// What the operation does to one picture; nothing is added where its probability passes it by. `stream`
/// seeds all that it draws.
void draw(const Operation& operation, std::uint64_t stream, std::vector<Step>& steps);

}  // namespace fathom::augment
