// `./book mnist`: trains an MLP and a CNN on MNIST and compares them (chapter 10).

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ranges>
#include <stdexcept>
#include <vector>

import command_line;
import mnist.files;
import mnist.options;
import mnist.recipes;
import mnist.runs;
import mnist.tables;
import nn;
import terminal;

namespace {

constexpr int interrupted = 130;  // the exit status of a program that Ctrl-C ended

/// Trains a network of each kind from each seed, until Ctrl-C.
std::vector<Run> train_all(const Options& options, const Recipe& recipe, const nn::Split& digits) {
  if (!options.quiet) {
    fmt::print("{} images to train on, {} to validate, {} to test; {} threads\n",
               nn::thousands(digits.training.size()), nn::thousands(digits.validation.size()),
               nn::thousands(digits.test.size()), nn::threads());
    if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write the output");
  }
  std::vector<Run> runs;
  for (std::uint64_t seed = options.seed; seed < options.seed + options.seeds; ++seed) {
    for (const Model& model : recipe.models) {
      runs.push_back(train(model, digits, seed, options.quiet));
      if (runs.back().history.interrupted()) return runs;
    }
  }
  return runs;
}

int compare(const Options& options) {
  const Recipe recipe = prepare(options);
  nn::set_threads(options.threads);
  const nn::Split digits = load(options, recipe);
  check_outputs(options, recipe);
  std::vector<Run> runs =
      options.load.empty() ? train_all(options, recipe, digits) : stored_runs(recipe, options.load);

  // The test set is used once, after all choices.
  const bool tests = options.test || !options.is_a_choice();
  const Judged judged =
      tests ? Judged{"test", digits.test} : Judged{"validation", digits.validation};
  for (Run& run : runs) judge(run, judged.digits);
  if (recipe.changed) judge_changed(runs, judged.digits);

  const bool kept = keep_all(options, runs, judged);
  print_comparison(recipe, runs, judged);
  if (!options.quiet) {
    print_confusions(runs);
    for (const Run& run : runs | std::views::take(2)) print_worst_mistakes(run, judged.digits);
  }
  if (runs.back().history.interrupted()) {
    fmt::print("\n{}\n", terminal::bold(interruption(runs.back())));
    return interrupted;
  }
  const auto diverged = [](const Run& run) { return run.history.divergence.has_value(); };
  if (std::ranges::any_of(runs, diverged)) {
    fmt::print(
        "\nA training run diverged, so the comparison says nothing about its network.\n"
        "Try a smaller --learning-rate.\n");
    return EXIT_FAILURE;
  }
  fmt::print("\n{}\n", terminal::bold(verdict(recipe, runs, judged)));
  if (!tests) {
    fmt::print(
        "\nYou changed a hyperparameter, so these are validation images. When every choice\n"
        "is made, add --test for the one look at the test images.\n");
  }
  return kept ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  return command_line::run([&] { return compare(options_of(argc, argv)); });
}
