/// @file
/// @brief Shared by the tests: reference values, comparisons, error messages.
module;

#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module nn.test;

import nn.backprop;
import nn.cost;
import nn.descent;
import nn.parallel;
import nn.random;

export namespace nn::test {

/// Whether the library is built in double.
constexpr bool in_double = sizeof(real) == sizeof(double);

/// The folder of the data set, data/mnist.
[[nodiscard]] std::filesystem::path mnist_folder();

/// A file in the folder of the reference values.
/// @param name Its name, with the ending.
[[nodiscard]] std::filesystem::path golden_file(std::string_view name);

/// A folder for the files of a test; the destructor removes it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "nn-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  /// The path of a file in it; of the folder itself if the name is empty.
  [[nodiscard]] std::filesystem::path path(std::string_view name) const {
    return name.empty() ? path_ : path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// While it exists, a test that root runs has the rights of a user who owns nothing, so that there
/// are files and folders it cannot write to.
class NotRoot {
 public:
  NotRoot() {
    constexpr uid_t nobody = 65534;
    if (user_ == 0 && seteuid(nobody) != 0) throw std::runtime_error("root cannot be another user");
  }
  NotRoot(const NotRoot&) = delete;
  NotRoot& operator=(const NotRoot&) = delete;
  ~NotRoot() {
    if (seteuid(user_) != 0) std::abort();
  }

 private:
  uid_t user_ = geteuid();
};

/// A tensor of reference values that golden/generate.py wrote.
/// @param file The file's stem, such as "dense".
/// @param name The tensor's name in it.
[[nodiscard]] Tensor golden(std::string_view file, std::string_view name);

/// The largest |a − b| / max(1, |b|), or infinity if the shapes differ or a value is not finite.
[[nodiscard]] inline double difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return INFINITY;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a.values()[i];
    const double y = b.values()[i];
    if (!std::isfinite(x) || !std::isfinite(y)) return INFINITY;
    largest = std::max(largest, std::abs(x - y) / std::max(1.0, std::abs(y)));
  }
  return largest;
}

/// How far a value may be from its reference: the rounding of a few hundred operations.
constexpr double tolerance = in_double ? 1e-12 : 2e-5;

/// The bound for nn::check_gradients. Only double is strong evidence for a derivation; in float,
/// the numerical gradient itself is off by this much.
constexpr double gradient_tolerance = in_double ? 1e-7 : 1e-2;

/// A tensor of random numbers from [−1, 1).
[[nodiscard]] inline Tensor noise(const Shape& shape, std::uint64_t seed = 1) {
  Random random{seed};
  Tensor tensor{shape};
  for (real& value : tensor.values()) value = static_cast<real>(random.uniform(-1, 1));
  return tensor;
}

/// A tensor of random whole numbers from −4 to 4. Their products and sums are whole numbers that
/// even float holds exactly, so two ways to the same sum must agree to the last bit.
[[nodiscard]] inline Tensor whole_noise(const Shape& shape, std::uint64_t seed = 1) {
  Random random{seed};
  Tensor tensor{shape};
  for (real& value : tensor.values()) value = static_cast<real>(random.below(9)) - 4;
  return tensor;
}

/// Three clouds of points, a class each: sample i is of class i mod 3.
[[nodiscard]] inline Dataset clouds(std::size_t count, std::uint64_t seed = 1) {
  Random random{seed};
  Dataset set{.inputs = Tensor{Shape{count, 2}}, .targets = {}};
  Labels labels;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t label = i % 3;
    set.inputs(i, 0) = static_cast<real>(random.normal(label == 1 ? 4 : 0, 0.5));
    set.inputs(i, 1) = static_cast<real>(random.normal(label == 2 ? 4 : 0, 0.5));
    labels.push_back(label);
  }
  set.targets = std::move(labels);
  return set;
}

/// A network that can separate the clouds.
[[nodiscard]] Sequential small_network(std::uint64_t seed = 3);

/// A cost made a layer, from predictions to one number, so that nn::check_gradients can check it,
/// or a network under it.
template <Cost C>
class UnderCost {
 public:
  UnderCost(C cost, Targets targets) : cost_{std::move(cost)}, targets_{std::move(targets)} {}

