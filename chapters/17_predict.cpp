// Chapter 17: A network for use. Read with docs/chapters/17_predict.md.

// [omit: the headers, one for each thing that is used]
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>
// [/omit]

// [start]
import nn;

namespace {

namespace fs = std::filesystem;
// [/start]

// [options]
struct Options {
  std::vector<std::string> files;
  fs::path network = NN_NETWORKS_FOLDER "/cnn.safetensors";
  std::optional<std::size_t> index;  ///< Of the pictures in a file, the only one to read.
  bool raw = false;                  ///< Whether a picture goes to the network as it is.
  fs::path layers;                   ///< Of a stored network, if `network` has only weights.
  std::vector<std::string> rename;   ///< What to call those weights: `fc1=0`.
  fs::path submission;               ///< Where the answers for a table of images go.
};
// [/options]

// [omit: how options are read]
/// An option that cannot be: ends the program before any picture is read.
struct BadOption : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string fault_of_path(const std::string& text) {
  return text.empty() ? "'' is not a path" : "";
}

/// Accepts the number of a picture, and says of anything else what it is not.
std::string fault_of_index(const std::string& text) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && stop == end) return "";
  const bool negative = text.starts_with('-') && text.find_first_not_of("-0123456789") == text.npos;
  return fmt::format("'{}' is not {}", text, negative ? "0 or more" : "a whole number, 0 or more");
}

void describe(CLI::App& app, Options& options) {
  app.add_option("FILE", options.files,
                 "Pictures of one digit each: PNG, JPEG, WebP, BMP, PNM or IDX")
      ->required();
  app.add_option("--network", options.network, "The network, as ./book mnist --save stores it")
      ->check(CLI::Validator{fault_of_path, ""});
  app.add_option("--index", options.index, "Of a file of several pictures only this one, from 0 on")
      ->check(CLI::Validator{fault_of_index, ""});
  app.add_flag("--raw", options.raw, "Shows the network pictures of 28 × 28 pixels as they are");
  app.add_option("--layers", options.layers,
                 "If --network is a file with weights alone, as Python writes it: a stored network "
                 "that has their layers")
      ->check(CLI::Validator{fault_of_path, ""});
  app.add_option("--rename", options.rename,
                 "What to call those weights: fc1=0 makes fc1.weight the weight of layer 0")
      ->needs("--layers")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--submission", options.submission,
                 "Reads FILE as a table of images (CSV), such as Kaggle's test.csv, and writes "
                 "ImageId,Label for each to this file")
      ->check(CLI::Validator{fault_of_path, ""});
  app.set_version_flag("--version", fmt::format("17_predict {}", nn::version()),
                       "Prints the library's version");
  app.footer(
      "Examples:\n"
      "  ./book predict data/pictures/seven.png\n"
      "  ./book predict data/mnist/t10k-images-idx3-ubyte.gz --index 8\n"
      "  ./book predict test.csv --submission submission.csv\n"
      "  ./book predict FILE --network theirs.safetensors \\\n"
      "      --layers data/networks/mlp.safetensors --rename fc1=0 --rename fc2=2\n"
      "\nThe status is 1 if a picture could not be read or is empty.");
}
// [/omit]

// [network]
/// The network of a file; one with weights alone borrows the layers of another.
nn::Sequential stored(const Options& options) {
  if (options.layers.empty()) return nn::load_network(options.network);
  nn::LoadOptions load;
  for (const std::string& pair : options.rename) {
    const std::size_t middle = pair.find('=');
    const bool is_pair = middle != std::string::npos;
    if (is_pair && load.rename.emplace(pair.substr(0, middle), pair.substr(middle + 1)).second) {
      continue;
    }
    throw BadOption(
        fmt::format("--rename: '{}', expected two names, such as fc1=0, and each once", pair));
  }
  nn::Sequential network = nn::load_network(options.layers);
  nn::load_weights(options.network, network, load);
  return network;
}

nn::Sequential load(const Options& options) {
  const fs::path& file = options.network;
  nn::Shape output;
  try {
    nn::Sequential network = stored(options);
    output = network.output_shape(nn::Shape{784});
    if (output == nn::Shape{10}) return network;
  } catch (const std::invalid_argument& error) {
    throw BadOption(
        fmt::format("--network: {} takes no 784 pixels: {}", file.string(), error.what()));
  } catch (const BadOption&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw BadOption(fmt::format("--network: {}", error.what()));
  }
  throw BadOption(fmt::format("--network: {} makes {} of 784 pixels, expected (10)", file.string(),
                              nn::to_string(output)));
}
// [/network]

// [seen]
/// What the network is shown of a picture, shape (1, 784).
nn::Tensor seen(const nn::Picture& picture, bool raw) {
  if (!raw) return nn::to_mnist(picture);
  const nn::Shape& shape = picture.brightness.shape();
  if (shape != nn::Shape{28, 28}) {
    throw std::invalid_argument(
        fmt::format("--raw takes 28 × 28 pixels, not {} × {}", shape[1], shape[0]));
  }
  return picture.brightness.reshaped(nn::Shape{1, 784});
}
// [/seen]

