/// @file
/// @brief The output of the chapters' programs: headings with the numbers of the page, tables,
///   digits.
module;

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

export module lecture;

import nn.backprop;
import nn.evaluation;
import nn.files;
import nn.initializers;
import nn.random;
import nn.reporter;
import nn.safetensors;
import nn.tensor;
import nn.text;
import terminal;

namespace lecture {

bool waits = false;
bool shortened = false;
std::filesystem::path folder;

[[noreturn]] void refuse(std::string_view what) {
  terminal::print_error(
      fmt::format("{};\nthe options are --step, --short, --data DIR and --version", what));
  std::exit(2);  // NOLINT(concurrency-mt-unsafe): there is one thread yet
}

/// The folder of `--data`, checked now, because files are written to it only at the end.
std::filesystem::path checked_folder(const char* path) {
  if (!std::filesystem::is_directory(path)) {
    refuse(fmt::format("--data is '{}', expected an existing folder", path));
  }
  try {
    nn::check_writable("write_whole", std::filesystem::path{path} / "figure.csv");
  } catch (const std::runtime_error& error) {
    const std::string_view text = error.what();
    refuse(fmt::format("--data is '{}', expected a folder for new files ({})", path,
                       text.substr(text.rfind(": ") + 2)));
  }
  return path;
}

}  // namespace lecture

export namespace lecture {

/// Reads the program's options: `--step` waits for Enter before every heading but the first,
/// `--short` cuts minutes of work to seconds, `--data DIR` writes the data of the figures, and
/// `--version` only prints the library's version. For anything else, the program exits with status
/// 2.
void begin(int argc, char** argv, std::string_view title) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--step") {
      waits = true;
    } else if (option == "--short") {
      shortened = true;
    } else if (option == "--data") {
      folder = checked_folder(++i < argc ? argv[i] : "");
    } else if (option == "--version") {
      fmt::print("{} {}\n", terminal::program_name(), nn::version());
      std::exit(0);  // NOLINT(concurrency-mt-unsafe): there is one thread yet
    } else {
      refuse(fmt::format("there is no option '{}'", option));
    }
  }
  fmt::print("{}\n", terminal::bold(title));
}

/// Whether to shorten the work: fewer images, epochs or seeds, for a test or a first look.
bool is_short() { return shortened; }

/// Shows the progress of long work on a terminal; each message overwrites the previous one.
void progress(std::string_view what) {
  const std::size_t columns = nn::progress_columns(STDERR_FILENO);
  if (columns > 0) fmt::print(stderr, "\r\033[K{:.{}}", what, columns);
}

/// Saves the data of a figure, lines of comma-separated values, if `--data` was given.
void keep(std::string_view file, std::string_view lines) {
  if (!folder.empty()) nn::write_whole("lecture", folder / file, lines);
}

/// Prints a heading, `1.3 A batch of samples`, underlined.
void heading(std::string_view text) {
  static bool first = true;
  progress("");
  if (waits && !first) {
    fmt::print("\n[Enter]");
    std::fflush(stdout);
    for (int c = 0; c != '\n' && c != EOF;) c = std::getchar();
  }
  first = false;
  fmt::print("\n{}\n{:-<{}}\n", terminal::bold(text), "", text.size());
}

/// Prints a tensor with its name, one line for each row: `W (3, 2)   0.50  -1.00`.
void show(std::string_view name, const nn::Tensor& tensor) {
  const std::string label = fmt::format("{} {}", name, to_string(tensor.shape()));
  const std::size_t rows = tensor.rank() < 2 ? 1 : tensor.rows();
  for (std::size_t i = 0; i < rows; ++i) {
    fmt::print("  {:<18}", i == 0 ? label : "");
    for (std::size_t j = 0; j < tensor.size() / rows; ++j) {
      const nn::real value = tensor.values()[i * (tensor.size() / rows) + j];
      fmt::print("{:8.3f}", nn::unsigned_nan(value) + 0);  // + 0 turns -0 into 0
    }
    fmt::print("\n");
  }
}

