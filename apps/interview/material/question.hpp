/// What every question's file is written with.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fathom/experiment/experiment.hpp"
#include "fathom/models/image_model.hpp"
#include "interview/material/charts.hpp"
#include "interview/material/clothes.hpp"
#include "interview/material/training.hpp"

namespace fathom::interview {

using namespace experiment;

}  // namespace fathom::interview