  [[nodiscard]] std::string name() const { return cost_.name(); }
  [[nodiscard]] Shape output_shape(const Shape& /*sample*/) const { return Shape{1}; }
  [[nodiscard]] Tensor predict(const Tensor& predictions) const {
    return Tensor{Shape{1, 1}, static_cast<real>(cost_.value(predictions, targets_))};
  }
  [[nodiscard]] Tensor forward(Tensor predictions) {
    predictions_ = std::move(predictions);
    return predict(predictions_);
  }
  [[nodiscard]] Tensor backward(const Tensor& dy) const {
    Tensor gradient = cost_.gradient(predictions_, targets_);
    for (real& value : gradient.values()) value *= dy.data()[0];
    return gradient;
  }
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  C cost_;
  Targets targets_;
  Tensor predictions_;
};

/// Whether a call returns the same on 1, 2, 3 and 8 threads.
template <class Call>
[[nodiscard]] bool same_on_any_threads(Call&& call) {
  const std::size_t before = threads();
  set_threads(1);
  const auto alone = call();
  bool same = true;
  for (const std::size_t count : {2U, 3U, 8U}) {
    set_threads(count);
    same = same && call() == alone;
  }
  set_threads(before);
  return same;
}

/// One sample of a recorded batch as a separate tensor.
[[nodiscard]] inline Tensor sample_of(const Tensor& batch, std::size_t index) {
  return Tensor{batch.shape().sample(), batch.row(index)};
}

/// Repeats the ten steps that golden/generate.py recorded with an optimizer.
/// @param file The file's stem.
/// @param name The case in it, such as "momentum".
/// @return The largest difference() from PyTorch's parameters after any of the steps.
template <Optimizer O>
[[nodiscard]] double difference_from_recorded_steps(O optimizer, const std::string& file,
                                                    const std::string& name) {
  Parameter weight{"weight", golden(file, "weight")};
  Parameter bias{"bias", golden(file, "bias")};
  const Tensor weight_gradients = golden(file, "weight_gradients");
  const Tensor bias_gradients = golden(file, "bias_gradients");
  const Tensor weights = golden(file, name + "_weight");
  const Tensor biases = golden(file, name + "_bias");
  double largest = weights.rows() == 10 ? 0 : INFINITY;
  for (std::size_t step = 0; step < weights.rows(); ++step) {
    weight.gradient = sample_of(weight_gradients, step);
    bias.gradient = sample_of(bias_gradients, step);
    optimizer.step(std::vector{&weight, &bias});
    largest = std::max({largest, difference(weight.value, sample_of(weights, step)),
                        difference(bias.value, sample_of(biases, step))});
  }
  return largest;
}

/// The text of the exception that a call throws; empty if it throws none, or one of another type.
template <class Error, class Call>
[[nodiscard]] std::string error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception&) {
    return "";
  }
  return "";
}

/// The error of a layer for an input; both errors if forward() and predict() differ.
/// @param layer Any layer.
/// @param input The shape of the input; `Shape{}` for an empty tensor.
template <class L>
[[nodiscard]] std::string refusal(L layer, const Shape& input) {
  const Tensor x{input};
  const std::string text = error_of<std::invalid_argument>([&] { layer.forward(x); });
  const std::string other =
      error_of<std::invalid_argument>([&] { static_cast<void>(layer.predict(x)); });
  return text == other ? text : text + " / " + other;
}

/// The errors of a layer for a gradient before and after a forward pass.
struct GradientRefusals {
  std::string before;
  std::string after;
};

/// Gets both errors of a layer for a gradient.
/// @param layer Any layer.
/// @param input The shape of the input of the forward pass.
/// @param gradient A shape that the output does not have.
template <class L>
[[nodiscard]] GradientRefusals gradient_refusals(L layer, const Shape& input,
                                                 const Shape& gradient) {
  const auto refused = [&] {
    return error_of<std::invalid_argument>([&] { (void)layer.backward(Tensor{gradient}); });
  };
  std::string before = refused();
  layer.forward(Tensor{input});
  return {.before = std::move(before), .after = refused()};
}

}  // namespace nn::test
