#include "cli/page.hpp"

#include <fmt/format.h>

#include "fathom/core/markup.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ink: #1c1c1e; --page: #fdfcf9; --soft: #6b6b70; --card: #ffffff; --line: #e4e1d9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececee; --page: #17181b; --soft: #a0a0a8; --card: #ffffff; --line: #34353a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.2rem 4rem; max-width: 76rem; background: var(--page); color: var(--ink);
       font: 17px/1.55 system-ui, sans-serif; }
h1 { font-size: 2.1rem; margin: 0 0 .3rem; } h2 { margin: 2.6rem 0 .6rem; } p { max-width: 46rem; }
figure { margin: 1.2rem 0; padding: .8rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
         overflow-x: auto; }
figure img, figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { margin-top: .5rem; color: #6b6b70; font-size: .9rem; }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
@page { size: A4; margin: 15mm; }
@media print { figure, tr, li { break-inside: avoid; } h1, h2, h3 { break-after: avoid; } }
)";

}  // namespace

std::string html_page(const std::string& title, const std::string& style, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n"
      "<style>{}{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      xml_escaped(title), kStyle, style, body);
}

std::string picture_tag(const torch::Tensor& picture, const std::string& description) {
  return fmt::format("<img alt=\"{}\" width=\"{}\" height=\"{}\" src=\"data:image/png;base64,{}\">",
                     xml_escaped(description), picture.size(2), picture.size(1),
                     base64(image::encode_png(picture)));
}

}  // namespace fathom::cli
