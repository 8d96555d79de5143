/// @file
/// @brief What all graders share: steps in order, and comparisons that say what is wrong.
module;

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

export module exercises.grade;

export import exercises.todo;
export import nn.tensor;

export namespace exercises {

/// A step of a grader. It throws if the reader's code is wrong.
struct Step {
  std::string name;  ///< What it looks at: `forward: the example of section 1.2`.
  std::function<void()> look;
};

/// What a wrong result means: if the reader's value is this one, the words say why.
struct Mistake {
  std::string words;
  nn::Tensor value;
};

/// The reader's code gave a wrong result; what() says which.
class Wrong : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Compares a result with the right one: first the shape, then the values.
/// @param name The result's name: `∂C/∂W`.
/// @param got What the reader's code returned.
/// @param want The right result.
/// @param mistakes Known mistakes, the likeliest first. A wrong factor, a wrong sign, a transposed
///   result and zeros are known without being listed.
/// @param tolerance The largest difference of a right value, relative to the largest of them.
/// @throws Wrong with the first wrong value, and what explains all values if something does.
void expect(std::string_view name, const nn::Tensor& got, const nn::Tensor& want,
            const std::vector<Mistake>& mistakes = {}, double tolerance = 1e-4);

/// The same for one number.
/// @param name The number's name.
/// @param got What the reader's code returned.
/// @param want The right number.
/// @param mistakes Known mistakes, the likeliest first, with one value each.
/// @param tolerance As above.
/// @throws Wrong with both numbers, and what explains the reader's if something does.
void expect(std::string_view name, double got, double want,
            const std::vector<Mistake>& mistakes = {}, double tolerance = 1e-4);

/// Stops the step unless a condition holds.
/// @param holds The condition.
/// @param words What is wrong if it does not hold, as a sentence.
/// @throws Wrong with the words.
void require(bool holds, const std::string& words);

/// A tensor of numbers drawn from [−1, 1).
/// @param shape Its shape.
/// @param seed The same seed gives the same numbers.
[[nodiscard]] nn::Tensor random_tensor(const nn::Shape& shape, std::uint64_t seed);

/// A tensor of one number, for a Mistake.
/// @param x Its value.
[[nodiscard]] nn::Tensor number(double x);

/// Every value of a tensor, multiplied by a factor.
/// @param factor Any.
/// @param tensor Any shape.
[[nodiscard]] nn::Tensor times(nn::real factor, nn::Tensor tensor);

/// A copy of a matrix with rows and columns exchanged.
/// @param matrix Shape (N, M).
/// @return Shape (M, N).
[[nodiscard]] nn::Tensor transpose_of(const nn::Tensor& matrix);

/// The gradient of a cost with respect to a tensor, measured: each value is moved a little up and
/// down, ∂C/∂v ≈ (C(v + h) − C(v − h)) / 2h.
/// @param value The tensor; changed and restored.
/// @param cost Computes C from what the tensor holds.
/// @return The shape of the tensor.
[[nodiscard]] nn::Tensor measured_gradient(nn::Tensor& value, const std::function<double()>& cost);

/// Compares the gradients that a layer computes with measured ones, for the cost Σ r y with random
/// factors r. Every pass runs on a copy of the layer, so what it draws or keeps is the same each
/// time.
/// @param layer The reader's layer.
/// @param x A batch.
/// @throws Wrong with the first gradient that differs by more than one percent.
template <class Layer>
void expect_gradients(const Layer& layer, nn::Tensor x) {
  Layer checked = layer;
  const nn::Tensor y = checked.forward(x);
  const nn::Tensor r = random_tensor(y.shape(), 100);  // no grader draws x with this seed
  const nn::Tensor dx = checked.backward(r);
  Layer nudged = layer;
  const auto cost = [&] {
    Layer copy = nudged;
    const nn::Tensor output = copy.forward(x);
    double sum = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
      sum += double{r.values()[i]} * double{output.values()[i]};
    }
    return sum;
  };
  const auto compare = [&](const std::string& name, const nn::Tensor& got, nn::Tensor& value) {
    expect(name, got, measured_gradient(value, cost), {}, 0.01);
  };
  compare("∂C/∂X", dx, x);
  const auto computed = checked.parameters();
  const auto values = nudged.parameters();
  for (std::size_t i = 0; i < values.size(); ++i) {
    compare("the gradient of `" + values[i]->name + "`", computed[i]->gradient, values[i]->value);
  }
}

/// What came of a grader: the step that failed and why; both empty if every step passed.
struct Outcome {
  std::string step;
  std::string words;
};

/// Runs steps in order until one fails.
/// @param steps The steps.
/// @param begin Called with the name of each step before it is run, and once with "" at the end.
[[nodiscard]] Outcome grade(const std::vector<Step>& steps,
                            const std::function<void(const std::string&)>& begin = {});

/// The program of a grader: prints a line for each step and what is wrong.
/// @param steps The steps.
/// @return The status of the program: 0 if every step passed, 1 if one failed, 3 if something is
///   not written yet.
int grade_and_print(const std::vector<Step>& steps);

}  // namespace exercises
