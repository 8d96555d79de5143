/// @file
/// @brief The two networks of chapter 10, for its program and for `./book mnist`.
module;

#include <cstddef>

export module networks;

import nn;

export namespace networks {

// [mlp]
nn::Sequential multi_layer_perceptron(nn::Random& random, std::size_t width = 256) {
  return nn::Sequential{nn::Dense{784, width, nn::He{random}}, nn::ReLU{},
                        nn::Dense{width, width, nn::He{random}}, nn::ReLU{},
                        nn::Dense{width, 10, nn::Glorot{random}}};
}
// [/mlp]

// [cnn]
nn::Sequential convolutional_network(nn::Random& random) {
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 16, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Convolution{16, 32, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Flatten{},
                        nn::Dense{512, 128, nn::He{random}},
                        nn::ReLU{},
                        nn::Dense{128, 10, nn::Glorot{random}}};
}
// [/cnn]

}  // namespace networks
