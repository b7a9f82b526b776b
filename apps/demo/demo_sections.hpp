/// The sections of the demo's page, each a piece of HTML with its pictures inside.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/train/history.hpp"
#include "fathom/train/metrics.hpp"

namespace fathom::cli {

/// A test picture with what the model says of it.
struct TestPicture {
  std::int64_t index = 0;  ///< in the test set
  std::int64_t label = 0, predicted = 0;
  double probability = 0;
};

/// The model under its path, with the test set that it was evaluated on.
struct DemoSubject {
  const checkpoint::Classifier& model;
  std::string path;
  const data::ImageSet& set;
  std::uint64_t seed = 0;
};

/// A picture inside a page, with the command that makes it below, where there is one.
std::string page_figure(const torch::Tensor& picture, const std::string& description,
                        const std::string& command = {});

/// What it learned: the filters of the first layer.
std::string filters_section(const DemoSubject& subject);

/// What each class would like to see, by activation maximization.
std::string classes_section(const DemoSubject& subject);

/// One picture's occlusion map, with the command that makes it.
std::string occlusion_figure_of(const DemoSubject& subject, const TestPicture& example);

/// The surest mistake, seen for its answer and for the label.
std::string mistake_section(const DemoSubject& subject, const TestPicture& mistake);

/// The same pictures by every attribution method that the model allows.
std::string attributions_section(const DemoSubject& subject, const std::vector<TestPicture>& examples);

/// Of a generator of the same data set: samples, ways from one to another, and how they came to look so (the
/// strip that train_gan wrote beside it, if there is one). Throws what gan::load_generator throws.
std::string generator_section(const DemoSubject& subject, const std::string& path);

std::string confusion_section(const DemoSubject& subject, const train::Evaluation& result);

/// Empty where there is no history.
std::string history_section(const std::vector<train::EpochRecord>& history);

}  // namespace fathom::cli
