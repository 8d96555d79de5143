// Optimizers with one mistake each, and what the grader must say about it.
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

import exercises.optimizers;
import exercises.mistakes;

using nn::Parameter;
using nn::real;

namespace {

/// What an update may use: θ, g, two numbers that are kept, t, and the options.
struct Numbers {
  real& theta;
  real g;
  real& a;
  real& b;
  real t;
  std::vector<real> options;
};

/// An optimizer with a formula for one number. @tparam per_parameter Whether t counts parameters.
template <void update(Numbers), bool per_parameter = false>
class By {
 public:
  template <class... Options>
  explicit By(Options... options) : options_{options...} {}

  void step(std::span<Parameter* const> parameters) {
    if (!per_parameter) ++t_;
    kept_.resize(parameters.size());
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      if (per_parameter) ++t_;
      const std::span<real> theta = parameters[k]->value.values();
      kept_[k].resize(2 * theta.size());
      for (std::size_t i = 0; i < theta.size(); ++i) {
        update({theta[i], parameters[k]->gradient.values()[i], kept_[k][2 * i], kept_[k][2 * i + 1],
                static_cast<real>(t_), options_});
      }
    }
  }

 private:
  std::vector<real> options_;
  std::vector<std::vector<real>> kept_;
  int t_ = 0;
};

void descent(Numbers x) { x.theta -= x.options[0] * x.g; }
void uphill(Numbers x) { x.theta += x.options[0] * x.g; }
void without_rate(Numbers x) { x.theta -= x.g; }
void nothing(Numbers) {}
void overwritten(Numbers x) { x.theta = -x.options[0] * x.g; }

void momentum(Numbers x) {
  x.a = x.options[1] * x.a + x.g;
  x.theta -= x.options[0] * x.a;
}
void averaged(Numbers x) {
  x.a = x.options[1] * x.a + (1 - x.options[1]) * x.g;
  x.theta -= x.options[0] * x.a;
}
void forgetful(Numbers x) {
  x.a = x.options[1] * 0 + x.g;
  x.theta -= x.options[0] * x.a;
}
void late(Numbers x) {
  x.theta -= x.options[0] * x.a;
  x.a = x.options[1] * x.a + x.g;
}
void nesterov(Numbers x) {
  x.a = x.options[1] * x.a + x.g;
  x.theta -= x.options[0] * (x.g + x.options[1] * x.a);
}

struct Corrections {
  real mean;
  real square;
};

Corrections corrections(const Numbers& x, real t) {
  return {1 / (1 - std::pow(x.options[1], t)), 1 / (1 - std::pow(x.options[2], t))};
}

void remember(Numbers& x, real square) {
  x.a = x.options[1] * x.a + (1 - x.options[1]) * x.g;
  x.b = x.options[2] * x.b + (1 - x.options[2]) * square;
}

real epsilon_of(const Numbers& x) { return x.options.size() > 3 ? x.options[3] : 1e-8F; }

void move(Numbers& x, real mean, real root) {
  x.theta -= x.options[0] * mean / (root + epsilon_of(x));
}

void adam(Numbers x) {
  remember(x, x.g * x.g);
  const auto [mean, square] = corrections(x, x.t);
  move(x, x.a * mean, std::sqrt(x.b * square));
}
void without_epsilon(Numbers x) {
  remember(x, x.g * x.g);
  const auto [mean, square] = corrections(x, x.t);
  x.theta -= x.options[0] * (x.a * mean) / std::sqrt(x.b * square);
}
void epsilon_under_root(Numbers x) {
  remember(x, x.g * x.g);
  const auto [mean, square] = corrections(x, x.t);
  x.theta -= x.options[0] * (x.a * mean) / std::sqrt(x.b * square + epsilon_of(x));
}
void fixed_epsilon(Numbers x) {
  x.options.resize(3);
  adam(x);
}
void uncorrected(Numbers x) {
  remember(x, x.g * x.g);
  move(x, x.a, std::sqrt(x.b));
}
void uncorrected_square(Numbers x) {
  remember(x, x.g * x.g);
  move(x, x.a * corrections(x, x.t).mean, std::sqrt(x.b));
}
void kept_corrected(Numbers x) {
  remember(x, x.g * x.g);
  const auto [mean, square] = corrections(x, x.t);
  x.a *= mean;
  x.b *= square;
  move(x, x.a, std::sqrt(x.b));
}
void unsquared(Numbers x) {
  remember(x, std::abs(x.g));
  const auto [mean, square] = corrections(x, x.t);
  move(x, x.a * mean, std::sqrt(x.b * square));
}
void unrooted(Numbers x) {
  remember(x, x.g * x.g);
  const auto [mean, square] = corrections(x, x.t);
  move(x, x.a * mean, x.b * square);
}
void from_two(Numbers x) {
  remember(x, x.g * x.g);
  const auto [mean, square] = corrections(x, x.t + 1);
  move(x, x.a * mean, std::sqrt(x.b * square));
}

template <class GradientDescent, class Momentum = By<momentum>, class Adam = By<adam>>
exercises::Tried tried(const char* words) {
  return {words, exercises::optimizers<GradientDescent, Momentum, Adam>()};
}

template <class Momentum>
exercises::Tried tried_momentum(const char* words) {
  return tried<By<descent>, Momentum>(words);
}

template <class Adam>
exercises::Tried tried_adam(const char* words) {
  return tried<By<descent>, By<momentum>, Adam>(words);
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::optimizers<By<descent>, By<momentum>, By<adam>>(),
      {tried<By<uphill>>("It goes uphill"), tried<By<without_rate>>("learning rate is left out"),
       tried<By<nothing>>("It does not move"), tried<By<overwritten>>("θ is overwritten"),
       tried_momentum<By<averaged>>("with (1 − μ) g"),
       tried_momentum<By<forgetful>>("The velocity is forgotten"),
       tried_momentum<By<late>>("The old velocity is used"),
       tried_momentum<By<nesterov>>("Nesterov"),
       tried_adam<By<uncorrected>>("The corrections are left out"),
       tried_adam<By<uncorrected_square>>("v is not corrected"),
       tried_adam<By<kept_corrected>>("as m and v: keep the uncorrected ones"),
       tried_adam<By<unsquared>>("Your v averages |g|"),
       tried_adam<By<unrooted>>("The root of v̂ is left out"),
       tried_adam<By<without_epsilon>>("Add ε"),
       tried_adam<By<epsilon_under_root>>("ε is under the root"),
       tried_adam<By<fixed_epsilon>>("ε is always 10⁻⁸"),
       tried_adam<By<from_two>>("Your first step has t = 2"),
       tried_adam<By<adam, true>>("t is counted for each parameter")});
}
