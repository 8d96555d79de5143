module;

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>

module mnist.options;

namespace {

using command_line::path;

/// Accepts whole numbers in a range; the error for anything else names the range.
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  return CLI::Validator{
      [low, high](const std::string& text) -> std::string {
        std::uint64_t number = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc{} && stop == end && number >= low && number <= high) {
          return "";
        }
        return fmt::format("'{}' is not a whole number from {} to {}", text, low, high);
      },
      ""};
}

/// Accepts what CLI11's check accepts, and says of anything else what was expected.
CLI::Validator expecting(const std::string& expected, const CLI::Validator& check) {
  return CLI::Validator{[expected, check](std::string& text) -> std::string {
                          if (check(text).empty()) return "";
                          return fmt::format("'{}', expected {}", text, expected);
                        },
                        ""};
}

/// Names an option's value: briefly in the help, in words in the error if it is missing.
void name_value(CLI::Option* option, const char* brief, const char* words) {
  option->option_text(brief)->type_name(words);
}

void describe(CLI::App& app, Options& options) {
  name_value(app.add_option("--recipe", options.recipe,
                            "default: the networks of chapter 10; report: those of\n"
                            "appendix A.2; augmented: the default ones, trained with\n"
                            "data augmentation")
                 ->check(expecting("default, report or augmented",
                                   CLI::IsMember({"default", "report", "augmented"}))),
             "NAME", "name of a recipe");
  name_value(app.add_option("--epochs", options.epochs, "Passes over the training set")
                 ->check(whole_number(1, 1'000'000)),
             "N", "whole number");
  name_value(app.add_option("--batch-size", options.batch_size, "Images in a mini-batch")
                 ->check(whole_number(1, 1'000'000)),
             "N", "whole number");
  name_value(app.add_option("--learning-rate", options.learning_rate, "The initial learning rate")
                 ->check(expecting("a finite number above 0", CLI::Number)),
             "RATE", "number above 0");
  app.add_flag("--test", options.test,
               "Uses the test images even with a changed hyperparameter,\n"
               "instead of the validation images");
  name_value(app.add_option("--seed", options.seed,
                            "Determines initial weights and batch orders; default 1")
                 ->check(whole_number(0, 1'000'000'000'000)),
             "N", "whole number");
  name_value(app.add_option("--seeds", options.seeds,
                            "Trains with N seeds; prints mean ± standard deviation")
                 ->check(whole_number(1, 1'000)),
             "N", "whole number");
  name_value(app.add_option("--threads", options.threads, "Threads; by default one for each core")
                 ->check(whole_number(1, 1'024)),
             "N", "whole number");
  name_value(
      app.add_option("--data", options.data, "The folder with the MNIST files")->check(path()),
      "FOLDER", "folder");
  name_value(
      app.add_option("--json", options.json, "Writes all results to this file")->check(path()),
      "FILE", "file");
  name_value(
      app.add_option("--csv", options.csv, "Writes learning curves and mistakes to this folder")
          ->check(path()),
      "FOLDER", "folder");
  name_value(app.add_option("--save", options.save, "Stores the trained networks in this folder")
                 ->check(path()),
             "FOLDER", "folder");
  CLI::Option* const stored =
      app.add_option("--load", options.load,
                     "Compares the networks in this folder, without training\n"
                     "and so without the options above except --test,\n"
                     "--threads and --data")
          ->check(path());
  name_value(stored, "FOLDER", "folder");
  for (const char* trains : {"--recipe", "--epochs", "--batch-size", "--learning-rate", "--seed",
                             "--seeds", "--json", "--csv", "--save"}) {
    stored->excludes(trains);
  }
  app.add_flag("--changed", options.changed,
               "Also tests on rotated, shifted, thickened and thinned\n"
               "images, as the recipe augmented does");
  app.add_flag("--quiet", options.quiet, "Prints only the comparison");
  app.add_flag_callback(
      "--mine", [] { throw BadOption("--mine: expected no other option next to it"); },
      "Trains with the modules that you have written for\n"
      "./book exercise, and compares them with the library's");
  app.footer(
      "Examples:\n"
      "  ./book mnist                                 train both networks, compare them\n"
      "  ./book mnist --recipe report --seeds 3       those of appendix A.2, 3 seeds\n"
      "  ./book mnist --epochs 1 --json result.json   a quick look, saved to a file\n"
      "  ./book mnist --save DIR                      also save both networks\n"
      "  ./book mnist --load DIR                      compare them, without training\n"
      "  ./book mnist --recipe augmented --save DIR   the networks of data/networks\n"
      "\nCtrl-C ends training after the current mini-batch and compares what there is.");
}

}  // namespace

Options options_of(int argc, char** argv) {
  Options options;
  command_line::App app{"Trains an MLP and a CNN on MNIST and compares them.", "./book mnist"};
  describe(app, options);
  app.read(argc, argv);
  return options;
}

Recipe prepare(const Options& options) {
  Recipe recipe = recipe_of(options.recipe);
  recipe.changed |= options.changed;
  for (Model& model : recipe.models) {
    model.epochs = options.epochs.value_or(model.epochs);
    model.batch_size = options.batch_size.value_or(model.batch_size);
    model.learning_rate = options.learning_rate.value_or(model.learning_rate);
    if (!(model.learning_rate > 0 && std::isfinite(model.learning_rate))) {
      throw BadOption(fmt::format("--learning-rate: {}, expected a finite number above 0",
                                  model.learning_rate));
    }
  }
  return recipe;
}
