module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module live;

namespace live {

namespace {

Control find(const Figure& figure, std::string_view name) {
  const std::vector<Control> controls = figure.controls();
  const auto found = std::ranges::find(controls, name, &Control::name);
  if (found == controls.end()) {
    throw std::invalid_argument(fmt::format("there is no control '{}' here", name));
  }
  return *found;
}

void check(const Control& control, std::span<const double> values) {
  if (!control.free && values.size() != control.start.size()) {
    throw std::invalid_argument(fmt::format("{}: {} values, expected {}", control.label,
                                            values.size(), control.start.size()));
  }
  for (const double value : values) {
    if (std::isnan(value)) throw std::invalid_argument(control.label + ": that is not a number");
    if (!(value >= control.low && value <= control.high)) {
      throw std::invalid_argument(fmt::format("{}: {} is not between {} and {}", control.label,
                                              value, control.low, control.high));
    }
  }
}

}  // namespace

Control a_switch(std::string name, std::string label, std::string help, bool on) {
  return {.name = std::move(name),
          .label = std::move(label),
          .help = std::move(help),
          .start = {on ? 1.0 : 0.0},
          .step = 1};
}

Control a_grid(std::string name, std::string label, std::string help, std::vector<double> start,
               std::size_t columns) {
  return {.name = std::move(name),
          .label = std::move(label),
          .help = std::move(help),
          .start = std::move(start),
          .low = -10,
          .high = 10,
          .step = 0.25,
          .columns = columns};
}

void Figure::prepare() const {
  if (!settings_.empty()) return;
  for (const Control& control : controls()) settings_[control.name] = control.start;
}

void Figure::set(std::string_view name, std::span<const double> values) {
  const Control control = find(*this, name);
  check(control, values);
  prepare();
  settings_[control.name].assign(values.begin(), values.end());
  if (control.restarts) {
    restart();
  } else {
    update();
  }
}

void Figure::restart() {
  steps_ = 0;
  begin();
  update();
}

void Figure::run(std::size_t count) {
  for (; count > 0 && steps_ < last_step(); --count) {
    advance();
    ++steps_;
  }
  update();
}

const Values& Figure::values(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw std::invalid_argument(fmt::format("this figure has no numbers called '{}'", name));
  }
  return found->second;
}

const std::string& Figure::text(std::string_view name) const {
  const auto found = texts_.find(name);
  if (found == texts_.end()) {
    throw std::invalid_argument(fmt::format("this figure has no text called '{}'", name));
  }
  return found->second;
}

std::span<const double> Figure::numbers(std::string_view control) const {
  prepare();
  const auto found = settings_.find(control);
  if (found == settings_.end()) {
    throw std::invalid_argument(fmt::format("there is no control '{}' here", control));
  }
  return found->second;
}

double Figure::number(std::string_view control) const { return numbers(control).front(); }

std::size_t Figure::count(std::string_view control) const {
  return static_cast<std::size_t>(std::lround(number(control)));
}

std::string Figure::choice(std::string_view control) const {
  return find(*this, control).choices.at(count(control));
}

nn::Tensor Figure::tensor(std::string_view control, const nn::Shape& shape) const {
  nn::Tensor tensor{shape};
  std::ranges::transform(numbers(control), tensor.data(),
                         [](double number) { return static_cast<nn::real>(number); });
  return tensor;
}

void Figure::show(std::string name, const nn::Tensor& tensor) {
  const std::span<const std::size_t> axes = tensor.shape().axes();
  show(std::move(name), Values{.numbers = {tensor.data(), tensor.data() + tensor.size()},
                               .shape = {axes.begin(), axes.end()}});
}

void Figure::show(std::string name, std::span<const double> list) {
  Values values{.numbers = {}, .shape = {list.size()}};
  for (const double number : list) values.numbers.push_back(static_cast<float>(number));
  show(std::move(name), std::move(values));
}

void Figure::show(std::string name, Values values) {
  values_.insert_or_assign(std::move(name), std::move(values));
}

void Figure::tell(std::string name, std::string text) {
  texts_.insert_or_assign(std::move(name), std::move(text));
}

std::string description(const Figure& figure) {
  nlohmann::ordered_json controls = nlohmann::ordered_json::array();
  for (const Control& control : figure.controls()) {
    controls.push_back({{"name", control.name},
                        {"label", control.label},
                        {"help", control.help},
                        {"start", control.start},
                        {"low", control.low},
                        {"high", control.high},
                        {"step", control.step},
                        {"choices", control.choices},
                        {"columns", control.columns},
                        {"free", control.free},
                        {"shared", control.shared},
                        {"more", control.more}});
  }
  return nlohmann::ordered_json{{"controls", controls}, {"last_step", figure.last_step()}}.dump();
}

}  // namespace live
