#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/npy.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

class InfoProgram : public testing::Test {
 protected:
  nlohmann::json info(const std::string& arguments) const {
    const Outcome outcome = run_program_in(folder_.path(), "info", "--json " + arguments);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.status == 0 ? nlohmann::json::parse(outcome.out) : nlohmann::json();
  }
  std::filesystem::path at(const std::string& name) const { return folder_.path() / name; }

  TemporaryFolder folder_;
};

/// The numbers of parameters are those of models/README.md.
TEST_F(InfoProgram, ShowsTheStagesOfAShippedModelByName) {
  const nlohmann::json cnn = info("fashion-cnn");
  EXPECT_EQ(cnn.at("kind"), "checkpoint");
  EXPECT_EQ(cnn.at("parameters"), 101050);
  EXPECT_EQ(cnn.at("card").at("data_set"), "fashion-mnist");
  EXPECT_EQ(cnn.at("stages").at(0).at("name"), "conv1");
  EXPECT_EQ(cnn.at("stages").at(0).at("shape").at(1), 28);
  EXPECT_EQ(cnn.at("stages").back().at("name"), "logits");
  EXPECT_EQ(cnn.at("stages").back().at("shape"), nlohmann::json({10}));
  EXPECT_GT(cnn.at("multiply_adds"), 101050);

  const nlohmann::json mlp = info("mnist-mlp");
  EXPECT_EQ(mlp.at("parameters"), 536586);
  EXPECT_LT(mlp.at("multiply_adds"), 536586);  // each weight once; shifts and batch norm are not counted
  EXPECT_EQ(info("mnist-bilstm").at("parameters"), 164362);
}

TEST_F(InfoProgram, ShowsAGenerator) {
  const nlohmann::json gan = info("fashion-gan");
  EXPECT_EQ(gan.at("kind"), "generator");
  EXPECT_EQ(gan.at("parameters"), 600449);
  EXPECT_EQ(gan.at("card").at("data_set"), "fashion-mnist");
}

TEST_F(InfoProgram, ShowsTheModulesOfAProgramFromPython) {
  if (run_command("/usr/bin/python3 -c 'import torch'").status != 0)
    GTEST_SKIP() << "python3-torch is not installed";
  io::write_file(at("save.py"), R"(
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, stride=2), torch.nn.BatchNorm2d(4), torch.nn.ReLU())
        self.head = torch.nn.Linear(4, 5)
    def forward(self, x):
        return self.head(self.body(x).mean([2, 3]))
torch.jit.save(torch.jit.trace(Net().eval(), torch.rand(2, 3, 9, 11)), 'net.pt')
)");
  const Outcome python =
      run_command(fmt::format("cd '{}' && OMP_NUM_THREADS=1 /usr/bin/python3 save.py", at("").string()));
  ASSERT_EQ(python.status, 0) << python.err;
  const nlohmann::json plain = info("net.pt");
  EXPECT_EQ(plain.at("kind"), "torchscript");
  ASSERT_EQ(plain.at("stages").size(), 3U);
  EXPECT_TRUE(plain.at("stages").at(0).at("shape").is_null());
  EXPECT_NE(plain.at("notes").dump().find("need --input-size"), std::string::npos);

  const nlohmann::json fed = info("net.pt --input-size 9x11");
  const nlohmann::json& stages = fed.at("stages");
  ASSERT_EQ(stages.size(), 3U);
  EXPECT_EQ(stages.at(0).at("name"), "body.0");
  EXPECT_EQ(stages.at(0).at("parameters"), 4 * 3 * 9 + 4);
  EXPECT_EQ(stages.at(0).at("shape"), nlohmann::json({4, 4, 5}));
  EXPECT_EQ(stages.at(0).at("multiply_adds"), 4 * 3 * 9 * 4 * 5);
  EXPECT_EQ(stages.at(1).at("name"), "body.1");
  EXPECT_EQ(stages.at(1).at("multiply_adds"), 0);
  EXPECT_EQ(stages.at(2).at("name"), "head");
  EXPECT_EQ(stages.at(2).at("parameters"), 25);
  EXPECT_EQ(stages.at(2).at("shape"), nlohmann::json({5}));
  EXPECT_EQ(stages.at(2).at("multiply_adds"), 20);

  const Outcome grey = run_program_in(folder_.path(), "info", "net.pt --input-size 9 --channels grey");
  EXPECT_EQ(grey.status, 1);
  EXPECT_NE(grey.err.find("on a picture of 1x9x9"), std::string::npos) << grey.err;
}

