module;

#include <fmt/core.h>

#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/view/transform.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

module nn.history;

namespace nn {

std::string Divergence::text() const {
  return fmt::format("epoch {}, batch {}: the cost is {}; first non-finite value in {}", epoch,
                     batch, cost, first);
}

double History::seconds() const {
  return ranges::accumulate(epochs | ranges::views::transform(&Epoch::seconds), 0.0);
}

double History::samples_per_second() const {
  const std::size_t samples =
      ranges::accumulate(epochs | ranges::views::transform(&Epoch::samples), std::size_t{0});
  return seconds() > 0 ? static_cast<double>(samples) / seconds() : 0;
}

std::size_t History::best_epoch() const {
  std::size_t best = 0;
  double lowest = std::numeric_limits<double>::infinity();
  for (const Epoch& epoch : epochs) {
    const double cost = validated ? epoch.validation.cost : epoch.training.cost;
    if (!(cost < lowest)) continue;
    lowest = cost;
    best = epoch.number;
  }
  return best;
}

namespace {

/// The columns of a history: for each set in turn its cost and its metrics.
std::vector<std::string> columns(const History& history) {
  std::vector<std::string> sets{"training"};
  if (history.validated) sets.emplace_back("validation");
  sets.insert(sets.end(), history.sets.begin(), history.sets.end());
  std::vector<std::string> names;
  for (const std::string& set : sets) {
    names.push_back(set + "_cost");
    for (const std::string& metric : history.metrics) {
      names.push_back(fmt::format("{}_{}", set, metric));
    }
  }
  return names;
}

/// The values in those columns for an epoch.
std::vector<double> row(const History& history, const Epoch& epoch, std::size_t columns) {
  std::vector<double> values;
  const auto add = [&](const Evaluation& evaluation) {
    values.push_back(evaluation.cost);
    values.insert(values.end(), evaluation.metrics.begin(), evaluation.metrics.end());
  };
  add(epoch.training);
  if (history.validated) add(epoch.validation);
  for (const Evaluation& evaluation : epoch.sets) add(evaluation);
  if (values.size() == columns) return values;
  throw std::invalid_argument(fmt::format(
      "nn::History: epoch {} has {} costs and metric values, expected {}, one for each column",
      epoch.number, values.size(), columns));
}

}  // namespace

std::string History::csv() const {
  std::string text = "epoch";
  const std::vector<std::string> names = columns(*this);
  for (const std::string& name : names) text += "," + name;
  for (const Epoch& epoch : epochs) {
    text += fmt::format("\n{}", epoch.number);
    for (const double value : row(*this, epoch, names.size())) text += fmt::format(",{}", value);
  }
  return text + "\n";
}

std::string History::json() const {
  auto rows = nlohmann::ordered_json::array();
  const std::vector<std::string> names = columns(*this);
  for (const Epoch& epoch : epochs) {
    nlohmann::ordered_json object{{"epoch", epoch.number}};
    const std::vector<double> values = row(*this, epoch, names.size());
    for (std::size_t i = 0; i < names.size(); ++i) object[names[i]] = values[i];
    rows.push_back(std::move(object));
  }
  return rows.dump(2) + "\n";
}

}  // namespace nn
