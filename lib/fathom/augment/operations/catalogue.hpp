/// How operations are declared. Internal to this folder.
///
///   constexpr Parameters kGamma({graded("gamma", "the exponent", {0.8, 1.2}, {0.05, 20}, ...)});
///
///   void gamma(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
///     ... std::pow(value, v[kGamma["gamma"]]) ...
///   }
///
/// Only the declaration knows the order of the values. All other code uses names, and an unknown name does
/// not compile.
#pragma once

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include "fathom/augment/operation.hpp"

namespace fathom::augment {

/// The parameters of an operation, by name.
template <std::size_t N>
class Parameters {
 public:
  constexpr Parameters(const Parameter (&list)[N]) : list_(std::to_array(list)) {
    static_assert(N <= kMostParameters);
  }

  /// The index of a parameter.
  consteval std::size_t operator[](std::string_view name) const { return number_of(name); }
  /// The value for one of a parameter's words.
  consteval double choice(std::string_view name, std::string_view word) const {
    const auto choices = list_[number_of(name)].choices;
    for (std::size_t i = 0; i < choices.size(); ++i)
      if (choices[i] == word) return static_cast<double>(i);
    throw std::invalid_argument("no such choice");
  }
  constexpr std::size_t size() const { return N; }
  constexpr operator std::span<const Parameter>() const { return list_; }

 private:
  constexpr std::size_t number_of(std::string_view name) const {
    for (std::size_t i = 0; i < N; ++i)
      if (list_[i].name == name) return i;
    throw std::invalid_argument("no such parameter");
  }

  std::array<Parameter, N> list_;
};

// Parameters that several operations have.

/// A parameter with a fixed usual value.
constexpr Parameter fixed(std::string_view name, std::string_view meaning, double usual, Range allowed,
                          Scale scale = Scale::linear) {
  return {.name = name, .meaning = meaning, .usual = {usual, usual}, .allowed = allowed, .scale = scale};
}

/// A parameter's value without effect and its value at full magnitude.
struct Magnitude {
  double neutral = 0, strong = 0;
};

/// A parameter with a magnitude.
constexpr Parameter graded(std::string_view name, std::string_view meaning, Range usual, Range allowed,
                           Magnitude magnitude, Scale scale = Scale::linear) {
  return {.name = name,
          .meaning = meaning,
          .usual = usual,
          .allowed = allowed,
          .scale = scale,
          .neutral = magnitude.neutral,
          .strong = magnitude.strong};
}

/// A parameter with a magnitude in both directions from 0: usually -usual to usual, at most -most to most.
constexpr Parameter symmetric(std::string_view name, std::string_view meaning, double usual, double most,
                              Magnitude magnitude) {
  Parameter parameter = graded(name, meaning, {0 - usual, usual}, {-most, most}, magnitude);
  parameter.symmetric = true;
  return parameter;
}

/// A position in [0, 1] that is drawn unless the user sets it; `meaning` explains 0 and 1.
constexpr Parameter place(std::string_view name, std::string_view meaning) {
  return {.name = name, .meaning = meaning, .usual = {0, 1}, .allowed = {0, 1}};
}

/// One of a few words, which must outlive the parameter; the default is the word with index `usual`.
constexpr Parameter word_parameter(std::string_view name, std::string_view meaning,
                                   std::span<const std::string_view> words, double usual = 0) {
  Parameter parameter =
      fixed(name, meaning, usual, {0, static_cast<double>(words.size() - 1)}, Scale::choice);
  parameter.choices = words;
  return parameter;
}

inline constexpr std::string_view kBorders[] = {"constant", "reflect", "replicate", "wrap"};
/// How the area outside the picture is filled, usually with a constant or by reflection.
constexpr Parameter border_parameter(bool reflect = false) {
  return word_parameter("border",
                        "outside the picture: constant (the fill), reflect (mirrored, without repeating the "
                        "edge), replicate (the edge), wrap (the opposite side)",
                        kBorders, reflect ? 1 : 0);
}
/// The fill value of a constant border.
constexpr Parameter fill_parameter() {
  return fixed("fill", "value of a constant border, in [0, 1]; RGBA pictures are transparent there", 0,
               {0, 1});
}

/// Seed of the values that an operation draws per pixel.
constexpr Parameter noise_parameter() {
  return {.name = "noise",
          .meaning = "seed of the values drawn per pixel",
          .usual = {0, 4294967295.},
          .allowed = {0, 4294967295.},
          .scale = Scale::whole};
}

/// A kind that keeps the picture's size and has no path of its own for small pictures.
inline OperationKind plain_kind(Group group, std::string name, std::string summary, std::string label,
                                std::string source, std::span<const Parameter> parameters,
                                decltype(OperationKind::apply) apply, bool in_place = false) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .label = std::move(label),
          .source = std::move(source),
          .group = group,
          .parameters = parameters,
          .in_place = in_place,
          .apply = apply};
}

/// A kind that changes colours and may work in place.
inline OperationKind colour_kind(std::string name, std::string summary, std::string label, std::string source,
                                 std::span<const Parameter> parameters,
                                 decltype(OperationKind::apply) apply) {
  return plain_kind(Group::colour, std::move(name), std::move(summary), std::move(label), std::move(source),
                    parameters, apply, /*in_place=*/true);
}

// The catalogue entries defined in each file of this folder.
std::vector<OperationKind> affine_kinds();
std::vector<OperationKind> warp_kinds();
std::vector<OperationKind> crop_kinds();
std::vector<OperationKind> blur_kinds();
std::vector<OperationKind> colour_kinds();
std::vector<OperationKind> tone_kinds();
std::vector<OperationKind> noise_kinds();
std::vector<OperationKind> erasing_kinds();
std::vector<OperationKind> composition_kinds();

/// In the catalogue's order.
inline constexpr std::array kKindsOfFiles = {affine_kinds, warp_kinds,    crop_kinds,
                                             blur_kinds,   colour_kinds,  tone_kinds,
                                             noise_kinds,  erasing_kinds, composition_kinds};

}  // namespace fathom::augment
