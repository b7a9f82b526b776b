#include "fathom/gan/checkpoint.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/checkpoint/file_kind.hpp"
#include "fathom/checkpoint/torchscript_export.hpp"
#include "fathom/checkpoint/torchscript_file.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/json.hpp"

namespace fathom::gan {
namespace {

using OrderedJson = nlohmann::ordered_json;

/// Raised when a key or a weight changes its meaning.
constexpr int kGanFormat = 2;

torch::jit::Module generator_program(const Generator& generator) {
  const std::shared_ptr<Generator> copy = copy_of(generator);
  for (torch::Tensor& parameter : copy->parameters()) parameter.set_requires_grad(false);
  const GanArchitecture& architecture = generator.architecture();
  checkpoint::Method method{.arguments = {"z"},
                            .examples = {torch::zeros({2, latent_of(architecture)})},
                            .body = [&](const auto& inputs) {
                              return copy->forward(inputs[0],
                                                   inputs.size() > 1 ? inputs[1] : torch::Tensor());
                            }};
  const std::int64_t classes = classes_of(architecture);
  if (classes == 0) return checkpoint::traced_module(*copy, "generator", method);
  method.name = "generate";
  method.arguments.emplace_back("labels");
  method.examples.push_back(torch::zeros({2}, torch::kLong));
  torch::jit::Module program = checkpoint::traced_module(*copy, "generator", method);
  program.define(fmt::format(R"(
def forward(self, z: Tensor, labels: Optional[Tensor] = None) -> Tensor:
    if labels is None:
        labels = torch.remainder(torch.arange(z.size(0), device=z.device), {})
    return self.generate(z, labels)
)",
                             classes));
  return program;
}

}  // namespace

std::string to_text(const GanCard& card) {
  OrderedJson j;
  j["generator_format"] = kGanFormat;
  j["architecture"] = to_json(card.architecture);
  j["classes"] = card.classes;
  j["data_set"] = card.data_set;
  j["data_checksum"] = card.data_checksum;
  j["data_note"] = card.data_note;
  j["loss"] = card.loss;
  j["seed"] = card.seed;
  j["steps"] = card.steps;
  j["scores"] = card.scores.empty() ? OrderedJson() : io::parse_json(card.scores, io::kLargestCard);
  j["fathom_version"] = card.fathom_version;
  j["torch_version"] = card.torch_version;
  if (!card.kernels.empty()) j["kernels"] = card.kernels;
  j["command_line"] = card.command_line;
  return j.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

GanCard gan_card_from_text(const std::string& text) {
  try {
    const OrderedJson j = io::parse_json(text, io::kLargestCard);
    if (!j.contains("generator_format"))
      throw FormatError("it is a classifier, but a generator written by train_gan is needed");
    if (j.at("generator_format") != kGanFormat)
      throw FormatError(fmt::format("it has format version {}, but this program reads version {}",
                                    j.at("generator_format").dump(), kGanFormat));
    GanCard card;
    card.architecture = gan_architecture_from_json(nlohmann::json(j.at("architecture")));
    j.at("classes").get_to(card.classes);
    j.at("data_set").get_to(card.data_set);
    j.at("data_checksum").get_to(card.data_checksum);
    j.at("data_note").get_to(card.data_note);
    j.at("loss").get_to(card.loss);
    j.at("seed").get_to(card.seed);
    j.at("steps").get_to(card.steps);
    if (!j.at("scores").is_null()) card.scores = j.at("scores").dump();
    j.at("fathom_version").get_to(card.fathom_version);
    j.at("torch_version").get_to(card.torch_version);
    card.kernels = j.value("kernels", "");
    j.at("command_line").get_to(card.command_line);
    const auto conditions = static_cast<std::size_t>(classes_of(card.architecture));
    if (conditions > 0 && card.classes.size() != conditions)
      throw FormatError(
          fmt::format("its card names {} classes, but the GAN has {}", card.classes.size(), conditions));
    return card;
  } catch (const OrderedJson::exception& e) {
    throw FormatError(fmt::format("its card is invalid: {}", e.what()));
  }
}

void save_generator(const std::filesystem::path& path, const Generator& generator, const GanCard& card) {
  checkpoint::write_torchscript(path, generator_program(generator), to_text(card));
}

GanCheckpoint load_generator(const std::filesystem::path& path) {
  const std::string what = fmt::format("cannot read generator '{}'", path.string());
  const std::string bytes = io::read_file(path);
  checkpoint::require_program(bytes, path.string(), what);
  const std::optional<std::string> text = checkpoint::card_text(bytes, what);
  if (!text) throw FormatError(what + ": it has no fathom card");
  GanCheckpoint checkpoint;
  try {
    checkpoint.card = gan_card_from_text(*text);
  } catch (const FormatError& e) {
    throw FormatError(what + ": " + e.what());
  }
  checkpoint::require_covered(generator_parameters(checkpoint.card.architecture), bytes, what);
  checkpoint.generator = build_generator(checkpoint.card.architecture, make_generator(0));
  checkpoint::copy_weights(bytes, *checkpoint.generator, what);
  checkpoint.generator->eval();
  return checkpoint;
}

}  // namespace fathom::gan
