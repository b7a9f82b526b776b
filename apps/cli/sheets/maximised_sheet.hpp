/// The figure of `activation_max`: a picture per target, with what the network answers to it.
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

namespace fathom::cli {

/// A picture of a sheet: its title, and the lines below it.
struct Maximised {
  torch::Tensor image;  ///< float [C, H, W] in [0, 1]
  std::string title;
  std::vector<std::string> captions;
};

/// Pictures in rows of at most ten, each at a readable size: small ones grow by a whole factor, their pixels
/// kept visible. uint8 [3, H, W].
torch::Tensor maximised_sheet(const std::vector<Maximised>& pictures, const std::string& heading);

}  // namespace fathom::cli