/// Prints labels with their name, on one line.
void show(std::string_view name, const nn::Labels& labels) {
  nn::Tensor row{nn::Shape{labels.size()}};
  std::ranges::copy(labels, row.values().begin());
  show(name, row);
}

/// Draws digits side by side; each row of the tensor is an image of 28 × 28 pixels. `margin` pixels
/// are left out on every side, because MNIST's images have an empty border of four.
void draw(const nn::Tensor& digits, std::size_t margin = 2) {
  constexpr std::size_t side = 28;
  for (std::size_t y = margin; y + margin < side; y += 2) {
    std::string line;
    for (std::size_t i = 0; i < digits.rows(); ++i) {
      const auto row = [&](std::size_t number) {
        return digits.row(i).subspan(number * side + margin, side - 2 * margin);
      };
      line += "  " + nn::half_blocks<nn::real>(row(y), row(y + 1));
    }
    line.resize(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
}

/// Prints an error and its tolerance: `sigmoid   error 2e-05, allowed 1e-03`.
void check(std::string_view what, double error, double allowed) {
  fmt::print("  {:<32} error {:.0e}, allowed {:.0e}{}\n", what, error, allowed,
             error <= allowed ? "" : ": too much");
}

/// Prints the largest difference between two tensors, and its tolerance.
void check_equal(std::string_view what, const nn::Tensor& a, const nn::Tensor& b, double allowed) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::fmax(largest, std::abs(a.values()[i] - b.values()[i]));
  }
  check(what, largest, allowed);
}

/// Normally distributed numbers.
nn::Tensor noise(const nn::Shape& shape, std::uint64_t seed) {
  nn::Random random{seed};
  nn::Tensor result{shape};
  nn::RandomNormal{random, 1}(result, {});
  return result;
}

/// Prints a gradient check of a layer: its input and every parameter (chapter 4).
template <nn::Layer L>
void check_gradients(std::string_view name, L layer, const nn::Tensor& input) {
  for (const auto& entry : nn::check_gradients(layer, input).entries) {
    check(fmt::format("{:<24} {}", name, entry.name), entry.relative_error, 0.01);
  }
}

/// The accuracy of a network in percent.
double percent_right(const nn::Sequential& network, const nn::Dataset& set) {
  const nn::Evaluation seen = nn::evaluate(network, nn::SoftmaxCrossEntropy{}, set, nn::Accuracy{});
  return 100 * seen.metrics[0];
}

/// Trains with several seeds, 1, 2 and so on, and returns the resulting number of each run.
template <class Training>
std::vector<double> for_seeds(std::size_t seeds, const Training& training) {
  std::vector<double> results;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) results.push_back(training(seed));
  return results;
}

/// The mean of several numbers, and their standard deviation.
struct Spread {
  double mean;
  double deviation;
};

/// How the results of several runs spread; two or more, each from its own seed.
Spread spread(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {.mean = mean, .deviation = std::sqrt(squares / (count - 1))};
}

/// `98.35 ± 0.05`.
std::string to_string(const Spread& spread, int digits = 2) {
  return fmt::format("{:.{}f} ± {:.{}f}", spread.mean, digits, spread.deviation, digits);
}

/// Numbers under a name, for a table or a figure.
struct Curve {
  std::string name;
  std::vector<double> values;
};

/// Saves curves of equal length as the data of a figure, a column for each: `epoch,MLP,CNN`.
/// @param first The name of the first column, whose values are 0, step, 2 step and so on.
void keep(std::string_view file, std::string_view first, std::size_t step,
          const std::vector<Curve>& curves) {
  std::string lines{first};
  for (const Curve& curve : curves) lines += fmt::format(",{}", curve.name);
  for (std::size_t i = 0; i < curves.front().values.size(); ++i) {
    lines += fmt::format("\n{}", i * step);
    for (const Curve& curve : curves) lines += fmt::format(",{:.4g}", curve.values[i]);
  }
  keep(file, lines + "\n");
}

}  // namespace lecture
