// Chapter 16: Use a trained network. Read with docs/chapters/16_predict.md.

// [fold: Headers, one for each thing that is used]
#include <fmt/core.h>

#include <algorithm>
#include <array>
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
#include <utility>
#include <vector>
// [/fold]

// [start]
import command_line;
import nn;
import predict.answers;
import predict.files;
import predict.options;

namespace {

namespace fs = std::filesystem;
// [/start]

// [network]
nn::Sequential layers_of(const fs::path& file) {
  try {
    return nn::load_network(file);
  } catch (const std::runtime_error& error) {
    throw BadOption(fmt::format("--layers: {}", error.what()));
  }
}

/// Loads the network; if its file has only weights, the layers come from another file.
nn::Sequential stored(const Options& options) {
  if (options.layers.empty()) return nn::load_network(options.network);
  nn::LoadOptions load;
  for (const std::string& pair : options.rename) {
    const std::size_t middle = pair.find('=');
    const bool is_pair = middle != std::string::npos;
    if (is_pair && load.rename.emplace(pair.substr(0, middle), pair.substr(middle + 1)).second) {
      continue;
    }
    throw BadOption(fmt::format(
        "--rename: '{}', expected two names, such as fc1=0, and each old name only once", pair));
  }
  nn::Sequential network = layers_of(options.layers);
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
        fmt::format("--network: {} does not take 784 pixels: {}", file.string(), error.what()));
  } catch (const BadOption&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw BadOption(fmt::format("--network: {}", error.what()));
  }
  throw BadOption(fmt::format("--network: {} turns 784 pixels into {}, expected (10)",
                              file.string(), nn::to_string(output)));
}
// [/network]

// [seen]
/// The digits of a picture in the form that the network gets.
nn::Digits seen(const nn::Picture& picture, const Options& options) {
  const nn::Tensor& brightness = picture.brightness;
  nn::Digits found;
  if (!options.raw) {
    found = nn::find_digits(picture);
    if (options.one) found.digits = {found.digits[found.largest]};
    return found;
  }
  if (brightness.shape() != nn::Shape{28, 28}) {
    throw std::invalid_argument(fmt::format("--raw takes 28 × 28 pixels, not {} × {}",
                                            brightness.columns(), brightness.rows()));
  }
  const nn::Tensor pixels = brightness.reshaped(nn::Shape{1, 784});
  found.digits.push_back({.pixels = pixels, .left = 0, .right = 1, .top = 0, .bottom = 1});
  return found;
}
// [/seen]

