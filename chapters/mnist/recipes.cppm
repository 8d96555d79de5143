/// @file
/// @brief Which networks `./book mnist` trains, and how.
module;

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

export module mnist.recipes;

import networks;
import nn;

/// What the report of Pelfresne and Vapaille measured, with as many digits as it gave; empty if it
/// gave no value.
export struct Reported {
  std::string training_accuracy, validation_cost, validation_accuracy, test_cost, test_accuracy;
};

// [model]
/// A network and how to train it.
export struct Model {
  std::string name;
  std::string title;
  nn::Sequential (*network)(nn::Random&);
  nn::AnyOptimizer (*optimizer)(nn::real learning_rate);
  nn::real learning_rate;
  bool rate_falls;  ///< Whether the learning rate decays linearly toward 0, epoch by epoch.
  std::size_t epochs;
  std::size_t batch_size;
  std::function<nn::Tensor(nn::Tensor, nn::Random)> augment{};  ///< Empty: no augmentation.
  Reported reported{};
};

export struct Recipe {
  std::string name;
  double validation;  ///< The fraction of the training images to set aside for validation.
  std::vector<Model> models;
  bool changed = false;  ///< Whether to test on changed images, too.
};
// [/model]

namespace {

nn::AnyOptimizer adam(nn::real learning_rate) {
  return nn::Adam{{.learning_rate = learning_rate, .weight_decay = 0.1F, .decoupled = true}};
}

/// With augmentation no image comes twice, so the network needs less weight decay.
nn::AnyOptimizer light_adam(nn::real learning_rate) {
  return nn::Adam{{.learning_rate = learning_rate, .weight_decay = 0.01F, .decoupled = true}};
}

nn::AnyOptimizer descent(nn::real learning_rate) {
  return nn::GradientDescent{{.learning_rate = learning_rate}};
}

nn::Sequential mlp(nn::Random& random) { return networks::multi_layer_perceptron(random); }

// [reported_cnn]
/// The convolutional network of Pelfresne and Vapaille: one convolution, 85,660 parameters.
nn::Sequential reported_cnn(nn::Random& random) {
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 5, {.kernel = 3}, nn::He{random}},
                        nn::ReLU{},
                        nn::MaxPool{2},
                        nn::Flatten{},
                        nn::Dense{845, 100, nn::Glorot{random}},
                        nn::ReLU{},
                        nn::Dense{100, 10, nn::Glorot{random}}};
}
// [/reported_cnn]

// [default_recipe]
Recipe default_recipe() {
  const Model of_mlp{.name = "mlp",
                     .title = "MLP",
                     .network = mlp,
                     .optimizer = adam,
                     .learning_rate = 4e-3F,
                     .rate_falls = true,
                     .epochs = 10,
                     .batch_size = 100};
  Model of_cnn = of_mlp;  // everything but the network is the same
  of_cnn.name = "cnn";
  of_cnn.title = "CNN";
  of_cnn.network = networks::convolutional_network;
  return {.name = "default", .validation = 1.0 / 12, .models = {of_mlp, of_cnn}};
}
// [/default_recipe]

// [report_recipe]
Recipe report_recipe() {
  return {.name = "report",
          .validation = 0.2,
          .models = {{.name = "mlp",
                      .title = "MLP",
                      .network = mlp,
                      .optimizer = descent,
                      .learning_rate = 0.04F,
                      .rate_falls = false,
                      .epochs = 15,
                      .batch_size = 100,
                      .reported = {.training_accuracy = "98.2 %",
                                   .validation_cost = "0.097",
                                   .validation_accuracy = "97.10 %",
                                   .test_cost = "0.091",
                                   .test_accuracy = "97.31 %"}},
                     {.name = "cnn",
                      .title = "CNN",
                      .network = reported_cnn,
                      .optimizer = descent,
                      .learning_rate = 0.01F,
                      .rate_falls = false,
                      .epochs = 10,
                      .batch_size = 128,
                      .reported = {.training_accuracy = "97 %",
                                   .validation_cost = "0.22",
                                   .validation_accuracy = "93 %",
                                   .test_cost = "",
                                   .test_accuracy = ""}}}};
}
// [/report_recipe]

// [augmented_recipe]
/// The networks of the default recipe, trained with data augmentation.
Recipe augmented_recipe() {
  Recipe recipe = default_recipe();
  recipe.name = "augmented";
  recipe.changed = true;
  for (Model& model : recipe.models) {
    model.optimizer = light_adam;
    model.learning_rate = 2e-3F;
    model.epochs = 80;
    model.augment = nn::Augment{{.rotation = 15,
                                 .shift = 4,
                                 .scaling = 0.15,
                                 .shear = 10,
                                 .elastic = {.amplitude = 1},
                                 .thickness = 1.2}};
  }
  return recipe;
}
// [/augmented_recipe]

}  // namespace

/// @param name default, report or augmented.
export Recipe recipe_of(const std::string& name) {
  if (name == "report") return report_recipe();
  if (name == "augmented") return augmented_recipe();
  return default_recipe();
}
