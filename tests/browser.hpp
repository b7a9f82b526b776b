/// Looking at a page in a real browser.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "run_program.hpp"

/// What headless Chromium makes of a page.
struct Look {
  int articles = 0, pictures = 0, charts = 0;
  int broken = 0;                  ///< pictures that it cannot show, and charts without a size
  int width = 0, shown_width = 0;  ///< of the page's content, and of the part that is seen without scrolling
  std::string console;             ///< what it wrote to the console: nothing, if all is well
};

inline std::string chromium(const std::string& flags) {
  const TemporaryFolder profile;
  return "timeout 60 chromium --headless --no-sandbox --disable-gpu --no-first-run --hide-scrollbars "
         "--disable-background-networking --disable-component-update --disable-sync "
         "--allow-file-access-from-files --enable-logging=stderr --user-data-dir='" +
         profile.path().string() + "' " + flags;
}

inline bool has_chromium() { return std::system("command -v chromium >/dev/null") == 0; }

/// The page in a window of that many pixels, as on a phone that is 390 wide.
inline Look look_at(const std::filesystem::path& page, int width) {
  const TemporaryFolder folder;
  const std::string probe = (folder.path() / "probe.html").string();
  fathom::io::write_file(probe, "<!doctype html><meta charset=utf-8><iframe src=\"file://" +
                                    std::filesystem::absolute(page).string() +
                                    "\" style=\"border:0;height:800px;width:" + std::to_string(width) +
                                    R"(px"></iframe><script>
addEventListener("load", () => {
  const page = document.querySelector("iframe").contentDocument, all = (what) => [...page.querySelectorAll(what)];
  document.title = JSON.stringify({
    articles: all("article").length, pictures: all("img").length, charts: all("figure > svg").length,
    broken: all("img").filter((each) => !each.complete || !each.naturalWidth).length +
            all("figure > svg").filter((each) => !each.getBoundingClientRect().width).length,
    width: page.documentElement.scrollWidth, shown_width: page.documentElement.clientWidth});
});</script>)");
  const Outcome outcome = run_command(chromium("--dump-dom 'file://" + probe + "'"));
  const std::size_t begin = outcome.out.find("<title>"), end = outcome.out.find("</title>");
  if (begin == std::string::npos || end == std::string::npos) return {.console = outcome.err};
  const nlohmann::json seen = nlohmann::json::parse(outcome.out.substr(begin + 7, end - begin - 7));
  Look look{seen.at("articles"),
            seen.at("pictures"),
            seen.at("charts"),
            seen.at("broken"),
            seen.at("width"),
            seen.at("shown_width"),
            {}};
  std::istringstream lines(outcome.err);
  for (std::string line; std::getline(lines, line);)
    if (line.find("CONSOLE") != std::string::npos) look.console += line + "\n";
  return look;
}

/// How many sheets of A4 it prints on.
inline int printed_pages(const std::filesystem::path& page) {
  const TemporaryFolder folder;
  const std::string pdf = (folder.path() / "page.pdf").string();
  run_command(
      chromium("--print-to-pdf='" + pdf + "' 'file://" + std::filesystem::absolute(page).string() + "'"));
  if (!std::filesystem::exists(pdf)) return 0;
  const std::string bytes = fathom::io::read_file(pdf);
  int pages = 0;
  for (std::size_t at = 0; (at = bytes.find("/Type /Page\n", at)) != std::string::npos; ++at) ++pages;
  return pages;
}
