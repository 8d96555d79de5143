module;

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <ranges>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

module mnist.files;

import nn;
import terminal;

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// Folders that the program creates; the destructor removes them, unless they are kept.
class NewFolders {
 public:
  NewFolders() = default;
  NewFolders(const NewFolders&) = delete;
  NewFolders& operator=(const NewFolders&) = delete;
  ~NewFolders() {
    std::error_code error;
    for (const fs::path& folder : made_ | std::views::reverse) fs::remove(folder, error);
  }

  /// Creates a folder and those above it, if they are missing.
  void make(const char* option, const fs::path& folder) {
    std::error_code error;
    fs::path part;
    for (const fs::path& name : folder) {
      part /= name;
      if (fs::create_directory(part, error)) made_.push_back(part);
    }
    std::error_code none;
    if (!fs::is_directory(folder, none)) {
      throw BadOption(fmt::format("{}: cannot create the folder {}: {}", option, folder.string(),
                                  fs::exists(folder, none) ? "it is a file" : error.message()));
    }
  }

  void keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;
};

/// A file that the program will write.
struct Output {
  const char* option;  ///< The option that asks for it.
  fs::path file;
};

/// The stem of a run's files: `cnn`, or with several seeds `cnn-2`.
std::string name_of(const Options& options, const Model& model, std::uint64_t seed) {
  return model.name + (options.seeds == 1 ? "" : fmt::format("-{}", seed));
}

std::vector<Output> outputs(const Options& options, const Recipe& recipe) {
  std::vector<Output> all;
  if (!options.json.empty()) all.push_back({"--json", options.json});
  for (std::uint64_t seed = options.seed; seed < options.seed + options.seeds; ++seed) {
    for (const Model& model : recipe.models) {
      const std::string name = name_of(options, model, seed);
      if (!options.save.empty()) all.push_back({"--save", options.save / (name + ".safetensors")});
      if (options.csv.empty()) continue;
      all.push_back({"--csv", options.csv / (name + ".csv")});
      all.push_back({"--csv", options.csv / (name + "_mistakes.csv")});
    }
  }
  return all;
}

/// Calls a function that writes a file; returns whether it could, and prints the error if not.
template <class Write>
bool written(const fs::path& file, const Write& write) {
  try {
    write(file);
    return true;
  } catch (const std::runtime_error& error) {
    terminal::print_error(error.what());
    return false;
  }
}

/// A file of the same name in a new folder of the temporary folder.
fs::path elsewhere(const fs::path& file) {
  std::error_code error;
  fs::path folder = fs::temp_directory_path(error);
  if (error) folder = "/tmp";
  std::string name = (folder / "mnist-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return folder / file.filename();
  return name / file.filename();
}

/// Writes a result to its file or, if that fails, to the temporary folder, so that hours of
/// training are not lost because a disk is full.
/// @param text Printed if both fail; may be empty.
/// @return Whether the result is in its file.
template <class Write>
bool keep(const fs::path& file, const Write& write, const std::string& text = "") {
  if (written(file, write)) return true;
  const fs::path other = elsewhere(file);
  if (written(other, write)) {
    terminal::print_error(fmt::format("the result is in {} instead", other.string()));
  } else {
    say(text);
  }
  return false;
}

bool keep_text(const fs::path& file, const std::string& text) {
  return keep(file, [&](const fs::path& to) { nn::write_whole("write_whole", to, text); }, text);
}
Json to_json(const Options& options, const std::vector<Run>& runs, const Judged& judged) {
  Json models = Json::array();
  for (const Run& run : runs) {
    Json confusion = Json::array();
    for (std::size_t actual = 0; actual < 10; ++actual) {
      Json row = Json::array();
      for (std::size_t predicted = 0; predicted < 10; ++predicted) {
        row.push_back(run.confusion(actual, predicted));
      }
      confusion.push_back(std::move(row));
    }
    Json changed = Json::object();
    for (const auto& [name, accuracy] : run.changed) changed[name] = accuracy;
    models.push_back({{"name", run.model->name},
                      {"seed", run.seed},
                      {"layers", run.network.layer_names()},
                      {"parameters", run.network.parameter_count()},
                      {"batch_size", run.model->batch_size},
                      {"learning_rate", run.model->learning_rate},
                      {"interrupted", run.history.interrupted()},
                      {"diverged", run.history.divergence.has_value()},
                      {"train_seconds", run.history.seconds()},
                      {"images_per_second", run.history.samples_per_second()},
                      {judged.name,
                       {{"cost", run.cost},
                        {"accuracy", run.confusion.accuracy()},
                        {"precision", run.confusion.macro_precision()},
                        {"recall", run.confusion.macro_recall()},
                        {"f1", run.confusion.macro_f1()},
                        {"confusion", confusion}}},
                      {"changed", changed},
                      {"history", Json::parse(run.history.json())}});
  }
  return {{"recipe", options.recipe},
          {"seed", options.seed},
          {"threads", options.threads},
          {"models", models}};
}

std::string mistakes_csv(const Run& run) {
  std::string text = "index,actual,predicted,probability\n";
  for (const Mistake& m : run.mistakes) {
    text += fmt::format("{},{},{},{:.4f}\n", m.index, m.actual, m.predicted, m.probability);
  }
  return text;
}

}  // namespace

void check_outputs(const Options& options, const Recipe& recipe) {
  NewFolders folders;
  if (!options.csv.empty()) folders.make("--csv", options.csv);
  if (!options.save.empty()) folders.make("--save", options.save);
  std::map<fs::path, const char*> option_of;
  for (const auto& [option, file] : outputs(options, recipe)) {
    try {
      nn::check_writable("write_whole", file);
    } catch (const std::runtime_error& error) {
      throw BadOption(fmt::format("{}: {}", option, error.what()));
    }
    const auto [first, is_new] = option_of.emplace(fs::weakly_canonical(file), option);
    if (is_new) continue;
    throw BadOption(
        fmt::format("{}: {} is already written by {}", option, file.string(), first->second));
  }
  folders.keep();
}

bool keep_all(const Options& options, const std::vector<Run>& runs, const Judged& judged) {
  bool kept = true;
  for (const Run& run : runs) {
    if (options.save.empty()) break;
    const std::string name = name_of(options, *run.model, run.seed) + ".safetensors";
    kept &= keep(options.save / name,
                 [&](const fs::path& file) { nn::save_network(file, run.network); });
  }
  if (!options.json.empty())
    kept &= keep_text(options.json, to_json(options, runs, judged).dump(2) + "\n");
  for (const Run& run : runs) {
    if (options.csv.empty()) break;
    const std::string name = name_of(options, *run.model, run.seed);
    kept &= keep_text(options.csv / (name + ".csv"), run.history.csv());
    kept &= keep_text(options.csv / (name + "_mistakes.csv"), mistakes_csv(run));
  }
  return kept;
}
