#include "fathom/core/notes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace fathom {
namespace {

TEST(Notes, AreLinesOnStderrWhereNobodyListens) {
  testing::internal::CaptureStderr();
  note("the input is scaled");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "note: the input is scaled\n");
}

TEST(Notes, GoToTheHandlerUntilTheNextIsSet) {
  std::vector<std::string> heard;
  NoteHandler before = set_note_handler([&](const std::string& text) { heard.push_back(text); });
  note("one");
  {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([] { note("many"); });
    for (std::thread& thread : threads) thread.join();
  }
  set_note_handler(std::move(before));
  testing::internal::CaptureStderr();
  note("later");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "note: later\n");
  EXPECT_EQ(heard.front(), "one");
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "many"), 8);
  EXPECT_EQ(heard.size(), 9U);
}

}  // namespace
}  // namespace fathom
