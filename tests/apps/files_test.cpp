/// No program overwrites what it reads, or one of its outputs with another: whatever the files are called.
#include <gtest/gtest.h>
#include <torch/script.h>

#include <map>

#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

namespace fs = std::filesystem;

#define MODELS FATHOM_SOURCE "/models/"

/// A folder with one of everything that the programs read.
class FilesOfPrograms : public testing::Test {
 protected:
  void SetUp() override {
    const torch::Tensor dog = torch::randint(0, 255, {1, 28, 28}, torch::kByte);
    for (const char* name : {"dog.png", "pets/0000.png", "pets/0001.png", "pets/0005.png", "masks/0000.png",
                             "set/train/cat/00000.png", "set/test/cat/a.png"})
      image::write_picture(path(name), dog);
    fs::copy_file(MODELS "fashion-cnn.pt", path("model.pt"));
    fs::copy_file(MODELS "fashion-gan.pt", path("gan.pt"));
    fs::copy_file(MODELS "fashion-gan.pt", path("gan.png"));  // where train_gan leaves its strip
    torch::jit::Module program("foreign");
    program.define("def forward(self, x):\n    return x.mean([2, 3])\n");
    program.save(path("foreign.pt").string());
    io::write_file(path("labels.txt"), "red\ngreen\nblue\n");
    io::write_file(path("history.csv"), "none");
    io::write_file(path("page.html"), "none");
    io::write_file(path("replay/parameters.jsonl"),
                   R"({"index": 0, "number": 0, "epoch": 0, "operations": []})");
    fs::create_symlink("dog.png", path("link.png"));
    fs::create_hard_link(path("dog.png"), path("hard.png"));
    fs::create_symlink("new.png", path("dangling.png"));
    fs::create_directory(path("linked"));
    fs::create_symlink("../dog.png", path("linked/0000.png"));
    fs::create_directories(path("set/train/dog"));
    fs::create_symlink("../../../dog.png", path("set/train/dog/a.png"));
  }
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  Outcome run(const std::string& program, const std::string& flags) const {
    return run_program_in(folder_.path(), program, flags + " --quiet");
  }
  /// Every file by its name: its bytes, or where the link leads.
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_.path())) {
      const std::string name = entry.path().lexically_relative(folder_.path()).string();
      if (entry.is_symlink())
        files[name] = "link to " + fs::read_symlink(entry.path()).string();
      else if (entry.is_regular_file())
        files[name] = io::read_file(entry.path());
    }
    return files;
  }
  /// Each must be refused by its two flags, without a change to any file.
  void refuses(const std::string& program, const std::string& flags, const std::vector<std::string>& outputs,
               const std::string& says = "would overwrite") const {
    const std::map<std::string, std::string> before = contents();
    for (const std::string& output : outputs) {
      const Outcome outcome = run(program, flags + " " + output);
      EXPECT_EQ(outcome.status, 2) << program << ' ' << flags << ' ' << output << outcome.err;
      EXPECT_NE(outcome.err.find(says), std::string::npos)
          << program << ' ' << flags << ' ' << output << outcome.err;
      EXPECT_TRUE(contents() == before) << program << ' ' << flags << ' ' << output;
    }
  }

  TemporaryFolder folder_;
};

TEST_F(FilesOfPrograms, OcclusionKeepsItsInputsUnderAnyName) {
  refuses("occlusion", "--model model.pt --image dog.png",
          {"-o dog.png", "-o ./dog.png", "-o pets/../dog.png", "-o link.png", "-o hard.png",
           "-o '" + path("dog.png").string() + "'", "--map dog.png", "--map model.pt", "--map ./model.pt"});
  refuses("occlusion", "--model model.pt --image link.png", {"-o dog.png", "-o link.png", "--map hard.png"});
  refuses("occlusion", "--model foreign.pt --input-size 8 --labels labels.txt --image dog.png",
          {"--map labels.txt"});
  refuses("occlusion", "--model model.pt --image folder:set:test:0", {"-o set/test/cat/a.png"});
}

TEST_F(FilesOfPrograms, TwoOutputsAreNeverOneFile) {
  refuses("occlusion", "--model model.pt --image dog.png",
          {"-o new.png --map new.png", "-o new.png --map ./new.png", "-o dangling.png --map new.png",
           "-o new.png --map dangling.png"});
  refuses("activation_max", "--model model.pt --steps 1",
          {"--animate a.gif --map a.gif", "--animate frames -o frames/0000.png",
           "--animate frames/ -o frames/0000.png"});
  refuses("augment_preview", "--image dog.png", {"--save-dir aug -o aug/0003.png"});
  refuses("sample_gan", "--model gan.pt --count 4",
          {"--save-dir aug -o aug/00003.png", "-o s.png --npy s.png"});
}

