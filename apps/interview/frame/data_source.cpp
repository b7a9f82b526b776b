#include "interview/frame/data_source.hpp"

namespace fathom::interview {

experiment::DataSource DataSets::source() {
  return [this](const std::string& name, data::Split split) -> const data::ImageSet& {
    const std::lock_guard lock(mutex_);
    const auto key = std::pair(name, split);
    const auto found = sets_.find(key);
    return found != sets_.end() ? found->second
                                : sets_.emplace(key, data::load(name, split, catalog_)).first->second;
  };
}

}  // namespace fathom::interview
