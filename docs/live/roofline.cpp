module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

module live.figures;

import live.words;

namespace live {

namespace {

constexpr double lanes = 16;      // floats in a vector
constexpr double registers = 32;  // as with AVX-512
constexpr double chains = 8;      // sums that hide how long a multiply-add takes (section 11.2)
constexpr double left = 0.0625;   // FLOP per byte, where the picture begins
constexpr double right = 16;      // and ends

/// A speed from its bandwidth (GB/s) and its intensity (FLOP per byte), under a roof (GFLOP/s).
double bound(double bandwidth, double intensity, double roof) {
  return std::min(bandwidth * intensity, roof);
}

/// The tile of section 11.8 under the roofline of section 11.12: a larger tile moves to the right.
class RooflineFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    std::vector<Control> all{
        length("rows", "Rows of the tile", "Each loads one number of A for every k.", 1, 14),
        length("vectors", "Vectors in a row", "Each loads 16 numbers of B for every k.", 1, 4),
        {.name = "source",
         .label = "The bytes come from",
         .help = "Sets the slope: how many bytes arrive per second.",
         .start = {1},
         .high = 1,
         .choices = {"the L1 cache", "memory"}}};
    const auto machine = [&all](std::string name, std::string label, std::string help, double start,
                                double high) {
      all.push_back({.name = std::move(name),
                     .label = std::move(label),
                     .help = std::move(help),
                     .start = {start},
                     .low = 1,
                     .high = high,
                     .step = 1,
                     .more = true});
    };
    machine("roof", "Roof, in GFLOP/s", "Section 11.2 measures it, for one thread.", 270, 1'000);
    machine("cache", "L1 cache, in GB/s", "Section 11.2 measures it, for one thread.", 649, 2'000);
    machine("memory", "Memory, in GB/s", "Section 11.2 measures it, for one thread.", 67, 500);
    return all;
  }

 protected:
  void update() override {
    const double rows = number("rows");
    const double columns = number("vectors") * lanes;
    const double operations = 2 * rows * columns;
    const double bytes = 4 * (rows + columns);
    const double intensity = operations / bytes;
    const double bandwidth = number(count("source") == 0 ? "cache" : "memory");
    const double speed = bound(bandwidth, intensity, number("roof"));
    show_roof("cache");
    show_roof("memory");
    show("tile", std::array{intensity, speed});
    tell(
        "summary",
        fmt::format("A tile of {:g}×{:g} does {:g} operations on {:g} bytes for each k, {:.2f} "
                    "per byte. {} {}",
                    rows, columns, operations, bytes, intensity,
                    bandwidth * intensity < number("roof")
                        ? fmt::format("Its bytes limit it: {:g} GB/s allow at most {:.0f} GFLOP/s.",
                                      bandwidth, speed)
                        : fmt::format("Arithmetic limits it, to {:.0f} GFLOP/s.", speed),
                    fit(rows, number("vectors"))));
  }

 private:
  static Control length(std::string name, std::string label, std::string help, double start,
                        double high) {
    return {.name = std::move(name),
            .label = std::move(label),
            .help = std::move(help),
            .start = {start},
            .low = 1,
            .high = high,
            .step = 1};
  }

  /// The slope from the left, and the roof from where it ends.
  void show_roof(const std::string& source) {
    const double roof = number("roof");
    const double bandwidth = number(source);
    const double ridge = std::clamp(roof / bandwidth, left, right);
    show(source + " roof",
         std::array{left, bound(bandwidth, left, roof), ridge, bound(bandwidth, ridge, roof), right,
                    bound(bandwidth, right, roof)});
  }

  /// Whether the sums, a row's vectors of B and a number of A fit into the registers.
  static std::string fit(double rows, double vectors) {
    const double needed = rows * vectors + vectors + 1;
    if (needed <= registers) {
      return fmt::format("It needs {:g} of the {:g} registers{}.", needed, registers,
                         rows * vectors < chains
                             ? " and has too few sums to hide how long a multiply-add takes"
                             : "");
    }
    return fmt::format(
        "But it needs {:g} registers, and there are only {:g}: sums would move to the cache and "
        "back for every k, and the speed would drop.",
        needed, registers);
  }
};

}  // namespace

std::unique_ptr<Figure> roofline() { return std::make_unique<RooflineFigure>(); }

}  // namespace live
