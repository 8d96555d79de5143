// Entries with one mistake each, and what the grader must say about it.
#include <cstddef>
#include <limits>
#include <vector>

import exercises.mistakes;
import exercises.contest;

namespace {

/// A small network that is good enough. Each class below spoils one thing.
struct Right {
  static std::size_t batch_size() { return 100; }
  static nn::Sequential layers(nn::Random& random) {
    const nn::He he{random};
    return nn::Sequential{nn::Reshape{1, 28, 28},
                          nn::Convolution{1, 8, {.kernel = 5}, he},
                          nn::MaxPool{2},
                          nn::ReLU{},
                          nn::Convolution{8, 16, {.kernel = 5}, he},
                          nn::MaxPool{2},
                          nn::ReLU{},
                          nn::Flatten{}};
  }
  static nn::Sequential network(nn::Random& random) {
    nn::Sequential network = layers(random);
    network.push(nn::Dense{256, 10, nn::Glorot{random}});
    return network;
  }
  static nn::AnyOptimizer optimizer() { return nn::Adam{{.learning_rate = 4e-3F}}; }
  static double factor(double passed) { return 1 - passed; }
};

struct NineOutputs : Right {
  static nn::Sequential network(nn::Random& random) {
    nn::Sequential network = layers(random);
    network.push(nn::Dense{256, 9, nn::Glorot{random}});
    return network;
  }
};

struct Probabilities : Right {
  static nn::Sequential network(nn::Random& random) {
    nn::Sequential network = Right::network(random);
    network.push(nn::Softmax{});
    return network;
  }
};

struct WithoutInitializer : Right {
  static nn::Sequential network(nn::Random& /*random*/) {
    return nn::Sequential{nn::Dense{784, 64}, nn::ReLU{}, nn::Dense{64, 10}};
  }
};

/// Its first layer does not fit 784 pixels.
struct SmallImages : Right {
  static nn::Sequential network(nn::Random& random) {
    return nn::Sequential{nn::Dense{196, 10, nn::Glorot{random}}};
  }
};

struct NegativeFactor : Right {
  static double factor(double passed) { return 0.5 - passed; }
};

struct InfiniteFactor : Right {
  static double factor(double passed) { return 1 / passed; }
};

/// 1 / 2 is 0 for whole numbers.
struct NoFactor : Right {
  static double factor(double /*passed*/) { return 0; }
};

struct TooFast : Right {
  static nn::AnyOptimizer optimizer() { return nn::GradientDescent{{.learning_rate = 1e30F}}; }
};

struct TooSlow : Right {
  static nn::AnyOptimizer optimizer() { return nn::GradientDescent{{.learning_rate = 1e-7F}}; }
};

struct TooLarge : Right {
  static nn::Sequential network(nn::Random& random) {
    const nn::He he{random};
    return nn::Sequential{nn::Dense{784, 4096, he}, nn::ReLU{}, nn::Dense{4096, 2048, he},
                          nn::ReLU{}, nn::Dense{2048, 10, nn::Glorot{random}}};
  }
};

struct ConstantRate : Right {
  static nn::Sequential network(nn::Random& random) {
    return nn::Sequential{nn::Dense{784, 10, nn::Glorot{random}}};
  }
  static nn::AnyOptimizer optimizer() { return nn::GradientDescent{{.learning_rate = 0.01F}}; }
  static double factor(double /*passed*/) { return 1; }
};

template <class Entry>
exercises::Tried tried(const char* words) {
  return {words, exercises::contest<Entry>(5'000)};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::contest<Right>(5'000),
      {tried<NineOutputs>("output has shape (20, 9)"), tried<Probabilities>("are probabilities"),
       tried<WithoutInitializer>("All its outputs were 0"), tried<SmallImages>("784"),
       tried<NegativeFactor>("The factor at 0.75 is -0.25"),
       tried<InfiniteFactor>("The factor at 0 is inf"),
       tried<NoFactor>("a division of whole numbers"), tried<TooFast>("The training diverges"),
       tried<TooSlow>("Look at the initial weights"), tried<TooLarge>("Its steps take too long"),
       tried<ConstantRate>("as large at the end as at the start")});
}
