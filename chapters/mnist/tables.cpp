module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

module mnist.tables;

import lecture;
import terminal;

namespace {

using Value = std::function<double(const Run&)>;

/// A value from each run of one network.
std::vector<double> values_of(const std::vector<Run>& runs, const Model& model,
                              const Value& value) {
  return runs | ranges::views::filter([&](const Run& run) { return run.model == &model; }) |
         ranges::views::transform(value) | ranges::to<std::vector<double>>();
}

double mean_of(const std::vector<Run>& runs, const Model& model, const Value& value) {
  return lecture::spread(values_of(runs, model, value)).mean;
}

// [row]
/// A row of the table: its name, how to get the value from a run, how to format it.
struct Row {
  std::string label;
  Value value;
  std::function<std::string(double)> write;
  std::string Reported::* reported = nullptr;
};
// [/row]

std::string whole(double x) { return nn::thousands(static_cast<std::size_t>(std::llround(x))); }
std::string seconds(double x) { return fmt::format("{:.1f} s", x); }
std::string nats(double x) { return fmt::format("{:.4f}", nn::unsigned_nan(x)); }
std::string percent(double x) { return fmt::format("{:.2f} %", 100 * x); }

double parameters(const Run& run) { return static_cast<double>(run.network.parameter_count()); }

/// The rows about training, which a stored network does not have.
std::vector<Row> rows_of_training() {
  const auto last = [](const Run& run) -> const nn::Epoch& { return run.history.epochs.back(); };
  return {
      {"epochs", [](const Run& run) { return static_cast<double>(run.whole_epochs); }, whole},
      {"training time", [](const Run& run) { return run.history.seconds(); }, seconds},
      {"images/s", [](const Run& run) { return run.history.samples_per_second(); }, whole},
      {"training accuracy", [=](const Run& run) { return last(run).training.metrics[0]; }, percent,
       &Reported::training_accuracy},
      {"validation cost", [=](const Run& run) { return last(run).validation.cost; }, nats,
       &Reported::validation_cost},
      {"validation accuracy", [=](const Run& run) { return last(run).validation.metrics[0]; },
       percent, &Reported::validation_accuracy},
  };
}

std::vector<Row> rows_of_judgement(const std::string& set) {
  std::vector<Row> rows;
  if (set == "test") {  // for validation images, the rows of training already have both
    rows = {{"test cost", [](const Run& run) { return run.cost; }, nats, &Reported::test_cost},
            {"test accuracy", [](const Run& run) { return run.confusion.accuracy(); }, percent,
             &Reported::test_accuracy}};
  }
  rows.push_back({set + " precision",
                  [](const Run& run) { return run.confusion.macro_precision(); }, percent});
  rows.push_back(
      {set + " recall", [](const Run& run) { return run.confusion.macro_recall(); }, percent});
  rows.push_back({set + " F1", [](const Run& run) { return run.confusion.macro_f1(); }, percent});
  return rows;
}

/// A row for each of changes().
std::vector<Row> rows_of_changes() {
  std::vector<Row> rows;
  for (const Change& change : changes()) {
    const auto accuracy = [i = rows.size()](const Run& run) { return run.changed.at(i).accuracy; };
    rows.push_back({change.name, accuracy, percent});
  }
  return rows;
}

/// `98.39 ± 0.05 %`: the unit once, after both numbers.
std::string cell(const std::vector<double>& values,
                 const std::function<std::string(double)>& write) {
  if (values.empty()) return "–";
  const auto [average, spread] = lecture::spread(values);
  std::string mean = write(average);
  if (values.size() < 2 || spread == 0) return mean;
  const std::string unit =
      mean.ends_with(" %") || mean.ends_with(" s") ? mean.substr(mean.size() - 2) : "";
  mean.resize(mean.size() - unit.size());
  std::string deviation = write(spread);
  deviation.resize(deviation.size() - unit.size());
  return fmt::format("{} ± {}{}", mean, deviation, unit);
}

/// Pads on the left, counting columns: ± and – are several bytes but one column.
std::string right(const std::string& text, std::size_t width) {
  const auto columns = static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  return std::string(width > columns ? width - columns : 0, ' ') + text;
}

/// Prints a line without trailing blanks.
void print_line(std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
}

void print_rows(const std::vector<Row>& rows, const Recipe& recipe, const std::vector<Run>& runs) {
  const bool reported = recipe.name == "report";
  const Model& mlp = recipe.models[0];
  const Model& cnn = recipe.models[1];
  for (const Row& row : rows) {
    const std::vector<double> left = values_of(runs, mlp, row.value);
    const std::vector<double> next = values_of(runs, cnn, row.value);
    const auto report = [&](const Model& model) {
      return right(row.reported == nullptr ? "" : model.reported.*row.reported, 10);
    };
    const double of_mlp = left.empty() ? 0 : lecture::spread(left).mean;
    const bool both = of_mlp > 0 && !next.empty();
    const std::string ratio =
        both ? fmt::format("{:.2f}", lecture::spread(next).mean / of_mlp) : "–";
    print_line(fmt::format("{:<19}{}{}{}{}", row.label, right(cell(left, row.write), 18),
                           reported ? report(mlp) : "", right(cell(next, row.write), 18),
                           reported ? report(cnn) : right(ratio, 12)));
  }
}

/// Whether the networks were trained here rather than loaded.
bool is_trained(const std::vector<Run>& runs) { return !runs.front().history.epochs.empty(); }

}  // namespace

