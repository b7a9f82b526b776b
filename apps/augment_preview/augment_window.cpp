#include "augment_preview/augment_window.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <opencv2/highgui.hpp>

#include <fmt/format.h>

namespace fathom::cli {
namespace {

constexpr const char* kTitle = "augment_preview: n next seed, p previous, s save, q quit";
constexpr const char *kMagnitude = "magnitude %", *kProbability = "probability %";
constexpr int kMostMagnitude = 200, kMostProbability = 100;
constexpr int kMilliseconds = 30;  // between two looks at the sliders
constexpr int kEscape = 27;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// Whether $DISPLAY answers. libxcb comes with every toolkit that draws on X; where it is missing, the
/// toolkit finds out for itself.
bool x_answers() {
  void* const library = dlopen("libxcb.so.1", RTLD_NOW);
  if (!library) return true;
  const auto connect = reinterpret_cast<void* (*)(const char*, int*)>(dlsym(library, "xcb_connect"));
  const auto has_error = reinterpret_cast<int (*)(void*)>(dlsym(library, "xcb_connection_has_error"));
  const auto disconnect = reinterpret_cast<void (*)(void*)>(dlsym(library, "xcb_disconnect"));
  if (!connect || !has_error || !disconnect) return true;
  void* const connection = connect(nullptr, nullptr);
  const bool answers = has_error(connection) == 0;
  disconnect(connection);
  return answers;
}

/// RGB [3, H, W] on white of a size that only grows, so that the window does not jump with every caption.
class Canvas {
 public:
  void show(const torch::Tensor& sheet) {
    height_ = std::max(height_, sheet.size(1)), width_ = std::max(width_, sheet.size(2));
    torch::Tensor canvas = torch::full({height_, width_, 3}, 255, torch::kUInt8);
    canvas.narrow(0, 0, sheet.size(1))
        .narrow(1, (width_ - sheet.size(2)) / 2, sheet.size(2))
        .copy_(sheet.flip(0).permute({1, 2, 0}));  // OpenCV's windows take BGR
    cv::imshow(kTitle,
               cv::Mat(static_cast<int>(height_), static_cast<int>(width_), CV_8UC3, canvas.data_ptr()));
  }

 private:
  std::int64_t height_ = 0, width_ = 0;
};

/// Takes over what the sliders say; whether that is new.
bool read_sliders(Preview& preview) {
  const std::int64_t magnitude = cv::getTrackbarPos(kMagnitude, kTitle);
  const std::int64_t probability = cv::getTrackbarPos(kProbability, kTitle);
  const bool changed = magnitude != preview.magnitude || probability != preview.probability;
  preview.magnitude = magnitude, preview.probability = probability;
  return changed;
}

void open_window(const Preview& preview) {
  cv::namedWindow(kTitle, cv::WINDOW_AUTOSIZE | cv::WINDOW_GUI_NORMAL);
  cv::createTrackbar(kMagnitude, kTitle, nullptr, kMostMagnitude);
  cv::createTrackbar(kProbability, kTitle, nullptr, kMostProbability);
  cv::setTrackbarPos(kMagnitude, kTitle, static_cast<int>(preview.magnitude));
  cv::setTrackbarPos(kProbability, kTitle, static_cast<int>(preview.probability));
}

enum class KeyAction { none, redraw, save, quit };

/// Applies a key to the preview: n and space select the next seed, p the previous one.
KeyAction press(Preview& preview, int key) {
  switch (key) {
    case 'n':
    case ' ':
      ++preview.seed;
      return KeyAction::redraw;
    case 'p':
      if (preview.seed == 0) return KeyAction::none;
      --preview.seed;
      return KeyAction::redraw;
    case 's':
      return KeyAction::save;
    case 'q':
    case kEscape:
      return KeyAction::quit;
    default:
      return KeyAction::none;
  }
}

bool is_open() { return cv::getWindowProperty(kTitle, cv::WND_PROP_VISIBLE) >= 1; }

}  // namespace

void require_display() {
  if (!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY"))
    throw Error(
        "--window needs a display, but neither $DISPLAY nor $WAYLAND_DISPLAY is set; without --window, the "
        "sheet is written to --out");
  if (!is_set("WAYLAND_DISPLAY") && !x_answers())
    throw Error(
        fmt::format("--window cannot connect to the display '{}' in $DISPLAY", std::getenv("DISPLAY")));
}

void run_window(Preview& preview, const std::function<void()>& save) {
  Canvas canvas;
  open_window(preview);
  bool stale = true;
  do {
    if (stale) canvas.show(grid_sheet(preview, draw_records(preview), heading_of(preview)));
    const KeyAction action = press(preview, cv::waitKey(kMilliseconds) & 0xff);
    if (action == KeyAction::quit) break;
    if (action == KeyAction::save) save();
    stale = is_open() && (read_sliders(preview) || action == KeyAction::redraw);
  } while (is_open());
  cv::destroyAllWindows();
}

}  // namespace fathom::cli
