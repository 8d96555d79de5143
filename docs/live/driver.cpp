// Runs the figures outside a page, for a test that compares both: reads commands, one per line in
// JSON, and answers each with a line.

#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

import live;
import nn.parallel;

namespace {

using Json = nlohmann::ordered_json;

Json answer(std::unique_ptr<live::Figure>& figure, const Json& command) {
  const std::string what = command.at(0);
  if (what == "open") {
    figure = live::open(command.at(1).get<std::string>());
    return Json::parse(live::description(*figure));
  }
  if (what == "set") {
    figure->set(command.at(1).get<std::string>(), command.at(2).get<std::vector<double>>());
  } else if (what == "run") {
    figure->run(command.at(1));
  } else if (what == "values") {
    return figure->values(command.at(1).get<std::string>()).numbers;
  } else if (what == "text") {
    return figure->text(command.at(1).get<std::string>());
  } else if (what == "write") {
    std::ofstream{command.at(2).get<std::string>()}
        << figure->text(command.at(1).get<std::string>());
  } else if (what == "names") {
    return live::names();
  }
  return figure->steps();
}

}  // namespace

int main() {
  nn::set_threads(1);
  std::unique_ptr<live::Figure> figure;
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << answer(figure, Json::parse(line)) << std::endl;
    } catch (const std::exception& error) {
      std::cout << Json{{"error", error.what()}} << std::endl;
    }
  }
}
