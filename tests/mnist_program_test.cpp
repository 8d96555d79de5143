// The program of ./book mnist from its user's view: its output, its files, its error messages.

#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>

import nn.test;
import nn.test.program;

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nn::test::Outcome;
using nn::test::run_command;

Outcome run(const std::string& arguments) {
  return run_command(std::string{NN_PROGRAM} + " " + arguments);
}

std::string contents(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// A folder for what the program writes, gone after the test.
class MnistProgram : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path(name).string();
  }

  /// Options for a training run of about a second, on the 1,797 digits of data/digits8. The two
  /// sets are swapped, so that 1,497 digits are for training.
  [[nodiscard]] std::string small(int epochs = 2) const {
    const fs::path folder = folder_.path("digits");
    fs::create_directory(folder);
    for (const std::string part : {"images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"}) {
      const fs::path digits = NN_DIGITS8;
      fs::copy_file(digits / ("t10k-" + part), folder / ("train-" + part),
                    fs::copy_options::overwrite_existing);
      fs::copy_file(digits / ("train-" + part), folder / ("t10k-" + part),
                    fs::copy_options::overwrite_existing);
    }
    return " --epochs " + std::to_string(epochs) + " --batch-size 10 --test --data " +
           folder.string() + " ";
  }

 private:
  nn::test::Folder folder_;
};

void expect_refusal(const std::string& arguments, const std::string& sentence) {
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.status, 2) << arguments;
  EXPECT_EQ(outcome.output, "mnist: " + sentence + "\n");
}

TEST_F(MnistProgram, RefusesBadOptionsInOneSentence) {
  expect_refusal("--epochs 0", "--epochs: '0' is not a whole number from 1 to 1000000");
  expect_refusal("--epochs many", "--epochs: 'many' is not a whole number from 1 to 1000000");
  expect_refusal("--epochs 99999999999999999999",
                 "--epochs: '99999999999999999999' is not a whole number from 1 to 1000000");
  expect_refusal("--batch-size -1", "--batch-size: '-1' is not a whole number from 1 to 1000000");
  expect_refusal("--seed -1", "--seed: '-1' is not a whole number from 0 to 1000000000000");
  expect_refusal("--seeds 0", "--seeds: '0' is not a whole number from 1 to 1000");
  expect_refusal("--threads 0", "--threads: '0' is not a whole number from 1 to 1024");
  expect_refusal("--batch-size 55001",
                 "--batch-size: 55001 images, but the training set has only 55000");
  expect_refusal("--learning-rate 0", "--learning-rate: 0, expected a finite number above 0");
  expect_refusal("--learning-rate nan", "--learning-rate: nan, expected a finite number above 0");
  expect_refusal("--json " + path("none/result.json"), "--json: nn::write_whole: cannot write " +
                                                           path("none/result.json") +
                                                           ": No such file or directory");
  for (const std::string option : {"--data", "--json", "--csv", "--save", "--load"}) {
    expect_refusal(option + " ''", option + ": the path is empty");
    EXPECT_EQ(run(option + "=''").status, 2) << option;
  }
  expect_refusal("--data " + path("") + "/",
                 "--data: nn::mnist: no file train-images-idx3-ubyte in " + path("") +
                     ", expected this name or train-images.idx3-ubyte, with or without .gz");
  EXPECT_EQ(run("--recipe other").status, 2);
  expect_refusal("--mine --epochs 1", "--mine: expected no other option next to it");
}

TEST_F(MnistProgram, SuggestsTheOptionThatAMisspelledOneMayHaveMeant) {
  expect_refusal("--epoch 3", "there is no option '--epoch'; did you mean '--epochs'?");
  expect_refusal("--batch 10", "there is no option '--batch'; did you mean '--batch-size'?");
  expect_refusal("--lerning_rate=1",
                 "there is no option '--lerning_rate'; did you mean '--learning-rate'?");
  expect_refusal("-epochs 3", "there is no option '-epochs'; did you mean '--epochs'?");
  expect_refusal("-", "The following argument was not expected: -");
  expect_refusal("--nonsense",
                 "there is no option '--nonsense'; './book mnist --help' lists them all.");
}

// ./book gives it another name, which the reader typed.
TEST_F(MnistProgram, GoesByTheNameThatItWasGiven) {
  const Outcome outcome = run_command("bash -c \"exec -a 'book mnist' " NN_PROGRAM " --epochs 0\"");
  EXPECT_TRUE(outcome.output.starts_with("book mnist: --epochs: ")) << outcome.output;
}

