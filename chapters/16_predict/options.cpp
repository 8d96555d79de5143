module;

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

module predict.options;

namespace {

using command_line::path;

std::optional<std::size_t> number_of(const std::string& text) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && stop == end) return number;
  return {};
}

/// Accepts the number of a picture or `all`; returns what is wrong with anything else.
std::string fault_of_index(const std::string& text) {
  if (text == "all" || number_of(text)) return "";
  const bool negative = text.starts_with('-') && text.find_first_not_of("-0123456789") == text.npos;
  return fmt::format("'{}', expected {}", text,
                     negative ? "0 or more" : "a whole number, 0 or more, or all");
}

void describe(CLI::App& app, Options& options) {
  app.add_option("FILE", options.files,
                 "Pictures of digits: PNG, JPEG, WebP, BMP, PNM or\n"
                 "IDX; a folder means all pictures in it; - means\n"
                 "standard input")
      ->required()
      ->check(path());
  CLI::Option* const one =
      app.add_flag("--one", options.one, "Reads only the digit with the most ink in each picture");
  app.add_option_function<std::string>(
         "--index",
         [&options](const std::string& text) {
           options.index = number_of(text);
           options.all = !options.index;
         },
         "Which picture to read if a file has several: its number,\n"
         "from 0, or all; by default the first three")
      ->option_text("N|all")
      ->type_name("number or all")
      ->check(CLI::Validator{fault_of_index, ""});
  CLI::Option* const json =
      app.add_flag("--json", options.json, "Prints the answers as JSON, one line for each picture");
  CLI::Option* const show =
      app.add_option("--show", options.show,
                     "Writes the preprocessing stages of each picture to this\n"
                     "folder, as PNG: the paper, the ink, and each digit as\n"
                     "the network sees it")
          ->option_text("FOLDER")
          ->type_name("folder")
          ->check(path());
  app.add_flag("--raw", options.raw, "Takes pictures of 28 × 28 pixels without preprocessing")
      ->excludes(one);
  app.add_option("--network", options.network, "A network that ./book mnist --save has stored")
      ->option_text("NETWORK")
      ->type_name("file")
      ->check(path());
  app.add_option("--layers", options.layers,
                 "If NETWORK has only weights, as files from Python do: a\n"
                 "stored network with the same layers")
      ->option_text("STORED")
      ->type_name("file")
      ->check(path())
      ->needs("--network");
  app.add_option("--rename", options.rename,
                 "Renames those weights: fc1=0 makes fc1.weight the weight\n"
                 "of layer 0; may be given several times")
      ->option_text("NAME=NAME")
      ->type_name("pair NAME=NAME")
      ->needs("--layers")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--submission", options.submission,
                 "Reads FILE as a table of images (CSV), such as Kaggle's\n"
                 "test.csv, and writes ImageId,Label for each to this file")
      ->option_text("CSV")
      ->type_name("file")
      ->check(path())
      ->excludes(one)
      ->excludes(json)
      ->excludes(show)
      ->excludes("--index")
      ->excludes("--raw");
}

constexpr const char* examples =
    "An answer below 90 % is called unsure and comes with the second candidate. A 1\n"
    "with an upstroke, as many Europeans write it, is often read as 7; if that may\n"
    "have happened, the answer says so.\n"
    "\n"
    "Examples:\n"
    "  ./book predict data/pictures/seven.png\n"
    "  ./book predict data/pictures/number.png --show stages\n"
    "  ./book predict data/pictures --json\n"
    "  ./book predict data/mnist/t10k-images-idx3-ubyte.gz --index 8\n"
    "  ./book predict test.csv --submission submission.csv\n"
    "  ./book predict FILE --network theirs.safetensors \\\n"
    "      --layers data/networks/mlp.safetensors \\\n"
    "      --rename fc1=0 --rename fc2=2 --rename fc3=4\n"
    "\n"
    "The exit status is 1 if a picture could not be read or has no digit in it.";

}  // namespace

Options options_of(int argc, char** argv) {
  Options options;
  command_line::App app{"Reads the digits in pictures with a stored network.", "./book predict"};
  describe(app, options);
  app.footer(examples);
  app.read(argc, argv);
  return options;
}
