// Recipe: a network with two inputs. Read with docs/recipes.md.

// [branches]
#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

import nn;

/// Two networks side by side. The first columns of a row go through one and the rest through the
/// other; the output is both outputs in one row.
class Branches {
 public:
  Branches(std::size_t columns, nn::Sequential left, nn::Sequential right)
      : columns_{columns}, left_{std::move(left)}, right_{std::move(right)} {}

  static std::string name() { return "Branches"; }
  [[nodiscard]] nn::Shape output_shape(const nn::Shape& /*sample*/) const {
    return nn::Shape{left_.output_shape()[0] + right_.output_shape()[0]};
  }
  nn::Tensor forward(const nn::Tensor& x) {
    return joined(left_.forward(part(x, 0, columns_)),
                  right_.forward(part(x, columns_, x.columns())));
  }
  [[nodiscard]] nn::Tensor predict(const nn::Tensor& x) const {
    return joined(left_.predict(part(x, 0, columns_)),
                  right_.predict(part(x, columns_, x.columns())));
  }
  nn::Tensor backward(const nn::Tensor& dy) {
    const std::size_t split = left_.output_shape()[0];
    return joined(left_.backward(part(dy, 0, split)),
                  right_.backward(part(dy, split, dy.columns())));
  }
  std::vector<nn::Parameter*> parameters() {
    std::vector<nn::Parameter*> all = left_.parameters();
    for (nn::Parameter* const parameter : right_.parameters()) all.push_back(parameter);
    return all;
  }

 private:
  static nn::Tensor part(const nn::Tensor& x, std::size_t first, std::size_t last) {
    nn::Tensor part{nn::Shape{x.rows(), last - first}};
    for (std::size_t n = 0; n < x.rows(); ++n) {
      std::ranges::copy(x.row(n).subspan(first, last - first), part.row(n).begin());
    }
    return part;
  }
  static nn::Tensor joined(const nn::Tensor& a, const nn::Tensor& b) {
    nn::Tensor both{nn::Shape{a.rows(), a.columns() + b.columns()}};
    for (std::size_t n = 0; n < a.rows(); ++n) {
      const auto after = std::ranges::copy(a.row(n), both.row(n).begin()).out;
      std::ranges::copy(b.row(n), after);
    }
    return both;
  }

  std::size_t columns_;
  nn::Sequential left_;
  nn::Sequential right_;
};
// [/branches]

// [use]
/// Images with a hint in one more column: whether the digit is odd.
nn::Dataset with_hint(const nn::Dataset& digits) {
  nn::Dataset hinted{.inputs = nn::Tensor{nn::Shape{digits.size(), 785}},
                     .targets = digits.targets};
  for (std::size_t n = 0; n < digits.size(); ++n) {
    std::ranges::copy(digits.inputs.row(n), hinted.inputs.row(n).begin());
    hinted.inputs(n, 784) = static_cast<nn::real>(digits.targets.labels()[n] % 2);
  }
  return hinted;
}

double accuracy(nn::Sequential network, const nn::Dataset& training, const nn::Dataset& judged) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
  trainer.watch(nn::Accuracy{});
  trainer.fit(training, {.epochs = 5, .batches = {.size = 50}});
  return trainer.evaluate(judged).metrics[0];
}

int main() {
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER);
  const nn::Dataset training = digits.training.first(5'000);
  nn::Random random{1};
  const nn::He he{random};
  const nn::Sequential image{nn::Dense{784, 32, he}, nn::ReLU{}};
  const nn::Sequential hint{nn::Dense{1, 4, he}, nn::ReLU{}};
  fmt::print(
      "images alone        {:.1f} %\n",
      100 * accuracy(nn::Sequential{image, nn::Dense{32, 10, he}}, training, digits.validation));
  fmt::print("images and a hint   {:.1f} %\n",
             100 * accuracy(nn::Sequential{Branches{784, image, hint}, nn::Dense{36, 10, he}},
                            with_hint(training), with_hint(digits.validation)));
}
// [/use]
