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

/// A test picture and the model's prediction.
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

/// Pictures that maximise each class.
std::string classes_section(const DemoSubject& subject);

/// One picture's occlusion map, with the command that makes it.
std::string occlusion_figure_of(const DemoSubject& subject, const TestPicture& example);

/// The most confident mistake, explained for the predicted class and for the label.
std::string mistake_section(const DemoSubject& subject, const TestPicture& mistake);

/// The same pictures by every attribution method that the model allows.
std::string attributions_section(const DemoSubject& subject, const std::vector<TestPicture>& examples);

/// A generator of the same data set: samples, interpolations, and the same samples during training (the strip
/// that train_gan wrote beside the generator, if it exists). Throws as gan::load_generator.
std::string generator_section(const DemoSubject& subject, const std::string& path);

std::string confusion_section(const DemoSubject& subject, const train::Evaluation& result);

/// Empty if there is no history.
std::string history_section(const std::vector<train::EpochRecord>& history);

}  // namespace fathom::cli