TEST_F(FilesOfPrograms, AttributionFiltersAndActivationMaxKeepTheirInputs) {
  refuses("attribution", "--model model.pt --image pets,dog.png",
          {"-o pets/0001.png", "-o dog.png", "--map model.pt"});
  refuses("filters", "--model model.pt", {"--map model.pt"});
  refuses("filters", "--model model.pt --image dog.png", {"-o dog.png", "--map link.png"});
  refuses("activation_max", "--model model.pt --steps 1", {"--map model.pt"});
  fs::rename(path("model.pt"), path("model.gif"));
  refuses("activation_max", "--model model.gif --steps 1", {"--animate model.gif"});
}

TEST_F(FilesOfPrograms, AugmentPreviewKeepsPicturesMasksAndParameters) {
  refuses("augment_preview", "--image dog.png", {"-o dog.png", "--save-dir linked"});
  refuses("augment_preview", "--image pets", {"--save-dir pets", "--save-dir ./pets/"});
  refuses("augment_preview", "--image dog.png --mask masks --pipeline hflip", {"--save-dir masks"});
  refuses("augment_preview", "--image dog.png --replay replay/parameters.jsonl", {"--save-dir replay"});
}

TEST_F(FilesOfPrograms, ProgramsOfDataSetsKeepGeneratorsSetsAndPages) {
  refuses("sample_gan", "--model gan.pt --count 4", {"--npy gan.pt"});
  refuses("sample_gan", "--model gan.pt --count 4 --nearest --data folder:set",
          {"-o set/train/cat/00000.png", "-o dog.png", "--save-dir set/train/cat"});
  refuses("evaluate", "--model model.pt --data folder:set", {"-o set/test/cat/a.png"});
  fs::rename(path("model.pt"), path("model.png"));
  refuses("evaluate", "--model model.png", {"-o model.png"});
  refuses("demo", "--model model.png",
          {"-o model.png", "--history history.csv -o history.csv", "--gan gan.pt -o gan.pt",
           "--gan gan.pt -o gan.png", "--interview page.html -o page.html"});
}

TEST_F(FilesOfPrograms, OlderOutputsAreReplaced) {
  io::write_file(path("old.png"), "old");
  const std::string before = io::read_file(path("pets/0005.png"));
  EXPECT_EQ(run("occlusion", "--model model.pt --image dog.png -o old.png").status, 0);
  EXPECT_EQ(image::read_picture(path("old.png")).size(0), 3);
  EXPECT_EQ(run("occlusion", "--model model.pt --image dog.png -o dangling.png").status, 0);
  EXPECT_EQ(image::read_picture(path("new.png")).size(0), 3);
  // The grid has two pictures, so 0005.png is none of those that are written.
  const Outcome outcome =
      run("augment_preview", "--image pets/0005.png --grid 1x2 --pipeline hflip --save-dir pets -o old.png");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(io::read_file(path("pets/0005.png")), before);
}

TEST_F(FilesOfPrograms, AFailureSaysWhatWasWrittenBefore) {
  // The map has 1.6 MB, the sheet some kB; 200 blocks are 100 or 200 kB.
  const Outcome outcome =
      run_command("cd '" + folder_.path().string() +
                  "' && trap '' XFSZ && ulimit -f 200 && '" FATHOM_BIN "/filters' --model " MODELS
                  "mnist-mlp.pt --limit 1 -o sheet.png --map map.npy");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("'map.npy'"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("('sheet.png' was written before)"), std::string::npos) << outcome.err;
  EXPECT_FALSE(fs::exists(path("map.npy")));
}

TEST_F(FilesOfPrograms, AnOutputThatCannotBeWrittenIsToldBeforeOthersAre) {
  const std::map<std::string, std::string> before = contents();
  for (const auto& [program, flags] : std::vector<std::pair<std::string, std::string>>{
           {"sample_gan", "--model gan.pt --count 4 --save-dir labels.txt"},
           {"sample_gan", "--model gan.pt --count 4 --npy labels.txt/s.npy"},
           {"occlusion", "--model model.pt --image dog.png --map labels.txt/m.npy"},
           {"activation_max", "--model model.pt --steps 1 --animate labels.txt/a.gif"},
           {"augment_preview", "--image dog.png --save-dir labels.txt"}}) {
    const Outcome outcome = run(program, flags);
    EXPECT_EQ(outcome.status, 1) << program << ' ' << flags << outcome.err;
    EXPECT_NE(outcome.err.find("labels.txt"), std::string::npos) << program << outcome.err;
    EXPECT_TRUE(contents() == before) << program << ' ' << flags;
  }
}

}  // namespace
}  // namespace fathom
