/// A game of one number that Adam loses.
///
/// Reddi, Kale & Kumar, "On the convergence of Adam and beyond", 2018.
#pragma once

#include <vector>

namespace fathom::interview {

/// A number in [-1, 1] pays 3 x in the first of every three rounds and -x in the other two. On average it
/// pays x / 3, so that -1 is the best place. The slope that tells it is rare and large, and the smaller ones
/// that tell the contrary are frequent. Gives the places after each of 3000 rounds, of a player who starts at
/// `first` and is moved down the slope.
std::vector<double> reddi_game_by_adam(double first);
/// The same with one change: the mean of squares that divides the step never falls.
std::vector<double> reddi_game_by_amsgrad(double first);

}  // namespace fathom::interview
