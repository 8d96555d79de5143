module;

#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

module matmul.roofline;

import lecture;

namespace {

/// A picture on logarithmic scales: eight columns to the right double the intensity, two lines up
/// double the speed.
class Picture {
 public:
  explicit Picture(double top) : top_{top} {}

  void mark(double intensity, double speed, char character) {
    const auto column = std::lround(8 * std::log2(intensity / leftmost));
    const auto line = std::lround(2 * std::log2(top_ / speed));
    if (column < 0 || column >= width || line < 0 || line >= height) return;
    lines_[static_cast<std::size_t>(line)][static_cast<std::size_t>(column)] = character;
  }

  void print() const {
    for (std::size_t line = 0; line < height; ++line) {
      const double speed = top_ / std::exp2(static_cast<double>(line) / 2);
      fmt::print("  {:>8} |{}\n", line % 4 == 0 ? fmt::format("{:.1f}", speed) : "", lines_[line]);
    }
    fmt::print("   GFLOP/s +{:-<64}\n{:>12}", "", "");
    for (int place = 0; place < width; place += 8) {
      fmt::print("{:<8}", leftmost * std::exp2(place / 8));
    }
    fmt::print("\n{:>12}FLOP per byte loaded or stored\n", "");
  }

  static constexpr int width = 64;
  static constexpr int height = 22;
  static constexpr double leftmost = 1.0 / 16;

 private:
  double top_;
  std::vector<std::string> lines_ = std::vector<std::string>(height, std::string(width, ' '));
};

void draw_roofs(const Machine& machine, Picture& picture) {
  for (int column = 0; column < Picture::width; ++column) {
    const double intensity = Picture::leftmost * std::exp2(column / 8.0);
    const bool flat = machine.first_cache * intensity > machine.multiply_adds;
    if (flat) picture.mark(intensity, machine.all_multiply_adds, '=');
    picture.mark(intensity, std::fmin(machine.memory * intensity, machine.multiply_adds), '.');
    picture.mark(intensity, std::fmin(machine.first_cache * intensity, machine.multiply_adds), '-');
  }
}

}  // namespace

void draw_roofline(const Machine& machine, const std::vector<Step>& steps,
                   const std::vector<double>& intensities) {
  constexpr std::string_view marks = "1234567nN";
  Picture picture{std::fmax(machine.all_multiply_adds, machine.multiply_adds)};
  draw_roofs(machine, picture);
  std::string lines = "step,intensity,gflops\n";
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool is_drawn = i < intensities.size();
    if (is_drawn) picture.mark(intensities[i], steps[i].speed, marks[i]);
    lines +=
        fmt::format("{},{:.3f},{:.3f}\n", i + 1, is_drawn ? intensities[i] : 0, steps[i].speed);
  }
  picture.print();
  lecture::keep("11_steps.csv", lines);
  lecture::keep("11_roofs.csv",
                fmt::format("chain,one,all,cache,memory\n{:.3f},{:.3f},{:.3f},{:.3f},{:.3f}\n",
                            machine.chain, machine.multiply_adds, machine.all_multiply_adds,
                            machine.first_cache, machine.memory));
}
