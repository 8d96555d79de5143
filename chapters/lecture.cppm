/// @file
/// @brief How a chapter's program speaks: headings with the numbers of its page, tensors as tables.
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
import nn.reporter;
import nn.safetensors;
import nn.tensor;
import nn.text;

namespace lecture {

bool waits = false;
bool shortened = false;
std::filesystem::path folder;

[[noreturn]] void refuse(const char* program, std::string_view what) {
  fmt::print(stderr, "{}: {}; there are --step, --short, --data DIR and --version\n", program,
             what);
  std::exit(2);  // NOLINT(concurrency-mt-unsafe): there is one thread yet
}

/// The folder of `--data`, in which the files can be written at the end of the program.
std::filesystem::path checked_folder(const char* program, const char* path) {
  if (!std::filesystem::is_directory(path)) refuse(program, "--data needs a folder that is there");
  try {
    nn::check_writable("write_whole", std::filesystem::path{path} / "figure.csv");
  } catch (const std::runtime_error& error) {
    refuse(program, fmt::format("--data: {}", error.what()));
  }
  return path;
}

}  // namespace lecture

export namespace lecture {

/// Reads the program's options: `--step` makes it wait for Enter before every heading but the
/// first, `--short` makes work of minutes a matter of seconds, `--data DIR` writes what the figures
/// are drawn from, and `--version` only prints the library's version. At anything else the program
/// ends with status 2.
void begin(int argc, char** argv, std::string_view title) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--step") {
      waits = true;
    } else if (option == "--short") {
      shortened = true;
    } else if (option == "--data") {
      folder = checked_folder(argv[0], ++i < argc ? argv[i] : "");
    } else if (option == "--version") {
      fmt::print("{} {}\n", std::filesystem::path{argv[0]}.filename().string(), nn::version());
      std::exit(0);  // NOLINT(concurrency-mt-unsafe): there is one thread yet
    } else {
      refuse(argv[0], fmt::format("no option '{}'", option));
    }
  }
  fmt::print("{}\n", title);
}

/// Whether long work is to be cut short: fewer images, epochs or seeds, for a test or a first look.
bool is_short() { return shortened; }

/// Says on a terminal what a long work is at; the next word of it is written over the last.
void progress(std::string_view what) {
  const std::size_t columns = nn::progress_columns(STDERR_FILENO);
  if (columns > 0) fmt::print(stderr, "\r\033[K{:.{}}", what, columns);
}

/// Keeps the data of a figure, lines of comma-separated values, if the program was asked to.
void keep(std::string_view file, std::string_view lines) {
  if (!folder.empty()) nn::write_whole("lecture", folder / file, lines);
}

/// `1.3 A batch rides along`, underlined.
void heading(std::string_view text) {
  static bool first = true;
  progress("");
  if (waits && !first) {
    fmt::print("\n[Enter]");
    std::fflush(stdout);
    for (int c = 0; c != '\n' && c != EOF;) c = std::getchar();
  }
  first = false;
  fmt::print("\n{}\n{:-<{}}\n", text, "", text.size());
}

/// Prints a tensor under its name, a row a line: `W (3, 2)   0.50  -1.00`.
void show(std::string_view name, const nn::Tensor& tensor) {
  const std::string label = fmt::format("{} {}", name, to_string(tensor.shape()));
  const std::size_t rows = tensor.rank() < 2 ? 1 : tensor.rows();
  for (std::size_t i = 0; i < rows; ++i) {
    fmt::print("  {:<18}", i == 0 ? label : "");
    for (std::size_t j = 0; j < tensor.size() / rows; ++j) {
      const nn::real value = tensor.values()[i * (tensor.size() / rows) + j];
      fmt::print("{:8.3f}", nn::unsigned_nan(value) + 0);  // + 0 makes a plain 0 of -0
    }
    fmt::print("\n");
  }
}

/// Prints labels under their name, in one row.
void show(std::string_view name, const nn::Labels& labels) {
  nn::Tensor row{nn::Shape{labels.size()}};
  std::ranges::copy(labels, row.values().begin());
  show(name, row);
}

/// Draws digits side by side, each row of the tensor an image of 28 × 28 pixels. `margin` pixels
/// are left out at every side: MNIST keeps four empty.
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

/// Prints an error and what is allowed: `sigmoid   error 2e-05, allowed 1e-03`.
void check(std::string_view what, double error, double allowed) {
  fmt::print("  {:<32} error {:.0e}, allowed {:.0e}{}\n", what, error, allowed,
             error <= allowed ? "" : ": too much");
}

/// Checks the gradients of a layer by nudging its input and every parameter (chapter 4).
template <nn::Layer L>
void check_gradients(std::string_view name, L layer, const nn::Tensor& input) {
  for (const auto& entry : nn::check_gradients(layer, input).entries) {
    check(fmt::format("{:<24} {}", name, entry.name), entry.relative_error, 0.01);
  }
}

/// How many of a hundred samples a network classifies right.
double percent_right(const nn::Sequential& network, const nn::Dataset& set) {
  const nn::Evaluation seen = nn::evaluate(network, nn::SoftmaxCrossEntropy{}, set, nn::Accuracy{});
  return 100 * seen.metrics[0];
}

/// Runs a training from several seeds, 1, 2 and so on, and returns what each run gives: a number.
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

/// Keeps curves of equal length as the data of a figure, a column for each: `epoch,MLP,CNN`.
/// @param first The name of the first column, which has 0, step, 2 step and so on.
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