// [read]
/// Reads a digit.
Reading read(const nn::Sequential& network, const nn::FoundDigit& found) {
  const nn::Tensor probabilities = nn::predict_probabilities(network, found.pixels);
  std::array<std::size_t, 10> order{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::ranges::sort(order, {},
                    [&](std::size_t digit) { return std::pair{-probabilities(0, digit), digit}; });
  return {found, probabilities, order[0], order[1]};
}
// [/read]

// [file]
constexpr std::size_t most_shown = 3;

/// The range of a file's pictures to read: the first, and one past the last.
std::pair<std::size_t, std::size_t> range_of(const Options& options, const std::string& file,
                                             std::size_t count) {
  if (options.all) return {0, count};
  if (!options.index) return {0, std::min(count, most_shown)};
  if (*options.index < count) return {*options.index, *options.index + 1};
  if (count == 1) {
    throw BadOption(
        fmt::format("--index: {}, but {} has only one picture, number 0", *options.index, file));
  }
  throw BadOption(fmt::format("--index: {}, but the pictures of {} are numbered 0 to {}",
                              *options.index, file, count - 1));
}

/// Reads the pictures of a file.
/// @param number The prefix of its stages' names; empty if there is only one file.
void read_file(const nn::Sequential& network, const Source& source, const Options& options,
               const std::string& number, Report& report) {
  if (source.path.extension() == ".csv") {
    throw BadOption(fmt::format("{} is a table: use --submission to read it", source.name));
  }
  const std::vector<nn::Picture> pictures = nn::load_pictures(source.path);
  const bool is_one = pictures.size() == 1;
  const auto [first, end] = range_of(options, source.name, pictures.size());
  for (std::size_t i = first; i < end; ++i) {
    Answer answer{.file = source.name,
                  .index = is_one ? std::nullopt : std::optional{i},
                  .width = pictures[i].brightness.columns(),
                  .height = pictures[i].brightness.rows(),
                  .digits = {},
                  .stages = {}};
    const auto show = [&](const nn::Digits& found) {
      if (options.show.empty()) return;
      const std::string base = number + source.path.stem().string();
      try {
        answer.stages =
            write_stages(options.show, is_one ? base : fmt::format("{}-{:05}", base, i), found);
      } catch (const std::runtime_error& error) {
        report.failure(source.name, error.what());
      }
    };
    const auto refuse = [&](const std::exception& error) {
      report.failure(source.name, fmt::format("{}: {}", name(answer), error.what()));
    };
    try {
      const nn::Digits found = seen(pictures[i], options);
      for (const nn::FoundDigit& digit : found.digits) {
        answer.digits.push_back(read(network, digit));
      }
      show(found);
      report.answer(answer);
    } catch (const nn::NoDigit& error) {
      refuse(error);
      show({.digits = {}, .stages = error.stages});
    } catch (const std::invalid_argument& error) {
      refuse(error);
    }
  }
  if (!options.index && end < pictures.size()) report.more(source.name, pictures.size() - end);
}
// [/file]

// [submission]
/// Reads a table of images and writes the predictions in Kaggle's submission format.
void submit(const nn::Sequential& network, const Options& options) {
  if (options.files.size() != 1) {
    throw BadOption(
        fmt::format("--submission: {} files, expected one table", options.files.size()));
  }
  const std::string& table = options.files[0];
  if (table == "-") {
    throw BadOption("--submission: '-' is standard input, expected a file with a table");
  }
  std::error_code none;
  if (fs::equivalent(table, options.submission, none)) {
    throw BadOption(fmt::format("--submission: this would overwrite the table {}", table));
  }
  const nn::Tensor images = nn::mnist::load_csv_images(table);
  if (images.columns() != 784) {
    throw BadOption(fmt::format("--submission: {} has images of {} pixels, expected 784 (28 × 28)",
                                table, images.columns()));
  }
  const nn::Labels labels = nn::Labels::from_rows(nn::predict(network, images));
  nn::mnist::save_submission(options.submission, labels);
  fmt::print("{} images read; their digits are in {}\n", nn::thousands(labels.size()),
             options.submission.string());
}
// [/submission]

// [all]
/// Calls a function and reports its error, so that one unreadable file does not stop the program.
template <class Call>
void attempt(const std::string& file, Report& report, const Call& call) {
  try {
    call();
  } catch (const BadOption& error) {
    report.failure(file, error.what(), command_line::bad_option);
  } catch (const std::runtime_error& error) {
    if (std::ferror(stdout) != 0) throw;  // because the output cannot be written
    report.failure(file, error.what());
  }
}

int predict(const Options& options) {
  const nn::Sequential network = load(options);
  if (!options.submission.empty()) {
    submit(network, options);
    return EXIT_SUCCESS;
  }
  if (!options.show.empty()) make_folder(options.show);
  const bool is_list = options.all || options.files.size() > 1 || is_folder(options.files[0]);
  Report report{options.json, is_list};
  std::size_t count = 0;
  for (const std::string& argument : options.files) {
    attempt(argument, report, [&] {
      for (const Source& source : sources_of(argument)) {
        const std::string number = is_list ? fmt::format("{:04}-", ++count) : "";
        attempt(source.name, report, [&] { read_file(network, source, options, number, report); });
      }
    });
  }
  return report.end();
}

}  // namespace
// [/all]

// [main]
int main(int argc, char** argv) {
  return command_line::run([&] { return predict(options_of(argc, argv)); });
}
// [/main]
