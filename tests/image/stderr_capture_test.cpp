#include "fathom/image/stderr_capture.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <thread>

namespace fathom::image {
namespace {

TEST(StderrCapture, KeepsWhatIsWrittenInAnyWayAsOneLineAndThenLetsGo) {
  testing::internal::CaptureStderr();
  std::string kept;
  {
    const StderrCapture capture(StderrCapture::Use::alone);
    EXPECT_EQ(capture.text(), "");
    std::fputs("libpng error: bad\n", stderr);
    std::cerr << "and\tmore" << std::endl;
    EXPECT_EQ(::write(STDERR_FILENO, "\n.\n", 3), 3);
    kept = capture.text();
  }
  std::fputs("afterwards", stderr);
  EXPECT_EQ(kept, "libpng error: bad and more .");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "afterwards");
}

TEST(StderrCapture, ALongTextIsCut) {
  const StderrCapture capture(StderrCapture::Use::alone);
  for (int i = 0; i < 10000; ++i) std::fputs("x", stderr);
  EXPECT_EQ(capture.text(), std::string(200, 'x') + " ...");
}

TEST(StderrCapture, SeveralShareItAndTheLastGivesItBack) {
  using Use = StderrCapture::Use;
  testing::internal::CaptureStderr();
  auto first = std::make_unique<StderrCapture>(Use::shared);
  std::fputs("one", stderr);
  EXPECT_TRUE(first->is_own());
  auto second = std::make_unique<StderrCapture>(Use::shared);  // waiting for the first would never end
  EXPECT_FALSE(first->is_own());
  std::fputs("two", stderr);
  EXPECT_EQ(first->text(), "onetwo");
  EXPECT_EQ(second->text(), "two");
  first.reset();
  std::fputs("three", stderr);
  EXPECT_EQ(second->text(), "twothree");
  EXPECT_FALSE(second->is_own());
  second.reset();
  std::fputs("afterwards", stderr);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "afterwards");
}

TEST(StderrCapture, OneAloneWaitsForTheOthers) {
  using Use = StderrCapture::Use;
  auto shared = std::make_unique<StderrCapture>(Use::shared);
  std::string kept;
  std::thread other([&] {
    const StderrCapture alone(Use::alone);
    std::fputs("mine", stderr);
    kept = alone.text();
    EXPECT_TRUE(alone.is_own());
  });
  std::fputs("before", stderr);
  shared.reset();
  other.join();
  EXPECT_EQ(kept, "mine");
}

}  // namespace
}  // namespace fathom::image
