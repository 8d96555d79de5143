module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

module live;

import live.figures;

namespace live {

namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Figure> (*make)();
};

constexpr std::array entries{
    Entry{"dense", dense},         Entry{"activation", activation},
    Entry{"softmax", softmax},     Entry{"backprop", backprop},
    Entry{"race", race},           Entry{"noise", noise},
    Entry{"variance", variance},   Entry{"convolution", convolution},
    Entry{"pooling", pooling},     Entry{"training", training},
    Entry{"roofline", roofline},   Entry{"plane", plane},
    Entry{"attention", attention}, Entry{"write", write},
    Entry{"draw", draw},           Entry{"answers", answers},
};

}  // namespace

std::unique_ptr<Figure> open(std::string_view name) {
  const auto found = std::ranges::find(entries, name, &Entry::name);
  if (found == entries.end()) {
    throw std::invalid_argument(fmt::format("there is no figure '{}'", name));
  }
  std::unique_ptr<Figure> figure = found->make();
  figure->restart();
  return figure;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const Entry& entry : entries) all.emplace_back(entry.name);
  return all;
}

}  // namespace live
