module;

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

module speed.profile;

import speed.networks;

namespace speed {

using Clock = std::chrono::steady_clock;

constexpr double bytes_of(double values) { return values * sizeof(nn::real); }

/// The floating-point operations of a layer for one sample; 0 if it does not multiply matrices.
struct Operations {
  double on_inputs = 0;  ///< For the product of its inputs and weights, forward.
  double on_states = 0;  ///< For the product of its states and weights, forward.

  [[nodiscard]] double forward() const { return on_inputs + on_states; }
  /// Gradients of weights, of states, and of the inputs where a layer before needs them.
  [[nodiscard]] double backward(bool is_first) const {
    return 2 * forward() - (is_first ? on_inputs : 0);
  }
};

Operations operations_of(const nn::AnyLayer& layer, const nn::Shape& sample) {
  const auto number = [](auto... factors) { return (2.0 * ... * static_cast<double>(factors)); };
  if (const auto* dense = layer.as<nn::Dense>()) return {number(dense->inputs(), dense->outputs())};
  if (const auto* convolution = layer.as<nn::Convolution>()) {
    const nn::Shape& k = convolution->kernels().shape();
    return {number(layer.output_shape(sample).size(), k[1], k[2], k[3])};
  }
  const auto recurrent = [&](const auto& cell, std::size_t gates) {
    const std::size_t sums = sample[0] * gates * cell.outputs();
    return Operations{number(sums, cell.inputs()), number(sums, cell.outputs())};
  };
  if (const auto* lstm = layer.as<nn::LSTM>()) return recurrent(*lstm, 4);
  if (const auto* gru = layer.as<nn::GRU>()) return recurrent(*gru, 3);
  return {};
}

/// Training that measures the parts of its steps. Image layouts are converted where they would be
/// anyway, but as a separate part.
class TakenApart {
 public:
  explicit TakenApart(const nn::Sequential& network) : order_{batches_.epoch(1)} {
    for (std::size_t i = 0; i < network.size(); ++i) layers_.push_back(network[i]);
    for (nn::AnyLayer& layer : layers_) {
      for (nn::Parameter* const parameter : layer.parameters()) parameters_.push_back(parameter);
    }
  }

  void step() {
    next_ = 0;
    const std::size_t index = steps_++ % order_.size();
    timed("gather the batch", {0, bytes_of(2.0 * batch_size * 784)},
          [&] { order_.read(index, batch_); });
    const nn::Tensor outputs = forward();
    nn::Tensor gradient;
    timed("cost, value and gradient", {0, bytes_of(3.0 * static_cast<double>(outputs.size()))},
          [&] {
            static_cast<void>(cost_.value(outputs, batch_.targets));
            gradient = cost_.gradient(outputs, batch_.targets);
          });
    backward(std::move(gradient));
    double values = 0;
    for (const nn::Parameter* const p : parameters_) values += static_cast<double>(p->value.size());
    timed("Adam", {0, bytes_of(7 * values)}, [&] { optimizer_.step(parameters_); });
  }

  [[nodiscard]] std::vector<Part> parts() && { return std::move(parts_); }

 private:
  struct Work {
    double operations;
    double bytes;
  };

  void timed(const std::string& name, Work work, const std::function<void()>& call) {
    if (next_ == parts_.size()) {
      parts_.push_back(
          {.name = name, .operations = work.operations, .bytes = work.bytes, .seconds = {}});
    }
    const Clock::time_point start = Clock::now();
    call();
    parts_[next_++].seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }

  /// The conversion of images between the layouts of tensors and of convolutions, in either
  /// direction.
  void convert(nn::Signal& signal, std::size_t values, bool to_images) {
    timed(to_images ? "interleave images" : "separate images",
          {0, bytes_of(2.0 * static_cast<double>(batch_size * values))}, [&] {
            if (to_images) {
              signal = std::move(signal).images();
            } else {
              signal = std::move(signal).tensor();
            }
          });
  }

  /// Whether a layer only gives the same numbers another shape.
  static bool is_free(const nn::AnyLayer& layer) {
    return layer.as<nn::Reshape>() != nullptr || layer.as<nn::Flatten>() != nullptr;
  }

  /// Images have channels, rows and columns.
  static bool flattens_images(const nn::AnyLayer& layer, const nn::Shape& sample) {
    return layer.as<nn::Flatten>() != nullptr && sample.rank() == 3;
  }

  nn::Tensor forward() {
    nn::Signal signal{batch_.inputs};
    nn::Shape sample{784};
    shapes_.clear();
    for (nn::AnyLayer& layer : layers_) {
      shapes_.push_back(sample);
      const nn::Shape output = layer.output_shape(sample);
      if (layer.as<nn::Convolution>() != nullptr && shapes_.size() == 2) {
        convert(signal, sample.size(), true);
      } else if (flattens_images(layer, sample)) {
        convert(signal, sample.size(), false);
      }
      const std::size_t values = is_free(layer) ? 0 : batch_size * (sample.size() + output.size());
      timed(layer.name(),
            {batch_size * operations_of(layer, sample).forward(),
             bytes_of(static_cast<double>(values))},
            [&] { signal = layer.forward(std::move(signal)); });
      sample = output;
    }
    return std::move(signal).tensor();
  }

  void backward(nn::Tensor gradient) {
    nn::Signal signal{std::move(gradient)};
    std::size_t first = 0;
    while (layers_[first].parameters().empty()) ++first;
    for (std::size_t i = layers_.size(); i-- > first;) {
      nn::AnyLayer& layer = layers_[i];
      const double operations = batch_size * operations_of(layer, shapes_[i]).backward(i == first);
      const double values =
          is_free(layer) ? 0 : static_cast<double>(batch_size * shapes_[i].size());
      timed(layer.name() + ", backward", {operations, bytes_of(3 * values)}, [&] {
        if (i == first) {
          layer.backward_parameters(std::move(signal));
          signal = nn::Tensor{};
        } else {
          signal = layer.backward(std::move(signal));
        }
      });
      if (flattens_images(layer, shapes_[i])) convert(signal, shapes_[i].size(), true);
    }
  }

  nn::Batches batches_{digits().training, {.size = batch_size}};
  nn::Batches::Epoch order_;
  nn::Batch batch_;
  std::vector<nn::AnyLayer> layers_;
  std::vector<nn::Parameter*> parameters_;
  std::vector<nn::Shape> shapes_;  // of the samples that go into each layer
  nn::SoftmaxCrossEntropy cost_;
  nn::Adam optimizer_;
  std::vector<Part> parts_;
  std::size_t next_ = 0;
  std::size_t steps_ = 0;
};

std::vector<Part> profile(const std::string& name, double seconds) {
  TakenApart training{network(name)};
  constexpr std::size_t warm = 20;
  for (std::size_t i = 0; i < warm; ++i) training.step();
  const Clock::time_point start = Clock::now();
  while (std::chrono::duration<double>(Clock::now() - start).count() < seconds) training.step();
  std::vector<Part> parts = std::move(training).parts();
  for (Part& part : parts) part.seconds.erase(part.seconds.begin(), part.seconds.begin() + warm);
  return parts;
}

}  // namespace speed
