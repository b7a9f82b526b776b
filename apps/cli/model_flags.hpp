/// --model and the flags that describe the input of a model without a card.
#pragma once

#include <string>

#include "cli/cli.hpp"
#include "fathom/checkpoint/classifier.hpp"

namespace fathom::cli {

void add_model_flags(Parser& parser);
/// Only a model without a card is asked the flags about its input; with one they are unread, and
/// Arguments::refuse_unread refuses them.
checkpoint::Classifier read_model(const Arguments& arguments, const Common& common);
/// Says why the flags about a model's input are not asked for: "with --gan".
void unused_feed_flags(const Arguments& arguments, const std::string& reason);

}  // namespace fathom::cli
