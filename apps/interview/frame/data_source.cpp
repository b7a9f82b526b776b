#include "interview/frame/data_source.hpp"

namespace fathom::interview {

const data::ImageSet& DataSets::get(const std::string& name, data::Split split) {
  const std::lock_guard lock(mutex_);
  const auto key = std::pair(name, split);
  const auto found = sets_.find(key);
  return found != sets_.end() ? found->second
                              : sets_.emplace(key, data::load(name, split, catalog_)).first->second;
}

experiment::DataSource DataSets::source() {
  return [this](const std::string& name, data::Split split) -> const data::ImageSet& {
    return get(name, split);
  };
}

}  // namespace fathom::interview
