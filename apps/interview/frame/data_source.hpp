/// Data sets for experiments that run side by side.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "fathom/data/catalog.hpp"
#include "fathom/experiment/experiment.hpp"

namespace fathom::interview {

/// Each set is read once, when it is first asked for. Must outlive the run.
class DataSets {
 public:
  explicit DataSets(data::Catalog catalog) : catalog_(std::move(catalog)) {}
  experiment::DataSource source();

 private:
  data::Catalog catalog_;
  std::mutex mutex_;
  std::map<std::pair<std::string, data::Split>, data::ImageSet> sets_;
};

}  // namespace fathom::interview
