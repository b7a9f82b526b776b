/// What every question's file is written with.
#pragma once

#include "fathom/experiment/experiment.hpp"
#include "fathom/models/image_model.hpp"
#include "interview/material/training.hpp"

namespace fathom::interview {

using experiment::at_least;
using experiment::at_most;
using experiment::between;
using experiment::by_category;
using experiment::caveat;
using experiment::Experiment;
using experiment::geometric;
using experiment::on_every_seed;
using experiment::Picture;
using experiment::Setting;
using experiment::Trial;
using experiment::TrialSeries;
using experiment::Unit;

}  // namespace fathom::interview
