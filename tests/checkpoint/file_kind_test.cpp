#include "fathom/checkpoint/file_kind.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/checkpoint/foreign/device_constants.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/io/bundle.hpp"
#include "fathom/io/file.hpp"
#include "run_program.hpp"

namespace fathom::checkpoint {
namespace {

using namespace std::string_literals;

constexpr const char* kDebianPython = "OMP_NUM_THREADS=1 /usr/bin/python3";

FileKind kind_of_file(const std::filesystem::path& path) { return kind_of(io::read_file(path)); }

/// What is said of a file with these bytes where a model is asked for.
std::string refused_model(const std::string& bytes) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "net.pth";
  io::write_file(file, bytes);
  try {
    load_classifier(file, torch::kCPU, FeedOptions{.input_size = {8, 8}});
    return "nothing";
  } catch (const Error& e) {
    return e.what();
  }
}

void expect_said(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(FileKind, KnowsTheModelsThatShip) {
  EXPECT_EQ(kind_of_file(FATHOM_SOURCE "/models/mnist-cnn.pt"), FileKind::checkpoint);
  EXPECT_EQ(kind_of_file(FATHOM_SOURCE "/models/fashion-gan.pt"), FileKind::generator);
  EXPECT_EQ(kind_of_file(FATHOM_SOURCE "/models/fashion-gan.png"), FileKind::picture);
}

TEST(FileKind, KnowsWhatPythonSaves) {
  if (run_command(std::string(kDebianPython) + " -c 'import torch'").status != 0)
    GTEST_SKIP() << "python3-torch is not installed";
  const TemporaryFolder folder;
  io::write_file(folder.path() / "save.py", R"(
import pickle, torch
net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten())
torch.save(net, 'module')
torch.save(net, 'module-old', _use_new_zipfile_serialization=False)
torch.save({'epoch': 3, 'model': net}, 'module-in-dictionary')
torch.save(net.state_dict(), 'state_dict')
torch.save(net.state_dict(), 'state_dict-old', _use_new_zipfile_serialization=False)
optimizer = torch.optim.SGD(net.parameters(), lr=1)
torch.save({'epoch': 3, 'model_state_dict': net.state_dict(), 'optimizer': optimizer.state_dict()}, 'training_dump')
torch.save(torch.rand(3), 'tensor')
pickle.dump({'a': [1, 2]}, open('pickle', 'wb'))
torch.jit.save(torch.jit.trace(net, torch.rand(2, 3, 8, 8)), 'torchscript')
)");
  const Outcome python =
      run_command(fmt::format("cd '{}' && {} save.py", folder.path().string(), kDebianPython));
  ASSERT_EQ(python.status, 0) << python.err;
  for (const char* name : {"module", "module-old", "module-in-dictionary", "state_dict", "state_dict-old",
                           "training_dump", "tensor", "pickle", "torchscript"}) {
    const std::string file = name;
    EXPECT_EQ(to_string(kind_of_file(folder.path() / name)), file.substr(0, file.find('-'))) << name;
  }
  const std::string dump = io::read_file(folder.path() / "training_dump");
  expect_said(export_lines(FileKind::training_dump, dump, "x.pth"), "['model_state_dict']");
  const std::string in_dictionary = io::read_file(folder.path() / "module-in-dictionary");
  expect_said(export_lines(FileKind::module, in_dictionary, "x.pth"), "weights_only=False)['model'];");
  expect_said(export_lines(FileKind::module, io::read_file(folder.path() / "module"), "x.pth"),
              "weights_only=False);");
}

TEST(FileKind, KnowsTheFormatsOfOthersByTheirFirstBytes) {
  const std::string header = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::string safetensors =
      static_cast<char>(header.size()) + std::string(7, '\0') + header + std::string(4, '\0');
  // ModelProto: ir_version 7, producer_name, an empty graph, an opset of version 13.
  const std::string onnx = "\x08\x07\x12\x07pytorch\x3a\x02\x0a\x00\x42\x02\x10\x0d"s;
  EXPECT_EQ(kind_of(safetensors), FileKind::safetensors);
  EXPECT_EQ(kind_of(onnx), FileKind::onnx);
  EXPECT_EQ(kind_of(onnx.substr(0, onnx.size() - 1)), FileKind::unknown);
  EXPECT_EQ(kind_of("\x89HDF\r\n\x1a\n and so on"), FileKind::hdf5);
  EXPECT_EQ(kind_of("\x1c\0\0\0TFL3...."s), FileKind::tflite);
  EXPECT_EQ(kind_of("GGUF\x03"), FileKind::gguf);
  EXPECT_EQ(kind_of("\x93NUMPY\x01"), FileKind::numpy);
  EXPECT_EQ(kind_of("\x1f\x8b\x08"), FileKind::gzip);
  EXPECT_EQ(kind_of("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"),
            FileKind::git_lfs_pointer);
  EXPECT_EQ(kind_of("<!DOCTYPE html><html></html>"), FileKind::web_page);
  EXPECT_EQ(kind_of("\xff\xd8\xff\xe0"), FileKind::picture);
  for (const std::string& start : {"BM"s, "RIFF"s, "P5"s, "\x80"s, "PK"s, "II"s})
    EXPECT_EQ(kind_of(start), FileKind::unknown) << start;
  EXPECT_EQ(kind_of("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"s), FileKind::picture);
  EXPECT_EQ(kind_of("P5\n2 2\n255\n1234"s), FileKind::picture);
  EXPECT_EQ(kind_of(""), FileKind::empty);
  EXPECT_EQ(kind_of("a,b\n1,2\n"), FileKind::unknown);
  EXPECT_EQ(kind_of("PK\x03\x04 damaged"), FileKind::unknown);
  EXPECT_EQ(kind_of(io::to_bytes({R"({"epoch":1,"format":"fathom training state","version":2})", {}})),
            FileKind::training_state);
}

TEST(FileKind, OneLineSaysWhatTheFileIsAndHowToExportIt) {
  const std::string onnx = refused_model("\x08\x07\x3a\x02\x0a\x00\x42\x02\x10\x0d"s);
  expect_said(onnx, "it is an ONNX model; export it in Python as TorchScript");
  expect_said(
      onnx, "net.pth'); torch.jit.save(torch.jit.trace(model.eval(), torch.rand(2, 3, 224, 224)), 'net.pt')");
  expect_said(refused_model("\x89HDF\r\n\x1a\n"), "it is an HDF5 file, as Keras writes them; export it");
  expect_said(refused_model("<html>404</html>"), "it is a web page");
  expect_said(refused_model("version https://git-lfs"), "git lfs pull");
  expect_said(refused_model(io::to_bytes({R"({"format":"fathom training state"})", {}})),
              "it is the training state of a classifier; the model is the '.pt' file beside it");
  for (const std::string& bytes : {onnx, "words"s, ""s})
    EXPECT_EQ(refused_model(bytes).find('\n'), std::string::npos);
}

/// The lines are run as they are given.
TEST(FileKind, TheExportLinesMakeAProgram) {
  if (run_command(std::string(kDebianPython) + " -c 'import torch'").status != 0)
    GTEST_SKIP() << "python3-torch is not installed";
  const TemporaryFolder folder;
  io::write_file(folder.path() / "export.py",
                 fmt::format(R"(
import torch
def Network():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, stride=50), torch.nn.Flatten()).half()
torch.save(Network().state_dict(), 'weights.pth')
torch.save({{'epoch': 1, 'state_dict': Network().state_dict()}}, 'dump.pth')
torch.save(Network(), 'whole.pth')
import inspect
if 'weights_only' not in inspect.signature(torch.load).parameters:
    load = torch.load
    torch.load = lambda *a, weights_only=None, **k: load(*a, **k)
{}
{}
{}
)",
                             export_lines(FileKind::state_dict, "", "weights.pth"),
                             export_lines(FileKind::training_dump, "", "dump.pth"),
                             export_lines(FileKind::module, "", "whole.pth")));
  const Outcome python =
      run_command(fmt::format("cd '{}' && {} export.py", folder.path().string(), kDebianPython));
  ASSERT_EQ(python.status, 0) << python.err;
  for (const char* name : {"weights.pt", "dump.pt", "whole.pt"}) {
    const Classifier model =
        load_classifier(folder.path() / name, torch::kCPU, FeedOptions{.input_size = {224, 224}});
    EXPECT_EQ(model.classes().size(), 4U * 5 * 5) << name;
  }
}

TEST(DeviceConstants, OfAGpuAreReplacedAndSaid) {
  torch::jit::Module program("traced_on_a_gpu");
  program.define(
      "def forward(self, x):\n"
      "    if x.size(0) > 0:\n"
      "        x = x.to(torch.device('cuda:0'))\n"
      "    return x.mean([2, 3])\n");
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "gpu.pt";
  program.save(file.string());
  std::string said;
  const NoteHandler before = set_note_handler([&](const std::string& text) { said += text + "\n"; });
  const Classifier model = load_classifier(file, torch::kCPU, FeedOptions{.input_size = {8, 8}});
  const torch::Tensor logits = model.logits(torch::full({2, 3, 8, 8}, 0.25));
  set_note_handler(before);
  EXPECT_TRUE(torch::allclose(logits, torch::full({2, 3}, 0.25)));
  expect_said(said, "the model's code names the device cuda:0");
}

}  // namespace
}  // namespace fathom::checkpoint