TEST_F(MnistProgram, HasColorsOnlyOnATerminalThatShowsThem) {
  const auto shown = [](const std::string& environment) {
    const int screen = posix_openpt(O_RDWR | O_NOCTTY);
    if (grantpt(screen) != 0 || unlockpt(screen) != 0) return std::string{"no terminal"};
    run_command("env " + environment + " " NN_PROGRAM " --epochs 0 2>" + ptsname(screen));
    std::string text;
    for (char c = 0; read(screen, &c, 1) == 1;) text += c;  // fails once everything is read
    close(screen);
    return text;
  };
  EXPECT_TRUE(shown("NO_COLOR= TERM=xterm").starts_with("\x1b[1m\x1b[31mmnist:\x1b[0m --epochs: "));
  EXPECT_TRUE(shown("NO_COLOR=1 TERM=xterm").starts_with("mnist: --epochs: "));
  EXPECT_TRUE(shown("NO_COLOR= TERM=dumb").starts_with("mnist: --epochs: "));
}

TEST_F(MnistProgram, ChecksOutputsBeforeTrainingAndLeavesNoTrace) {
  std::ofstream{path("file")} << "kept";
  expect_refusal("--csv " + path("file"),
                 "--csv: cannot create the folder " + path("file") + ": it is a file");
  EXPECT_EQ(run("--json " + path("result.json") + " --threads 0").status, 2);
  EXPECT_FALSE(fs::exists(path("result.json")));
  const std::string through = path("file/folder");
  expect_refusal("--csv " + through,
                 "--csv: cannot create the folder " + through + ": Not a directory");
  fs::create_directories(path("csv/cnn_mistakes.csv"));
  expect_refusal("--csv " + path("csv") + " --save " + path("new/networks"),
                 "--csv: nn::write_whole: cannot write " + path("csv/cnn_mistakes.csv") +
                     ": it is not a file");
  expect_refusal("--json " + path("new") + " --csv " + path("new"),
                 "--json: nn::write_whole: cannot write " + path("new") + ": it is not a file");
  expect_refusal("--json " + path("new/mlp.csv") + " --csv " + path("new"),
                 "--csv: " + path("new/mlp.csv") + " is already written by --json");
  fs::create_symlink(path("none/missing"), path("dangling"));
  expect_refusal(
      "--json " + path("dangling"),
      "--json: nn::write_whole: cannot write " + path("dangling") + ": No such file or directory");
  EXPECT_TRUE(fs::is_symlink(path("dangling")));
  EXPECT_FALSE(fs::exists(path("new")));
  EXPECT_EQ(contents(path("file")), "kept");
}

// Root may write to any folder, so the test switches to a user who may not.
TEST_F(MnistProgram, ChecksWhetherAFolderIsWritable) {
  const std::string as_nobody = geteuid() == 0 ? "setpriv --reuid=65534 --clear-groups " : "";
  if (std::system((as_nobody + "test -x " NN_PROGRAM).c_str()) != 0) GTEST_SKIP() << "no setpriv";
  fs::create_directory(path("folder"));
  fs::permissions(path("folder"), fs::perms{0555});
  fs::permissions(path(""), fs::perms{0755});
  for (const std::string option : {"--json", "--csv", "--save"}) {
    const bool is_file = option == "--json";
    const std::string file = is_file             ? "folder/x"
                             : option == "--csv" ? "folder/mlp.csv"
                                                 : "folder/mlp.safetensors";
    const Outcome outcome = run_command(as_nobody + NN_PROGRAM " " + option + " " +
                                        path(is_file ? "folder/x" : "folder"));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.output, "mnist: " + option + ": nn::write_whole: cannot write " + path(file) +
                                  ": Permission denied\n");
  }
}

TEST_F(MnistProgram, HelpShowsExamplesWithin80Columns) {
  const Outcome outcome = run("--help");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.output.find("./book mnist --recipe report --seeds 3"), std::string::npos);
  EXPECT_EQ(outcome.output.find("Excludes"), std::string::npos) << outcome.output;
  std::istringstream lines{outcome.output};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

void expect_share(const json& value) {
  ASSERT_TRUE(value.is_number());
  EXPECT_GE(value.get<double>(), 0);
  EXPECT_LE(value.get<double>(), 1);
}

