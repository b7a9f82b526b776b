#include "fathom/data/opened_batch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"

namespace fathom::data {
namespace {

TEST(OpenedBatch, HoldsEveryPictureOnceAndInOrder) {
  std::vector<int> opened(500);
  const OpenedBatch batch = opened_batch(500, {1, 2, 3}, [&](std::int64_t i) {
    ++opened[static_cast<std::size_t>(i)];
    return torch::full({1, 1, 2, 3}, static_cast<float>(i));
  });
  EXPECT_EQ(opened, std::vector<int>(500, 1));
  EXPECT_EQ(batch.inputs.sizes(), (std::vector<std::int64_t>{500, 1, 2, 3}));
  for (int i = 0; i < 500; ++i) EXPECT_TRUE((batch.inputs[i] == i).all().item<bool>()) << i;
  EXPECT_EQ(batch.failures, std::vector<std::string>(500));
}

TEST(OpenedBatch, KeepsTheErrorsOfDamagedPictures) {
  const OpenedBatch batch = opened_batch(3, {1, 1, 1}, [](std::int64_t i) -> torch::Tensor {
    if (i == 1) throw FormatError("damaged");
    return torch::ones({1, 1, 1, 1});
  });
  EXPECT_EQ(batch.failures, (std::vector<std::string>{"", "damaged", ""}));
  EXPECT_EQ(batch.inputs.sum().item<float>(), 2);
}

TEST(OpenedBatch, PassesNotesOnInOrder) {
  std::vector<std::string> said;
  const NoteHandler before = set_note_handler([&](const std::string& text) { said.push_back(text); });
  opened_batch(100, {1, 1, 1}, [&](std::int64_t i) {
    if (i % 10 == 0) note(std::to_string(i));
    EXPECT_TRUE(said.empty());
    return torch::ones({1, 1, 1, 1});
  });
  set_note_handler(before);
  EXPECT_EQ(said, (std::vector<std::string>{"0", "10", "20", "30", "40", "50", "60", "70", "80", "90"}));
}

TEST(OpenedBatch, PassesOtherErrorsOn) {
  EXPECT_THROW(opened_batch(3, {1, 1, 1},
                            [](std::int64_t) -> torch::Tensor { throw InvalidArgument("a wrong option"); }),
               InvalidArgument);
}

TEST(OpenedBatches, ComeInOrderWhetherOpenedAheadOrNot) {
  for (const bool ahead : {false, true}) {
    OpenedBatches batches(10, 4, {1, 1, 1}, [](std::int64_t i) -> torch::Tensor {
      if (i == 5) throw FormatError("damaged");
      return torch::full({1, 1, 1, 1}, static_cast<float>(i));
    });
    std::vector<float> values;
    std::vector<std::int64_t> sizes;
    while (batches.has_more()) {
      const OpenedBatch batch = batches.next();
      if (ahead) batches.open_ahead();
      batches.wait();
      sizes.push_back(batch.inputs.size(0));
      for (std::int64_t i = 0; i < batch.inputs.size(0); ++i) values.push_back(batch.inputs[i].item<float>());
      EXPECT_EQ(batch.failures[1], sizes.size() == 2 ? "damaged" : "");
    }
    EXPECT_EQ(sizes, (std::vector<std::int64_t>{4, 4, 2}));
    EXPECT_EQ(values, (std::vector<float>{0, 1, 2, 3, 4, 0, 6, 7, 8, 9}));
  }
}

TEST(OpenedBatches, TheNextIsOpenedWhileTheCallerWorksAndNoFurtherOne) {
  std::atomic<int> opened = 0;
  OpenedBatches batches(6, 2, {1, 1, 1}, [&](std::int64_t) {
    ++opened;
    return torch::ones({1, 1, 1, 1});
  });
  batches.next();
  EXPECT_EQ(opened, 2);
  batches.open_ahead();
  batches.open_ahead();
  while (opened < 4) std::this_thread::yield();  // for ever, if the caller had to wait for it
  batches.wait();
  EXPECT_EQ(opened, 4);
  batches.next();
  EXPECT_EQ(opened, 4);
}

TEST(OpenedBatches, AnExceptionAheadComesWithItsBatch) {
  OpenedBatches batches(2, 1, {1, 1, 1}, [](std::int64_t i) -> torch::Tensor {
    if (i == 1) throw InvalidArgument("a wrong option");
    return torch::ones({1, 1, 1, 1});
  });
  batches.next();
  batches.open_ahead();
  EXPECT_NO_THROW(batches.wait());
  EXPECT_THROW(batches.next(), InvalidArgument);
}

}  // namespace
}  // namespace fathom::data