TEST_F(InfoProgram, SaysWhatOtherFilesAre) {
  io::write_file(at("net.h5"), "\x89HDF\r\n\x1a\n");
  image::write_picture(at("dog.png"), torch::zeros({3, 4, 5}, torch::kByte));
  io::write_file(at("words.txt"), "words");
  const nlohmann::json keras = info("net.h5");
  EXPECT_EQ(keras.at("kind"), "hdf5");
  EXPECT_NE(keras.at("export").get<std::string>().find("keras.models.load_model('net.h5')"),
            std::string::npos);
  EXPECT_EQ(info("dog.png").at("shape"), nlohmann::json({3, 4, 5}));
  EXPECT_EQ(info("words.txt").at("kind"), "unknown");
}

/// A picture of noise-free grey or colour, `side` + `i` pixels wide.
void write_class(const std::filesystem::path& folder, int count, std::int64_t side,
                 std::int64_t channels = 3) {
  for (int i = 0; i < count; ++i)
    image::write_picture(folder / fmt::format("{:02}.png", i),
                         torch::full({channels, side, side + i}, 10 * i % 250, torch::kByte));
}

TEST_F(InfoProgram, SaysWhatADataSetInAFolderIsAndHowToTrainOnIt) {
  write_class(at("my pets/cat"), 12, 8);
  write_class(at("my pets/dog"), 20, 6, 1);
  io::write_file(at("my pets/dog/readme.txt"), "words");
  const nlohmann::json set = info("'my pets/'");
  EXPECT_EQ(set.at("kind"), "folder");
  EXPECT_EQ(set.at("data"), "folder:my pets");
  EXPECT_EQ(set.at("classes"), nlohmann::json({"cat", "dog"}));
  EXPECT_EQ(set.at("splits").at("train"), nlohmann::json({{"cat", 11}, {"dog", 18}}));
  EXPECT_EQ(set.at("splits").at("test"), nlohmann::json({{"cat", 1}, {"dog", 2}}));
  EXPECT_EQ(set.at("passed_over"), 1);
  EXPECT_EQ(set.at("read"), 32);
  EXPECT_EQ(set.at("grey"), 20);
  EXPECT_EQ(set.at("heights"), nlohmann::json({6, 8}));
  EXPECT_EQ(set.at("widths"), nlohmann::json({6, 25}));
  EXPECT_EQ(set.at("damaged"), nlohmann::json::array());
  EXPECT_EQ(set.at("train"),
            "train --data 'folder:my pets' --optimizer adamw --epochs 200 --batch-size 8 -o 'my pets.pt'");
  EXPECT_EQ(info("'folder:my pets'"), set);
  // The command is one that runs.
  std::string flags = set.at("train").get<std::string>().substr(6);
  flags.replace(flags.find("200"), 3, "1");
  const Outcome outcome =
      run_program_in(folder_.path(), "train", flags + " --model mlp --image-size 8 --quiet");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(InfoProgram, FindsAllDamagedPicturesIfItIsAskedTo) {
  write_class(at("set/a"), 90, 4);
  write_class(at("set/b"), 60, 4);
  io::write_file(at("set/b/59.png"), "no picture");
  const nlohmann::json some = info("set");
  EXPECT_EQ(some.at("read").get<int>() + static_cast<int>(some.at("damaged").size()), 100);
  EXPECT_NE(some.at("notes").dump().find("--check reads all"), std::string::npos);
  const nlohmann::json all = info("set --check");
  EXPECT_EQ(all.at("read"), 149);
  EXPECT_EQ(all.at("damaged"), nlohmann::json({"set/b/59.png"}));
  EXPECT_EQ(all.at("train"),
            "train --data folder:set --optimizer adamw --epochs 62 --batch-size 8 --skip-damaged -o set.pt");
}

TEST_F(InfoProgram, SaysWhyNothingCanBeTrainedOnAFolder) {
  write_class(at("one/cat"), 12, 4);
  const Outcome one = run_program_in(folder_.path(), "info", "one");
  EXPECT_EQ(one.status, 0) << one.err;
  EXPECT_NE(one.out.find("nothing can be trained on it: it has one class"), std::string::npos) << one.out;
  EXPECT_TRUE(info("one").at("train").is_null());

  write_class(at("flat"), 3, 4);
  const nlohmann::json flat = info("flat");
  EXPECT_EQ(flat.at("kind"), "pictures");
  EXPECT_EQ(flat.at("pictures"), 3);
  EXPECT_EQ(flat.at("read"), 3);
  EXPECT_NE(
      run_program_in(folder_.path(), "info", "flat").out.find("predict --model cifar10-cnn --image flat"),
      std::string::npos);

  std::filesystem::create_directory(at("empty"));
  const Outcome empty = run_program_in(folder_.path(), "info", "empty");
  EXPECT_EQ(empty.status, 1);
  EXPECT_NE(empty.err.find("needs a sub-folder of pictures per class"), std::string::npos) << empty.err;
}

TEST_F(InfoProgram, SaysWhichColumnsOfATableAreTaken) {
  write_class(at("pics"), 20, 4);
  std::string table = "File;who;Class\n";
  for (int i = 0; i < 20; ++i) table += fmt::format("pics/{:02}.png;me;{}\n", i, i % 2 == 0 ? "even" : "odd");
  io::write_file(at("labels.csv"), table);
  const nlohmann::json set = info("labels.csv");
  EXPECT_EQ(set.at("kind"), "csv");
  EXPECT_EQ(set.at("columns"), nlohmann::json({"File", "Class"}));
  EXPECT_EQ(set.at("splits").at("test"), nlohmann::json({{"even", 1}, {"odd", 1}}));
  EXPECT_EQ(set.at("train"),
            "train --data csv:labels.csv --optimizer adamw --epochs 200 --batch-size 8 -o labels.pt");
  EXPECT_EQ(info("csv:labels.csv"), set);
  io::write_file(at("history.csv"), "epoch,loss\n1,0.5\n");
  const nlohmann::json other = info("history.csv");
  EXPECT_EQ(other.at("kind"), "table");
  EXPECT_NE(other.at("notes").dump().find(
                "no column of paths and no column of labels in the first line 'epoch,loss'"),
            std::string::npos);
}

TEST_F(InfoProgram, TakesTheNamesOfDataSetsAndOfTheirPictures) {
  const nlohmann::json set = info("fashion-mnist");
  EXPECT_EQ(set.at("kind"), "set");
  EXPECT_EQ(set.at("shape"), nlohmann::json({1, 28, 28}));
  EXPECT_EQ(set.at("splits").at("train").at("Bag"), 6000);
  EXPECT_EQ(set.at("splits").at("test").at("Bag"), 1000);
  EXPECT_EQ(set.at("train"), "train --data fashion-mnist -o fashion-mnist.pt");
  EXPECT_EQ(info("fashion-mnist:test:0").at("class"), "Ankle boot");
  EXPECT_EQ(run_program("info", "fashion-mnist --check").status, 2);
}

/// What Pillow wrote into the files.
TEST_F(InfoProgram, SaysTheFormatAndDepthOfPictures) {
  if (run_command("/usr/bin/python3 -c 'import PIL'").status != 0)
    GTEST_SKIP() << "python3-pil is not installed";
  io::write_file(at("save.py"), R"(
from PIL import Image
turned = Image.Exif()
turned[274] = 6
Image.new('RGB', (5, 4)).save('turned.jpg', exif=turned)
Image.new('RGB', (5, 4)).save('turned.tif', tiffinfo={274: 8})
Image.new('I;16', (5, 4), 40000).save('deep.png')
Image.new('I;16', (5, 4), 40000).save('deep.tif')
Image.new('1', (5, 4)).save('bits.png')
)");
  ASSERT_EQ(run_command(fmt::format("cd '{}' && /usr/bin/python3 save.py", at("").string())).status, 0);
  struct Case {
    const char *name, *format, *channels;
    int bits, orientation;
    nlohmann::json shape;
  };
  for (const Case& c : std::vector<Case>{{"turned.jpg", "JPEG", "rgb", 8, 6, {3, 5, 4}},
                                         {"turned.tif", "TIFF", "rgb", 8, 8, {3, 5, 4}},
                                         {"deep.png", "PNG", "grey", 16, 1, {1, 4, 5}},
                                         {"deep.tif", "TIFF", "grey", 16, 1, {1, 4, 5}},
                                         {"bits.png", "PNG", "grey", 1, 1, {1, 4, 5}}}) {
    const nlohmann::json picture = info(c.name);
    EXPECT_EQ(picture.at("format"), c.format) << c.name;
    EXPECT_EQ(picture.at("channels"), c.channels) << c.name;
    EXPECT_EQ(picture.at("bits"), c.bits) << c.name;
    EXPECT_EQ(picture.at("orientation"), c.orientation) << c.name;
    EXPECT_EQ(picture.at("shape"), c.shape) << c.name;
  }
}

TEST_F(InfoProgram, SaysTheShapeAndRangeOfArrays) {
  io::write_npy(at("map.npy"), torch::tensor({{-1.5F, 2.0F, 0.0F}, {0.0F, 0.25F, 1.0F}}));
  const nlohmann::json map = info("map.npy");
  EXPECT_EQ(map.at("shape"), nlohmann::json({2, 3}));
  EXPECT_EQ(map.at("type"), "float32");
  EXPECT_EQ(map.at("min"), -1.5);
  EXPECT_EQ(map.at("max"), 2.0);
}

TEST_F(InfoProgram, ListsWhatHasAName) {
  const nlohmann::json models = info("--models").at("models");
  for (const char* name :
       {"cifar10-cnn", "fashion-cnn", "fashion-gan", "mnist-bilstm", "mnist-cnn", "mnist-mlp"})
    EXPECT_TRUE(std::any_of(models.begin(), models.end(), [&](const nlohmann::json& model) {
      return model.at("name") == name;
    })) << name;
  const nlohmann::json sets = info("--sets").at("sets");
  EXPECT_EQ(sets.size(), 3U);
  const auto fashion = std::find_if(
      sets.begin(), sets.end(), [](const nlohmann::json& set) { return set.at("name") == "fashion-mnist"; });
  ASSERT_NE(fashion, sets.end());
  EXPECT_TRUE(fashion->at("train").is_string());
  EXPECT_TRUE(fashion->at("test").is_string());
}

TEST_F(InfoProgram, RefusesWhatItCannotDo) {
  const auto status = [&](const std::string& arguments) {
    return run_program_in(folder_.path(), "info", arguments).status;
  };
  EXPECT_EQ(status(""), 2);
  EXPECT_EQ(status("--sets --models"), 2);
  EXPECT_EQ(status("fashion-cnn --input-size 28"), 2);
  EXPECT_EQ(status("no-such-model"), 1);
  io::write_file(at("cut.pt"), io::read_file(FATHOM_SOURCE "/models/mnist-cnn.pt").substr(0, 1000));
  EXPECT_EQ(status("cut.pt"), 1);
}

TEST(FilesOfOtherFormats, AreNamedByEveryProgramInOneLine) {
  const TemporaryFolder folder;
  io::write_file(folder.path() / "net.h5", "\x89HDF\r\n\x1a\n");
  const std::string picture = " --image fashion-mnist:test:0";
  for (const auto& [program, flags] :
       std::vector<std::pair<std::string, std::string>>{{"predict", "--model net.h5" + picture},
                                                        {"occlusion", "--model net.h5" + picture},
                                                        {"attribution", "--model net.h5" + picture},
                                                        {"evaluate", "--model net.h5"},
                                                        {"evaluate", "--gan net.h5"},
                                                        {"activation_max", "--model net.h5"},
                                                        {"filters", "--model net.h5"},
                                                        {"sample_gan", "--model net.h5"},
                                                        {"demo", "--model net.h5 -o page.html"}}) {
    const Outcome outcome = run_program_in(folder.path(), program, flags);
    EXPECT_EQ(outcome.status, 1) << program << outcome.err;
    const std::size_t at = outcome.err.find(program + ": error: cannot read ");
    ASSERT_NE(at, std::string::npos) << outcome.err;
    const std::string line = outcome.err.substr(at);
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    EXPECT_NE(line.find("it is an HDF5 file, as Keras writes them; export it in Python"), std::string::npos)
        << line;
    EXPECT_NE(line.find("torch.jit.save("), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace fathom
