/// What every question's file is written with.
#pragma once

#include "fathom/experiment/experiment.hpp"
#include "fathom/models/image_model.hpp"
#include "interview/material/training.hpp"

namespace fathom::interview {

using experiment::by_category;
using experiment::Picture;
using experiment::Setting;
using experiment::Trial;
using experiment::TrialSeries;

}  // namespace fathom::interview
