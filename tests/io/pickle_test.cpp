#include "fathom/io/pickle.hpp"

#include <gtest/gtest.h>
#include <torch/serialize.h>

#include "fathom/core/error.hpp"
#include "fathom/io/archive.hpp"
#include "fathom/io/bundle.hpp"
#include "torch_archive.hpp"

namespace fathom::io {
namespace {

using namespace std::string_literals;

std::string complaint_about_pickle(const std::string& pickle) {
  try {
    checked_pickle(pickle);
    return "";
  } catch (const FormatError& e) {
    return e.what();
  }
}

std::string little_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

std::string unicode(const std::string& text) {
  return "X" + little_endian(static_cast<std::uint32_t>(text.size())) + text;
}

/// ("storage", torch.FloatStorage, "0", "cpu", count) as a persistent id.
std::string storage(std::uint32_t count, const std::string& type = "FloatStorage") {
  return "(" + unicode("storage") + "ctorch\n" + type + "\n" + unicode("0") + unicode("cpu") + "J" +
         little_endian(count) + "tQ";
}

/// One tensor of `count` numbers that lie in storage "0".
std::string tensor_pickle(std::uint32_t count) {
  return "\x80\x02"
         "ctorch._utils\n_rebuild_tensor_v2\n(" +
         storage(count) + "K\0(J"s + little_endian(count) +
         "t(K\x01t\x89"
         "ccollections\nOrderedDict\n)RtR.";
}

TEST(Pickle, FollowsWhatLibTorchWrites) {
  c10::impl::GenericDict dictionary(c10::StringType::get(), c10::AnyType::get());
  dictionary.insert("numbers", c10::List<std::int64_t>({1, -70'000, std::int64_t{1} << 40}));
  dictionary.insert("real", 2.5);
  dictionary.insert("nothing", c10::IValue());
  dictionary.insert("tensor", torch::arange(6, torch::kFloat64).view({2, 3}));
  dictionary.insert("same", std::string("numbers"));
  dictionary.insert("half", torch::zeros({5}, torch::kHalf));
  const std::vector<char> bytes = torch::pickle_save(c10::ivalue::Tuple::create({dictionary, true, "text"}));
  const std::string archive(bytes.begin(), bytes.end());
  const auto pickle = archive_member(archive, "data.pkl", kLargestPickle, "cannot read");
  ASSERT_TRUE(pickle);
  std::vector<std::uint64_t> sizes;
  for (const PickledStorage& each : checked_pickle(*pickle)) sizes.push_back(each.bytes);
  EXPECT_EQ(sizes, (std::vector<std::uint64_t>{48, 10}));
}

TEST(Pickle, IsRefusedWhereverItIsCutOff) {
  const std::string whole = tensor_pickle(4);
  EXPECT_EQ(complaint_about_pickle(whole), "");
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(complaint_about_pickle(whole.substr(0, length)), "") << length;
}

TEST(Pickle, RefusesATextLongerThanThePickle) {
  EXPECT_EQ(complaint_about_pickle("\x80\x02X" + little_endian(0xffffffff) + "short."),
            "a pickle is damaged: it ends 4,294,967,289 bytes too early");
}

TEST(Pickle, RefusesWhatTakesValuesThatAreNotThere) {
  for (const std::string each :
       {".",  "t.",   "e.",   "a.",        "u.",  "]a.",    "](K\x01u.",     "R.",    "NR.",
        "b.", "Nb.",  "Q.",   "NQ.",       ")Q.", "h\x01.", "q\x01.",        "\x85.", "N\x86.",
        "(.", "((N.", "N(a.", "}(K\x01u.", "s.",  "}Ns.",   "\x8a\x01\x01.", "cm\n",  "cm\nn"})
    EXPECT_NE(complaint_about_pickle(each), "") << testing::PrintToString(each);
}

TEST(Pickle, RefusesOperationsThatLibTorchDoesNotRead) {
  for (const std::string each : {"I1\n.", "S'x'\n.", "\x8c\x01x.", "\x95N.", "\xff."})
    EXPECT_NE(complaint_about_pickle(each).find("which LibTorch does not read"), std::string::npos)
        << testing::PrintToString(each);
}

TEST(Pickle, RefusesDepthHoweverItIsBuilt) {
  const auto repeated = [](const std::string& text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
  };
  for (const int depth : {300, 1'000'000}) {
    EXPECT_NE(complaint_about_pickle("N" + repeated("\x85", depth) + "."), "");                    // tuples
    EXPECT_NE(complaint_about_pickle(repeated("]", depth) + repeated("a", depth - 1) + "."), "");  // lists
    EXPECT_NE(complaint_about_pickle(repeated("(", depth) + repeated("l", depth) + "."), "");
    EXPECT_NE(complaint_about_pickle(repeated("cm\nf\n", depth) + "N" + repeated("\x85R", depth) + "."), "");
    // From the outside to the inside: each list is put into the one before, which is filled already.
    EXPECT_NE(complaint_about_pickle("]" +
                                     repeated("]q\x01"
                                              "ah\x01",
                                              depth) +
                                     "."),
              "");
  }
  EXPECT_EQ(complaint_about_pickle("N" + repeated("\x85", 200) + "."), "");
}

TEST(Pickle, ATensorMayNotBeLargerThanItsBytes) {
  const auto archive = [](std::uint32_t count) {
    return torch_archive({{"data.pkl", tensor_pickle(count)}, {"data/0", std::string(16, '\0')}});
  };
  EXPECT_NO_THROW(verify_archive(archive(4), "cannot read"));
  try {
    verify_archive(archive(5), "cannot read 'x.pt'");
    FAIL();
  } catch (const FormatError& e) {
    EXPECT_STREQ(e.what(),
                 "cannot read 'x.pt': member 'archive/data.pkl' of the archive: it describes 20 bytes of "
                 "tensor '0', which has 16");
  }
  EXPECT_NE(complaint_about_pickle(storage(4, "StringStorage") + "."), "");
  EXPECT_NE(complaint_about_pickle(storage(0xffffffff) + "."), "");  // -1
}

TEST(Pickle, TheInputsOfATraceAreDescribedWithoutTheirNumbers) {
  EXPECT_NO_THROW(verify_archive(
      torch_archive({{"traced_inputs.pkl", tensor_pickle(4)}, {"traced_inputs/0", ""}, {"data/0", "x"}}),
      "cannot read"));
}

/// A tensor that is a view of the four numbers of storage "0".
std::string view_pickle(std::int32_t offset, const std::vector<std::int32_t>& sizes,
                        const std::vector<std::int32_t>& strides) {
  const auto number = [](std::int32_t value) {
    return "J" + little_endian(static_cast<std::uint32_t>(value));
  };
  const auto tuple = [&](const std::vector<std::int32_t>& values) {
    std::string bytes = "(";
    for (const std::int32_t value : values) bytes += number(value);
    return bytes + "t";
  };
  return "\x80\x02"
         "ctorch._utils\n_rebuild_tensor_v2\n(" +
         storage(4) + number(offset) + tuple(sizes) + tuple(strides) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR.";
}

TEST(Pickle, ATensorMayNotReachBeyondItsStorage) {
  const std::string beyond = "a pickle is damaged: a tensor reaches beyond its storage";
  EXPECT_EQ(complaint_about_pickle(view_pickle(0, {4}, {1})), "");
  EXPECT_EQ(complaint_about_pickle(view_pickle(0, {2, 2}, {1, 2})), "");
  EXPECT_EQ(complaint_about_pickle(view_pickle(3, {}, {})), "");
  EXPECT_EQ(complaint_about_pickle(view_pickle(3, {7, 1}, {0, 9})), "");  // one number, seven times
  EXPECT_EQ(complaint_about_pickle(view_pickle(9, {3, 0}, {1, 1})), "");  // of no number
  EXPECT_EQ(complaint_about_pickle(view_pickle(0, {5}, {1})), beyond);
  EXPECT_EQ(complaint_about_pickle(view_pickle(1, {4}, {1})), beyond);
  EXPECT_EQ(complaint_about_pickle(view_pickle(4, {}, {})), beyond);
  EXPECT_EQ(complaint_about_pickle(view_pickle(0, {2, 3}, {2, 1})), beyond);
  EXPECT_EQ(complaint_about_pickle(view_pickle(0, {0x7fffffff, 0x7fffffff}, {0x7fffffff, 0x7fffffff})),
            beyond);
  EXPECT_NE(complaint_about_pickle(view_pickle(0, {2, 2}, {1, -1})), "");
  EXPECT_NE(complaint_about_pickle(view_pickle(-1, {2}, {1})), "");
  EXPECT_NE(complaint_about_pickle(view_pickle(0, {2, 2}, {1})), "");
  const std::string archive =
      torch_archive({{"data.pkl", view_pickle(0, {5}, {1})}, {"data/0", std::string(16, '\0')}});
  EXPECT_THROW(bundle_from_bytes(archive, "cannot resume"), FormatError);
}

TEST(Pickle, LibTorchIsNotAskedToReadALengthThatIsNotThere) {
  const std::string pickle = "\x80\x02X" + little_endian(0xfffffff0) + "text.";
  EXPECT_THROW(bundle_from_bytes(torch_archive({{"data.pkl", pickle}}), "cannot resume"), FormatError);
}

TEST(Pickle, AnArchiveMayNotUnpackToMuchMoreThanItHas) {
  const std::string zeros(kLargestGrowth / 2 + 1, '\0');
  EXPECT_NO_THROW(verify_archive(torch_archive({{"data/0", zeros, true}}), "cannot read"));
  EXPECT_THROW(verify_archive(
                   torch_archive({{"data/0", zeros, true}, {"data/1", zeros, true}, {"data/2", zeros, true}}),
                   "cannot read"),
               FormatError);
  EXPECT_NO_THROW(verify_archive(torch_archive({{"data/0", zeros}, {"data/1", zeros}}), "cannot read"));
  EXPECT_THROW(archive_member(torch_archive({{"extra/card", zeros, true}}), "card", 1 << 20, "cannot read"),
               FormatError);
  EXPECT_THROW(verify_archive(torch_archive({{"data.pkl", zeros, true}}), "cannot read"), FormatError);
}

}  // namespace
}  // namespace fathom::io