void print_comparison(const Recipe& recipe, const std::vector<Run>& runs, const Judged& judged) {
  const bool reported = recipe.name == "report";
  const std::string after_mlp = reported ? right("reported", 10) : "";
  const std::string after_cnn = reported ? right("reported", 10) : right("CNN : MLP", 12);
  fmt::print("\n{}\n", terminal::bold(fmt::format("{:<19}{}{}{}{}", "", right("MLP", 18), after_mlp,
                                                  right("CNN", 18), after_cnn)));
  print_rows({{"parameters", parameters, whole}}, recipe, runs);
  if (is_trained(runs)) print_rows(rows_of_training(), recipe, runs);
  print_rows(rows_of_judgement(judged.name), recipe, runs);
  if (recipe.changed) {
    fmt::print("\n{}\n", terminal::bold(judged.name + " accuracy if the images are"));
    print_rows(rows_of_changes(), recipe, runs);
  }
}

void print_confusions(const std::vector<Run>& runs) {
  fmt::print("\n{}\n\n", terminal::bold("Mistaken most often"));
  for (const Run& run : runs) {
    std::string line;
    const auto confusions = run.confusion.confusions();
    for (const auto& [actual, predicted, count] : confusions | std::views::take(5)) {
      line += fmt::format("{}{} for {} ({})", line.empty() ? "" : ", ", actual, predicted, count);
    }
    fmt::print("  {}  {}\n", run.model->title, line.empty() ? "nothing" : line);
  }
}

void print_worst_mistakes(const Run& run, const nn::Dataset& digits) {
  const std::size_t count = std::min<std::size_t>(3, run.mistakes.size());
  if (count == 0) return;
  fmt::print("\n{}\n",
             terminal::bold(fmt::format("The {}'s most confident mistakes", run.model->title)));
  std::string captions;
  std::vector<std::size_t> places;
  for (const Mistake& m : run.mistakes | std::views::take(count)) {
    captions += fmt::format("  {:<24}", fmt::format("{} taken for {} ({:.0f} %)", m.actual,
                                                    m.predicted, 100 * m.probability));
    places.push_back(m.index);
  }
  print_line(captions);
  lecture::draw(nn::gather(digits, places).inputs);
}

std::string interruption(const Run& run) {
  const bool broke_off = run.history.epochs.size() > run.whole_epochs;
  return fmt::format(
      "Interrupted: the {} completed {} out of {} epochs.{}", run.model->title, run.whole_epochs,
      run.model->epochs,
      broke_off
          ? "\nThe table does not count the unfinished epoch, but its other rows describe the\n"
            "network as it was when you stopped it."
          : "");
}

std::string verdict(const Recipe& recipe, const std::vector<Run>& runs, const Judged& judged) {
  const auto errors = [&](const Model& model) {
    return 1 - mean_of(runs, model, [](const Run& run) { return run.confusion.accuracy(); });
  };
  const auto time = [&](const Model& model) {
    return mean_of(runs, model, [](const Run& run) { return run.history.seconds(); });
  };
  const Model* better = &recipe.models.front();
  const Model* worse = &recipe.models.back();
  if (errors(*worse) < errors(*better)) std::swap(better, worse);
  const std::string times =
      errors(*better) > 0 ? fmt::format(", {:.1f} times as many", errors(*worse) / errors(*better))
                          : "";
  const std::string longer = is_trained(runs) ? fmt::format(" and trains {:.1f} times as long",
                                                            time(*better) / time(*worse))
                                              : "";
  return fmt::format(
      "The {} misreads {:.2f} % of the {} images, the {} {:.2f} %{};\n"
      "it has {:.2f} times the parameters{}.",
      better->title, 100 * errors(*better), judged.name, worse->title, 100 * errors(*worse), times,
      mean_of(runs, *better, parameters) / mean_of(runs, *worse, parameters), longer);
}
