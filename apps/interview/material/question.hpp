/// What every question's file is written with: the words of an experiment, training, clothes, charts, and the
/// standard headers that most of them need.
#pragma once

#include <torch/nn/modules/linear.h>

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
#include "fathom/optim/optimizer.hpp"
#include "interview/material/charts.hpp"
#include "interview/material/clothes.hpp"
#include "interview/material/training.hpp"

namespace fathom::interview {

using namespace experiment;
using nn::Activation;
using optim::OptimizerKind;
using optim::OptimizerOptions;

}  // namespace fathom::interview
