#include "fathom/core/progress.hpp"

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace fathom {
namespace {

constexpr const char* kNoTerminal = "no pseudo-terminal can be opened here (is /dev/pts mounted?)";

/// Makes stderr a terminal of 120 columns while it lives, and keeps what is drawn there.
class Terminal {
 public:
  Terminal() : stderr_(dup(STDERR_FILENO)) {
    winsize size = {24, 120, 0, 0};
    if (openpty(&master_, &slave_, nullptr, nullptr, &size) != 0) return;
    dup2(slave_, STDERR_FILENO);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() { restore(); }

  bool opened() const { return slave_ >= 0; }

  /// Gives stderr back and returns what was drawn.
  std::string drawn() {
    std::fflush(stderr);
    // A mark of our own, so that reading can stop without waiting.
    (void)!write(slave_, "\x04", 1);
    std::string text;
    for (char c = 0; read(master_, &c, 1) == 1 && c != '\x04';) text += c;
    restore();
    return text;
  }

 private:
  void restore() {
    if (stderr_ < 0) return;
    dup2(stderr_, STDERR_FILENO);
    for (const int file : {stderr_, master_, slave_}) close(file);
    stderr_ = -1;
  }

  int stderr_, master_ = -1, slave_ = -1;
};

TEST(ProgressBar, ShowsLabelFiguresAndNote) {
  Terminal terminal;
  if (!terminal.opened()) GTEST_SKIP() << kNoTerminal;
  {
    ProgressBar bar("epoch 1/5", "images", false);
    EXPECT_TRUE(bar.visible());
    bar.note("loss 0.512");
    bar.update(12000, 48000);
  }
  const std::string text = terminal.drawn();
  EXPECT_NE(text.find("epoch 1/5 [#####---------------] 12,000/48,000 images"), text.npos) << text;
  EXPECT_NE(text.find("loss 0.512"), text.npos) << text;
  EXPECT_TRUE(text.ends_with("\r\n")) << text;
}

TEST(ProgressBar, CountsBytesInMegabytes) {
  Terminal terminal;
  if (!terminal.opened()) GTEST_SKIP() << kNoTerminal;
  ProgressBar("mnist", "bytes", false).update(4900000, 9912422);
  const std::string text = terminal.drawn();
  EXPECT_NE(text.find("4.9/9.9 MB"), text.npos) << text;
}

TEST(ProgressBar, DrawsSeldomButAlwaysTheEnd) {
  Terminal terminal;
  if (!terminal.opened()) GTEST_SKIP() << kNoTerminal;
  const auto start = std::chrono::steady_clock::now();
  {
    ProgressBar bar("x", "windows", false);
    const ProgressCallback callback = bar.callback();
    for (int i = 1; i <= 5000; ++i) callback(i, 5000);
  }
  const auto taken = std::chrono::steady_clock::now() - start;
  const std::string text = terminal.drawn();
  // The first, the last, and one for each tenth of a second between.
  EXPECT_LE(std::count(text.begin(), text.end(), '\r') - 1, 2 + taken / std::chrono::milliseconds(100));
  EXPECT_NE(text.find("5,000/5,000 windows"), text.npos) << text;
}

TEST(ProgressBar, StartsOverOnANewLine) {
  Terminal terminal;
  if (!terminal.opened()) GTEST_SKIP() << kNoTerminal;
  {
    ProgressBar bar("epoch 1", "images", false);
    bar.update(10, 10);
    bar.restart("epoch 2");
    bar.update(1, 10);
  }
  const std::string text = terminal.drawn();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_LT(text.find("epoch 1"), text.find("epoch 2"));
}

TEST(ProgressBar, FinishEndsTheLineOnce) {
  Terminal terminal;
  if (!terminal.opened()) GTEST_SKIP() << kNoTerminal;
  {
    ProgressBar bar("mnist", "bytes", false);
    bar.finish();  // nothing was drawn yet
    bar.update(1, 2);
    bar.finish();
    bar.finish();
    std::fputs("after\n", stderr);
    bar.update(2, 2);
  }
  const std::string text = terminal.drawn();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
  EXPECT_NE(text.find("\r\nafter\r\n\rmnist"), text.npos) << text;
}

TEST(ProgressBar, WhatWasDoneBeforeItBeganIsNoSpeed) {
  Terminal terminal;
  if (!terminal.opened()) GTEST_SKIP() << kNoTerminal;
  const auto start = std::chrono::steady_clock::now();
  {
    ProgressBar bar("resumed", "bytes", false);
    bar.update(900'000'000, 1'000'000'000);  // of which nothing was fetched by us
    bar.update(1'000'000'000, 1'000'000'000);
  }
  if (std::chrono::steady_clock::now() - start > std::chrono::milliseconds(20)) {
    GTEST_SKIP() << "this machine is too busy to tell a head start from work";
  }
  const std::string text = terminal.drawn();
  const std::size_t last = text.rfind('\r', text.find("1000.0/1000.0 MB"));
  ASSERT_NE(last, text.npos) << text;
  EXPECT_EQ(text.substr(0, last).find("MB/s"), text.npos) << text;  // 0 bytes in the first drawing
  EXPECT_NE(text.substr(last).find("MB/s"), text.npos) << text;
}

TEST(ProgressBar, NeverExceedsTheLine) {
  Terminal terminal;
  if (!terminal.opened()) GTEST_SKIP() << kNoTerminal;
  {
    ProgressBar bar("x", "images", false);
    bar.note(std::string(500, 'n'));
    bar.update(1, 2);
  }
  const std::string text = terminal.drawn();
  EXPECT_LT(std::count(text.begin(), text.end(), 'n'), 120);
}

TEST(ProgressBar, StandsAnyFigures) {
  Terminal terminal;
  if (!terminal.opened()) GTEST_SKIP() << kNoTerminal;
  {
    ProgressBar bar("x", "images", false);
    bar.update(0, 0);
    bar.update(5, -1);
    bar.update(-3, 10);
    bar.update(std::numeric_limits<std::int64_t>::max(), 10);
  }
  EXPECT_NE(terminal.drawn().find("10/10 images"), std::string::npos);
}

TEST(ProgressBar, DrawsNothingWhereQuiet) {
  Terminal terminal;
  if (!terminal.opened()) GTEST_SKIP() << kNoTerminal;
  {
    ProgressBar bar("x", "images", true);
    EXPECT_FALSE(bar.visible());
    bar.update(1, 2);
    bar.restart("y");
  }
  EXPECT_EQ(terminal.drawn(), "");
}

TEST(ProgressBar, DrawsNothingWithoutATerminal) {
  testing::internal::CaptureStderr();
  {
    ProgressBar bar("x", "images", false);
    EXPECT_FALSE(bar.visible());
    bar.update(2, 2);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(DurationText, ReadsLikeAClock) {
  EXPECT_EQ(duration_text(0), "0:00");
  EXPECT_EQ(duration_text(7), "0:07");
  EXPECT_EQ(duration_text(59.6), "1:00");
  EXPECT_EQ(duration_text(725), "12:05");
  EXPECT_EQ(duration_text(3723), "1:02:03");
}

TEST(DurationText, StandsWhatIsNoTime) {
  EXPECT_EQ(duration_text(-1), "-:--");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::infinity()), "-:--");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::quiet_NaN()), "-:--");
  EXPECT_EQ(duration_text(1e300), "-:--");
}

}  // namespace
}  // namespace fathom
