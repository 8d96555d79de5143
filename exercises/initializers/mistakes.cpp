// Initializers with one mistake each, and what the grader must say about it.
#include <cmath>
#include <span>

import exercises.initializers;
import exercises.mistakes;

using nn::Fan;
using nn::Random;
using nn::real;
using nn::Tensor;

namespace {

/// Fills weights with numbers from a function.
template <double draw(Random&, double in, double out)>
class By {
 public:
  explicit By(Random& random) : random_{&random} {}
  void operator()(Tensor& weights, Fan fan) const {
    for (real& w : weights.values()) {
      w = static_cast<real>(
          draw(*random_, static_cast<double>(fan.in), static_cast<double>(fan.out)));
    }
  }

 private:
  Random* random_;
};

double uniform(Random& random, double bound) { return random.uniform(-bound, bound); }

double he(Random& r, double in, double) { return r.normal(0, std::sqrt(2 / in)); }
double without_root(Random& r, double in, double) { return r.normal(0, 2 / in); }
double lecun(Random& r, double in, double) { return r.normal(0, std::sqrt(1 / in)); }
double by_outputs(Random& r, double, double out) { return r.normal(0, std::sqrt(2 / out)); }
double normal_glorot(Random& r, double in, double out) {
  return r.normal(0, std::sqrt(2 / (in + out)));
}
double zero(Random&, double, double) { return 0; }
double shifted(Random& r, double in, double) { return std::abs(r.normal(0, std::sqrt(2 / in))); }
double uniform_he(Random& r, double in, double) { return uniform(r, std::sqrt(6 / in)); }

double glorot(Random& r, double in, double out) { return uniform(r, std::sqrt(6 / (in + out))); }
double without_three(Random& r, double in, double out) {
  return uniform(r, std::sqrt(2 / (in + out)));
}
double variance_as_bound(Random& r, double in, double out) { return uniform(r, 2 / (in + out)); }
double half(Random& r, double in, double out) { return uniform(r, std::sqrt(3 / (in + out))); }
double positive(Random& r, double in, double out) {
  return r.uniform(0, std::sqrt(6 / (in + out)));
}

template <class He, class Glorot = By<glorot>>
exercises::Tried tried(const char* words) {
  return {words, exercises::initializers<He, Glorot>()};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::initializers<By<he>, By<glorot>>(),
      {tried<By<without_root>>("passed as the deviation"), tried<By<lecun>>("That is 1 / fan.in"),
       tried<By<by_outputs>>("That is 2 / fan.out"), tried<By<normal_glorot>>("which is Glorot's"),
       tried<By<zero>>("All weights are 0"), tried<By<shifted>>("half of them must be negative"),
       tried<By<uniform_he>>("the distribution is not normal"),
       tried<By<he>, By<without_three>>("The bound is the deviation"),
       tried<By<he>, By<variance_as_bound>>("passed as the bound"),
       tried<By<he>, By<uniform_he>>("which is He's"), tried<By<he>, By<half>>("the factor is 2"),
       tried<By<he>, By<positive>>("half of them must be negative"),
       tried<By<he>, By<normal_glorot>>("the distribution is not uniform")});
}
