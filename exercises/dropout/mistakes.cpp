// Dropouts with one mistake each, and what the grader must say about it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

import exercises.dropout;
import exercises.mistakes;

using nn::Random;
using nn::real;
using nn::Tensor;

namespace {

/// Dropout. Each class below spoils one result.
struct Right {
  Right(double rate, Random& generator) : p{rate}, random{generator.stream(generator())} {}
  virtual ~Right() = default;
  Right(const Right&) = default;
  Right& operator=(const Right&) = delete;

  /// The factor of value i in a sample of some width, after draw() for each value before it.
  virtual real factor(std::size_t /*i*/, std::size_t /*width*/) {
    return random.uniform() < p ? 0 : scale();
  }
  virtual real scale() const { return static_cast<real>(1 / (1 - p)); }
  virtual Tensor forward(Tensor x) {
    mask = x;
    for (std::size_t i = 0; i < x.size(); ++i) mask.values()[i] = factor(i, x.columns());
    return product(std::move(x));
  }
  Tensor product(Tensor x) const {
    for (std::size_t i = 0; i < x.size(); ++i) x.values()[i] *= mask.values()[i];
    return x;
  }
  virtual Tensor predict(Tensor x) const { return x; }
  virtual Tensor backward(Tensor dy) { return product(std::move(dy)); }
  std::vector<nn::Parameter*> parameters() { return {}; }

  double p;
  Random random;
  Tensor mask;
};

struct Nothing : Right {
  using Right::Right;
  Tensor forward(Tensor x) override { return x; }
};

struct Unscaled : Right {
  using Right::Right;
  real scale() const override { return 1; }
};

struct Multiplied : Right {
  using Right::Right;
  real scale() const override { return static_cast<real>(1 - p); }
};

struct DividedByRate : Right {
  using Right::Right;
  real scale() const override { return static_cast<real>(1 / p); }
};

struct Keeps : Right {
  using Right::Right;
  real factor(std::size_t, std::size_t) override { return random.uniform() < p ? scale() : 0; }
};

/// Draws at the first value of a group only.
struct Grouped : Right {
  using Right::Right;
  real drawn_at(bool is_first) {
    if (is_first) last = Right::factor(0, 0);
    return last;
  }
  real last = 0;
};

struct OneForAll : Grouped {
  using Grouped::Grouped;
  real factor(std::size_t i, std::size_t) override { return drawn_at(i == 0); }
};

struct OneForSample : Grouped {
  using Grouped::Grouped;
  real factor(std::size_t i, std::size_t width) override { return drawn_at(i % width == 0); }
};

struct OneForFeature : Right {
  using Right::Right;
  real factor(std::size_t i, std::size_t width) override {
    if (i < width || width == 1) drawn[i % 200] = Right::factor(i, width);
    return drawn[i % (width == 1 ? 200 : width)];
  }
  std::array<real, 200> drawn{};
};

struct SameMask : Right {
  using Right::Right;
  Tensor forward(Tensor x) override {
    const Random before = random;
    Tensor y = Right::forward(std::move(x));
    random = before;
    return y;
  }
};

/// Drops every second value, from a random one on.
struct Half : Right {
  using Right::Right;
  real factor(std::size_t i, std::size_t) override {
    if (i == 0) offset = random.below(2);
    return (i + offset) % 2 == 0 ? 0 : scale();
  }
  std::size_t offset = 0;
};

struct OwnSeed : Right {
  OwnSeed(double rate, Random& generator) : Right{rate, generator} {
    static std::uint64_t layers = 0;
    random = Random{++layers};
  }
};

struct Shrinks : Right {
  using Right::Right;
  Tensor predict(Tensor x) const override {
    return exercises::times(static_cast<real>(1 - p), std::move(x));
  }
};

struct Grows : Right {
  using Right::Right;
  Tensor predict(Tensor x) const override { return exercises::times(scale(), std::move(x)); }
};

struct DropsInUse : Right {
  using Right::Right;
  Tensor predict(Tensor x) const override { return product(std::move(x)); }
};

struct Passes : Right {
  using Right::Right;
  Tensor backward(Tensor dy) override { return dy; }
};

struct UnscaledBack : Right {
  using Right::Right;
  Tensor backward(Tensor dy) override {
    return exercises::times(1 / scale(), product(std::move(dy)));
  }
};

struct ScaledTwice : Right {
  using Right::Right;
  Tensor backward(Tensor dy) override { return exercises::times(scale(), product(std::move(dy))); }
};

struct ScaledOnly : Right {
  using Right::Right;
  Tensor backward(Tensor dy) override { return exercises::times(scale(), std::move(dy)); }
};

struct Inverted : Right {
  using Right::Right;
  Tensor backward(Tensor dy) override {
    for (real& m : mask.values()) m = scale() - m;
    return product(std::move(dy));
  }
};

struct TimesOutput : Right {
  using Right::Right;
  Tensor forward(Tensor x) override { return output = Right::forward(std::move(x)); }
  Tensor backward(Tensor dy) override {
    for (std::size_t i = 0; i < dy.size(); ++i) dy.values()[i] *= output.values()[i];
    return dy;
  }
  Tensor output;
};

struct NewMask : Right {
  using Right::Right;
  Tensor backward(Tensor dy) override { return Right::forward(std::move(dy)); }
};

struct FirstMask : Right {
  using Right::Right;
  Tensor forward(Tensor x) override {
    Tensor y = Right::forward(std::move(x));
    if (first.empty()) first = mask;
    return y;
  }
  Tensor backward(Tensor dy) override {
    mask = first;
    return product(std::move(dy));
  }
  Tensor first;
};

template <class Layer>
exercises::Tried tried(const char* words) {
  return {words, exercises::dropout<Layer>()};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::dropout<Right>(),
      {tried<Nothing>("Y is X"),
       tried<Unscaled>("are not scaled"),
       tried<Multiplied>("are multiplied by 1 − p"),
       tried<DividedByRate>("are divided by p"),
       tried<Keeps>("A value is kept with probability p"),
       tried<OneForAll>("Either all values are kept or all are dropped"),
       tried<OneForSample>("A sample is kept or dropped as a whole"),
       tried<OneForFeature>("The samples have the same mask"),
       tried<SameMask>("Every pass has the same mask"),
       tried<Half>("Every pass drops 3 of the 6 values"),
       tried<OwnSeed>("Two layers with the same seed"),
       tried<Shrinks>("predict multiplies by 1 − p"),
       tried<Grows>("predict divides by 1 − p"),
       tried<DropsInUse>("predict drops values"),
       tried<Passes>("That is ∂C/∂Y"),
       tried<UnscaledBack>("the gradient is not scaled"),
       tried<ScaledTwice>("It is scaled twice"),
       tried<ScaledOnly>("the mask is missing"),
       tried<Inverted>("The dropped values get"),
       tried<TimesOutput>("It is multiplied by Y"),
       tried<NewMask>("another mask than the forward"),
       tried<FirstMask>("the mask of the first pass")});
}
