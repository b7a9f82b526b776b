#include "fathom/image/stderr_capture.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace fathom::image {
namespace {

TEST(StderrCapture, KeepsWhatIsWrittenInAnyWayAsOneLineAndThenLetsGo) {
  testing::internal::CaptureStderr();
  std::string kept;
  {
    const StderrCapture capture;
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
  const StderrCapture capture;
  for (int i = 0; i < 10000; ++i) std::fputs("x", stderr);
  EXPECT_EQ(capture.text(), std::string(200, 'x') + " ...");
}

}  // namespace
}  // namespace fathom::image