TEST_F(MnistProgram, WritesResults) {
  const Outcome outcome =
      run(small(10) + "--recipe report --learning-rate 0.1 --threads 2 --seed 7 --json " +
          path("result.json") + " --csv " + path("csv"));
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  const json result = json::parse(contents(path("result.json")));
  EXPECT_EQ(result["recipe"], "report");
  EXPECT_EQ(result["seed"], 7);
  EXPECT_EQ(result["threads"], 2);
  ASSERT_EQ(result["models"].size(), 2U);
  EXPECT_EQ(result["models"][0]["name"], "mlp");
  EXPECT_EQ(result["models"][0]["parameters"], 269'322);
  EXPECT_EQ(result["models"][0]["layers"][0], "Dense 784→256");
  EXPECT_EQ(result["models"][1]["name"], "cnn");
  EXPECT_EQ(result["models"][1]["parameters"], 85'660);
  for (const json& model : result["models"]) {
    EXPECT_GT(model["train_seconds"].get<double>(), 0);
    EXPECT_GT(model["images_per_second"].get<double>(), 0);
    EXPECT_GT(model["test"]["cost"].get<double>(), 0);
    for (const char* share : {"accuracy", "precision", "recall", "f1"}) {
      expect_share(model["test"][share]);
    }
    EXPECT_GT(model["test"]["accuracy"].get<double>(), 0.85);
    int images = 0;
    int right = 0;
    for (std::size_t actual = 0; actual < 10; ++actual) {
      right += model["test"]["confusion"][actual][actual].get<int>();
      for (const json& count : model["test"]["confusion"][actual]) images += count.get<int>();
    }
    EXPECT_EQ(images, 300);
    EXPECT_DOUBLE_EQ(right / 300.0, model["test"]["accuracy"].get<double>());
    const std::string mistakes =
        contents(path("csv/" + model["name"].get<std::string>() + "_mistakes.csv"));
    EXPECT_TRUE(mistakes.starts_with("index,actual,predicted,probability\n"));
    EXPECT_EQ(std::ranges::count(mistakes, '\n'), 1 + images - right);
    ASSERT_EQ(model["history"].size(), 10U);
    const json& last = model["history"][9];
    EXPECT_EQ(last["epoch"], 10);
    expect_share(last["training_accuracy"]);
    expect_share(last["validation_accuracy"]);
    EXPECT_LT(last["training_cost"], model["history"][0]["training_cost"]);
    EXPECT_TRUE(last["validation_cost"].is_number());
  }
  const std::string csv = contents(path("csv/mlp.csv"));
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "epoch,training_cost,training_accuracy,validation_cost,validation_accuracy");
  EXPECT_TRUE(fs::exists(path("csv/cnn.csv")));
}

/// The results without times and without the number of threads.
json without_times(json result) {
  result.erase("threads");
  for (json& model : result["models"]) {
    model.erase("train_seconds");
    model.erase("images_per_second");
  }
  return result;
}

TEST_F(MnistProgram, GivesTheSameBitsOnAnyNumberOfThreads) {
  json first;
  for (const char* threads : {"1", "2", "3"}) {
    const std::string file = path(std::string{"threads"} + threads + ".json");
    const std::string options = small() + "--quiet --json " + file;
    ASSERT_EQ(run("--threads " + std::string{threads} + options).status, 0);
    const json result = without_times(json::parse(contents(file)));
    if (first.is_null()) first = result;
    EXPECT_EQ(result, first) << threads << " threads";
  }
}

// A choice must not use the test set.
TEST_F(MnistProgram, ComparesOnValidationImagesWhereAHyperparameterIsChanged) {
  std::string options = small() + "--json " + path("result.json") + " ";
  options.replace(options.find("--test "), 7, "");
  const Outcome outcome = run(options);
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_EQ(outcome.output.find("test accuracy"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("\nvalidation F1"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find(" % of the validation images, "), std::string::npos);
  EXPECT_TRUE(outcome.output.ends_with("add --test for the one look at the test images.\n"));
  for (const json& model : json::parse(contents(path("result.json")))["models"]) {
    EXPECT_FALSE(model.contains("test"));
    expect_share(model["validation"]["accuracy"]);
    EXPECT_DOUBLE_EQ(model["validation"]["accuracy"].get<double>(),
                     model["history"].back()["validation_accuracy"].get<double>());
  }
  const Outcome test = run(small());
  EXPECT_NE(test.output.find("\ntest accuracy"), std::string::npos);
  EXPECT_EQ(test.output.find("--test for the one look"), std::string::npos);
}

TEST_F(MnistProgram, SeveralSeedsGiveMeansAndDeviations) {
  const Outcome outcome =
      run(small() + "--seeds 2 --quiet --json " + path("result.json") + " --csv " + path("csv"));
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_NE(outcome.output.find(" ± "), std::string::npos);
  const json result = json::parse(contents(path("result.json")));
  ASSERT_EQ(result["models"].size(), 4U);
  EXPECT_EQ(result["models"][2]["seed"], 2);
  EXPECT_TRUE(fs::exists(path("csv/cnn-2.csv")));
}

// The signal may come within an epoch or between two, but what is printed must agree with itself.
TEST_F(MnistProgram, SaysWhatWasCompletedWhenInterrupted) {
  bool interrupted = false;
  const std::string command = "echo $$; exec " NN_PROGRAM + small(1000);
  const Outcome outcome = run_command("sh -c '" + command + "'", [&](const std::string& output) {
    if (interrupted || output.find("epoch    2/1000") == std::string::npos) return;
    kill(std::stoi(output), SIGINT);
    interrupted = true;
  });
  EXPECT_EQ(outcome.status, 130);
  std::smatch completed;
  ASSERT_TRUE(
      std::regex_search(outcome.output, completed,
                        std::regex{"\nInterrupted: the MLP completed ([0-9]+) out of 1000 "
                                   "epochs\\.(\nThe table does not count the unfinished epoch)?"}))
      << outcome.output;
  const std::string count = completed[1];
  EXPECT_NE(outcome.output.find(fmt::format("\nepochs{:>31}", count)), std::string::npos)
      << outcome.output;
  const std::regex line{"\nepoch +[0-9]+/1000"};
  const auto lines =
      std::distance(std::sregex_iterator{outcome.output.begin(), outcome.output.end(), line}, {});
  EXPECT_EQ(lines, std::stoi(count) + (completed[2].matched ? 1 : 0));
  EXPECT_EQ(outcome.output.find("\ninterrupted in epoch ") != std::string::npos,
            completed[2].matched);
}

TEST_F(MnistProgram, ReportsThatTrainingDiverged) {
  const Outcome outcome = run(small(3) + "--recipe report --learning-rate 1e38 --json " +
                              path("result.json") + " --csv " + path("csv"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("\ndiverged: the network is back to what it was "),
            std::string::npos);
  EXPECT_TRUE(
      outcome.output.ends_with("\nA training run diverged, so the comparison says nothing about "
                               "its network.\nTry a smaller --learning-rate.\n"))
      << outcome.output;
  const json result = json::parse(contents(path("result.json")));
  for (const json& model : result["models"]) {
    EXPECT_TRUE(model["diverged"].get<bool>());
    EXPECT_EQ(model["history"].size(), 1U);
    EXPECT_TRUE(model["history"][0]["training_cost"].is_null());
    EXPECT_TRUE(model["history"][0]["validation_cost"].is_number());
  }
}

/// Trains with these options, and removes the folder `out` for the results meanwhile.
Outcome run_without_folder(const std::string& options, const fs::path& folder,
                           const fs::path& temporary) {
  fs::create_directory(folder / "out");
  const std::string out = (folder / "out").string();
  const std::string command = "TMPDIR=" + temporary.string() + " " + NN_PROGRAM + options +
                              "--save " + out + " --csv " + out + " --json " + out + "/result.json";
  return run_command(command, [&](const std::string& output) {
    if (output.find("epoch") != std::string::npos) fs::remove_all(folder / "out");
  });
}

TEST_F(MnistProgram, KeepsWhatItCannotWriteInTheTemporaryFolder) {
  fs::create_directory(path("temporary"));
  const Outcome outcome =
      run_without_folder(small(20) + "--recipe report ", path(""), path("temporary"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("mnist: nn::save_network: cannot write " +
                                path("out/cnn.safetensors") + ": No such file or directory\n"),
            std::string::npos)
      << outcome.output;
  std::set<std::string> kept;
  for (const fs::directory_entry& folder : fs::directory_iterator{path("temporary")}) {
    for (const fs::directory_entry& file : fs::directory_iterator{folder}) {
      kept.insert(file.path().filename().string());
      EXPECT_NE(
          outcome.output.find("mnist: the result is in " + file.path().string() + " instead\n"),
          std::string::npos)
          << outcome.output;
      if (file.path().extension() == ".json") {
        EXPECT_EQ(json::parse(contents(file.path()))["models"].size(), 2U);
      }
    }
  }
  EXPECT_EQ(kept,
            (std::set<std::string>{"mlp.safetensors", "cnn.safetensors", "result.json", "mlp.csv",
                                   "mlp_mistakes.csv", "cnn.csv", "cnn_mistakes.csv"}));
}

TEST_F(MnistProgram, PrintsResultsThatItCannotWriteAnywhere) {
  const Outcome outcome = run_without_folder(small(20) + "--recipe report ", path(""), "/proc");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("cannot write " + path("out/result.json")), std::string::npos);
  EXPECT_NE(outcome.output.find("\"confusion\""), std::string::npos);
  EXPECT_NE(outcome.output.find("misreads"), std::string::npos);
}

// It fails immediately, not after training whose output is lost.
TEST_F(MnistProgram, FailsWhereItsOutputCannotBeWritten) {
  const Outcome outcome = run(">/dev/full");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.output, "mnist: cannot write the output\n");
  for (const char* arguments : {"--help", "--version"}) {
    EXPECT_EQ(run(std::string{arguments} + " >/dev/full").status, 1) << arguments;
  }
  fs::create_directory(path("networks"));
  const Outcome quiet = run(small() + "--quiet --save " + path("networks") + " >/dev/full");
  EXPECT_EQ(quiet.status, 1);
  EXPECT_TRUE(fs::exists(path("networks/cnn.safetensors")));
}

TEST_F(MnistProgram, PrintsItsVersion) {
  const Outcome outcome = run("--version");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "mnist " NN_VERSION "\n");
}

TEST_F(MnistProgram, PrintsItsResultsInTheirPlace) {
  const Outcome outcome =
      run_command(NN_PROGRAM + small(1) + "--recipe report --json /dev/stdout > " + path("out"));
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  const std::string text = contents(path("out"));
  const std::size_t begin = text.find("\n{\n");
  ASSERT_NE(begin, std::string::npos) << text;
  EXPECT_LT(text.find("epoch  1/1"), begin);
  EXPECT_GT(text.find("misreads"), begin);
}

TEST_F(MnistProgram, WritesThroughALinkInsteadOfReplacingIt) {
  std::ofstream{path("target.json")} << "before";
  fs::create_symlink(path("target.json"), path("link.json"));
  const Outcome outcome = run(small() + "--quiet --json " + path("link.json"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(fs::is_symlink(path("link.json")));
  EXPECT_TRUE(json::parse(contents(path("target.json"))).contains("models"));
  fs::remove(path("target.json"));
  EXPECT_EQ(run(small() + "--quiet --json " + path("link.json")).status, 0);
  EXPECT_TRUE(fs::is_symlink(path("link.json")));
  EXPECT_TRUE(json::parse(contents(path("target.json"))).contains("models"));
}

/// The random changes, and the accuracy of both networks on them.
json changed_by(const std::string& options, const std::string& file) {
  const Outcome outcome = run(options + " --recipe augmented --quiet --json " + file);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("\ntest accuracy if the images are\nrotated up to 15°"),
            std::string::npos)
      << outcome.output;
  const json result = json::parse(contents(file));
  EXPECT_EQ(result["recipe"], "augmented");
  json changed;
  for (const json& model : result["models"]) changed.push_back(model["changed"]);
  return changed;
}

TEST_F(MnistProgram, AugmentedTestsOnChangedImages) {
  const json changed = changed_by(small() + "--threads 1", path("one.json"));
  ASSERT_EQ(changed.size(), 2U);
  for (const json& by : changed) {
    ASSERT_EQ(by.size(), 5U);
    for (const json& accuracy : by) {
      expect_share(accuracy);
      constexpr double chance = 0.05;  // among 300 images
      EXPECT_GE(accuracy.get<double>(), by["all of that"].get<double>() - chance);
      EXPECT_GT(accuracy.get<double>(), 0.6);
    }
  }
  EXPECT_EQ(changed_by(small() + "--threads 2", path("two.json")), changed);
}

TEST_F(MnistProgram, TestsOnChangedImagesWhereItIsAsked) {
  const std::string folder = path("networks");
  const Outcome trained = run(small() + "--changed --quiet --save " + folder);
  const std::string load = "--data " + path("digits") + " --quiet --load " + folder;
  const Outcome loaded = run(load + " --changed");
  const std::string heading = "\ntest accuracy if the images are\n";
  const std::size_t begin = loaded.output.find(heading);
  ASSERT_NE(begin, std::string::npos) << loaded.output;
  const std::size_t end = loaded.output.find("\n\n", begin);
  const std::string table = loaded.output.substr(begin, end - begin);
  EXPECT_EQ(std::ranges::count(table, '\n'), 6);
  EXPECT_NE(trained.output.find(table), std::string::npos);
  EXPECT_EQ(run(load).output.find(heading), std::string::npos);
}

/// The lines of a comparison that are about the networks, not about their training.
std::string of_networks(const std::string& output) {
  std::istringstream lines{output};
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("parameters") || line.starts_with("test ")) text += line + "\n";
  }
  return text;
}

TEST_F(MnistProgram, LoadsWhatItSaved) {
  const std::string folder = path("networks");
  const Outcome saved = run(small() + "--quiet --save " + folder);
  ASSERT_EQ(saved.status, 0) << saved.output;
  const Outcome loaded = run("--data " + path("digits") + " --quiet --load " + folder);
  ASSERT_EQ(loaded.status, 0) << loaded.output;
  EXPECT_EQ(loaded.output.find("epochs"), std::string::npos);
  EXPECT_EQ(loaded.output.find("trains"), std::string::npos);
  EXPECT_NE(loaded.output.find("misreads"), std::string::npos);
  EXPECT_EQ(of_networks(loaded.output), of_networks(saved.output));
  EXPECT_EQ(std::ranges::count(of_networks(loaded.output), '\n'), 6);
}

TEST_F(MnistProgram, SavesAFileForEverySeed) {
  const Outcome outcome = run(small() + "--seeds 2 --quiet --save " + path("networks"));
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  for (const char* name : {"mlp-1", "cnn-1", "mlp-2", "cnn-2"}) {
    EXPECT_TRUE(fs::exists(path("networks/" + std::string{name} + ".safetensors"))) << name;
  }
}

TEST_F(MnistProgram, ChecksBeforeTrainingWhetherNetworksCanBeSaved) {
  std::ofstream{path("file")} << "kept";
  expect_refusal("--save " + path("file"),
                 "--save: cannot create the folder " + path("file") + ": it is a file");
  fs::create_directories(path("folder/mlp.safetensors"));
  expect_refusal("--save " + path("folder"), "--save: nn::write_whole: cannot write " +
                                                 path("folder/mlp.safetensors") +
                                                 ": it is not a file");
  fs::create_directories(path("seeds/cnn-3.safetensors"));
  expect_refusal("--seeds 3 --save " + path("seeds"), "--save: nn::write_whole: cannot write " +
                                                          path("seeds/cnn-3.safetensors") +
                                                          ": it is not a file");
}

TEST_F(MnistProgram, RefusesToTrainWhatItLoads) {
  for (const std::string option :
       {"--recipe report", "--epochs 1", "--batch-size 10", "--learning-rate 0.1", "--seed 2",
        "--seeds 2", "--save x", "--json x", "--csv x"}) {
    const Outcome outcome = run("--load " + path("networks") + " " + option);
    EXPECT_EQ(outcome.status, 2) << option;
    EXPECT_EQ(outcome.output,
              "mnist: " + option.substr(0, option.find(' ')) + " excludes --load\n");
  }
}

TEST_F(MnistProgram, SaysWhatIsWrongWithStoredNetworks) {
  const Outcome missing = run("--load " + path("networks"));
  EXPECT_EQ(missing.status, 2);
  EXPECT_TRUE(missing.output.starts_with("mnist: --load: ")) << missing.output;
  EXPECT_NE(missing.output.find(path("networks/mlp.safetensors")), std::string::npos);
  EXPECT_EQ(std::ranges::count(missing.output, '\n'), 1);
}

TEST_F(MnistProgram, FitsTheTerminal) {
  const Outcome outcome = run(small() + "--seeds 2");
  std::size_t columns = 0;
  for (const char c : outcome.output) {
    const bool continuation = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    columns = c == '\n' ? 0 : columns + (continuation ? 0 : 1);
    ASSERT_LE(columns, 80U) << outcome.output;
  }
  EXPECT_NE(outcome.output.find("misreads"), std::string::npos);
}

}  // namespace