// [drawing]
/// Two rows of pixels as one line of half blocks.
std::string half_blocks(std::span<const nn::real> pixels, std::size_t line) {
  std::string text;
  for (std::size_t x = 0; x < 28; ++x) {
    const bool upper = pixels[2 * line * 28 + x] > 0.4F;
    const bool lower = pixels[(2 * line + 1) * 28 + x] > 0.4F;
    constexpr std::array<const char*, 4> blocks{" ", "▀", "▄", "█"};
    text += blocks[(upper ? 1U : 0U) + (lower ? 2U : 0U)];
  }
  return text;
}

/// A bar as long as a share of 32 columns, to an eighth of one.
std::string bar(nn::real share) {
  constexpr std::array<const char*, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(std::lround(32 * 8 * share));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  return text + parts[eighths % 8];
}
// [/drawing]

// [omit: lines that fit a terminal]
/// Prints a line without the blanks at its end.
void print_line(std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
}

/// The end of a path that is too long for a line.
std::string shortened(const std::string& path) {
  constexpr std::size_t most = 40;
  if (path.size() <= most) return path;
  std::size_t begin = path.size() - most;
  while ((static_cast<unsigned char>(path[begin]) & 0xC0U) == 0x80U) ++begin;  // within a letter
  return "…" + path.substr(begin);
}
// [/omit]

// [reading]
/// Shows what the network saw, and beside it how probable it takes each digit to be.
void print_reading(std::span<const nn::real> pixels, std::span<const nn::real> probabilities) {
  constexpr std::size_t above = 2;  // lines of the drawing before the first bar
  for (std::size_t line = 0; line < 14; ++line) {
    std::string text = "  " + half_blocks(pixels, line);
    if (line >= above && line - above < probabilities.size()) {
      const nn::real probability = probabilities[line - above];
      text +=
          fmt::format("    {}  {:5.1f} %  {}", line - above, 100 * probability, bar(probability));
    }
    print_line(text);
  }
}

void read(const nn::Sequential& network, const nn::Picture& picture, const std::string& name,
          bool raw) {
  const nn::Tensor pixels = seen(picture, raw);
  const nn::Tensor probabilities = nn::predict_probabilities(network, pixels);
  fmt::print("\n{}, {} × {} pixels: {}\n", name, picture.brightness.columns(),
             picture.brightness.rows(), nn::Labels::from_rows(probabilities)[0]);
  print_reading(pixels.row(0), probabilities.row(0));
}
// [/reading]

// [file]
constexpr std::size_t most_shown = 3;

/// Reads the pictures of a file.
/// @return Whether every one of them was read.
bool read_file(const nn::Sequential& network, const std::string& file, const Options& options) {
  const std::vector<nn::Picture> pictures = nn::load_pictures(file);
  if (options.index && *options.index >= pictures.size()) {
    throw BadOption(fmt::format("--index: {}, the pictures of {} are 0 to {}", *options.index, file,
                                pictures.size() - 1));
  }
  const std::size_t first = options.index.value_or(0);
  const std::size_t end = options.index ? first + 1 : std::min(pictures.size(), most_shown);
  bool all_read = true;
  for (std::size_t i = first; i < end; ++i) {
    const std::string name =
        shortened(file) + (pictures.size() == 1 ? "" : fmt::format(", picture {}", i));
    try {
      read(network, pictures[i], name, options.raw);
    } catch (const std::invalid_argument& error) {
      fmt::print(stderr, "17_predict: {}: {}\n", name, error.what());
      all_read = false;
    }
  }
  if (!options.index && end < pictures.size()) {
    fmt::print("\nand {} more, which --index can show\n", pictures.size() - end);
  }
  return all_read;
}
// [/file]

// [submission]
/// Reads a table of images and writes what the network takes them for, in the form of a contest.
void submit(const nn::Sequential& network, const Options& options) {
  if (options.files.size() != 1) {
    throw BadOption(
        fmt::format("--submission: {} files, expected one table", options.files.size()));
  }
  const nn::Tensor images = nn::mnist::load_csv_images(options.files[0]);
  if (images.columns() != 784) {
    throw BadOption(fmt::format("--submission: {} has images of {} pixels, expected 784",
                                options.files[0], images.columns()));
  }
  const nn::Labels labels = nn::Labels::from_rows(nn::predict(network, images));
  nn::mnist::save_submission(options.submission, labels);
  fmt::print("{} images read, their digits are in {}\n", nn::thousands(labels.size()),
             options.submission.string());
}
// [/submission]

// [all]
constexpr int bad_option = 2;

int predict(const Options& options) {
  const nn::Sequential network = load(options);
  if (!options.submission.empty()) {
    submit(network, options);
    return EXIT_SUCCESS;
  }
  bool all_read = true;
  for (const std::string& file : options.files) {
    try {
      all_read &= read_file(network, file, options);
    } catch (const BadOption&) {
      throw;
    } catch (const std::runtime_error& error) {
      if (std::ferror(stdout) != 0) throw;  // it is the output that cannot be written
      fmt::print(stderr, "17_predict: {}\n", error.what());
      all_read = false;
    }
  }
  return all_read ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
// [/all]

// [main]
int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Reads pictures of digits with a stored network.", "./book predict"};
  describe(app, options);
  try {
    app.parse(argc, argv);
    return predict(options);
  } catch (const CLI::Success& request) {  // --help or --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "17_predict: {}\n", error.what());
    return bad_option;
  } catch (const BadOption& error) {
    fmt::print(stderr, "17_predict: {}\n", error.what());
    return bad_option;
  } catch (const std::exception& error) {
    fmt::print(stderr, "17_predict: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
// [/main]
