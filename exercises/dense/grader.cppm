/// @file
/// @brief Grades the dense layer.
module;

#include <cstddef>
#include <string>
#include <vector>

export module exercises.dense;

export import exercises.grade;
export import nn.dense;
export import nn.matmul;

using nn::Shape;
using nn::Tensor;

namespace exercises {

/// The transposed matrix, read as if it had the shape of the matrix itself.
Tensor misread(const Tensor& matrix) { return transpose_of(matrix).reshaped(matrix.shape()); }

Tensor first_row(const Tensor& matrix) {
  return matrix.rows(0, 1).reshaped(Shape{matrix.columns()});
}

}  // namespace exercises

export namespace exercises {

/// The steps for a class like nn::Dense.
template <class Dense>
std::vector<Step> dense() {
  // The example of chapter 1: two samples of three inputs, two outputs.
  static const Tensor x{{2, -1, 0.5}, {0, 1, 1}};
  static const Tensor w{{0.5, -1}, {1, 0}, {-2, 4}};
  static const Tensor b{0.25, 1};
  static const Tensor dy{{1, 0}, {0.5, -1}};

  return {
      {"predict: the sample of section 1.2",
       [] {
         const Tensor sample = x.rows(0, 1);
         const Dense layer{w, b};
         expect("Y", layer.predict(sample), nn::matmul(sample, w, b.values()),
                {{"The bias is missing: + b(j).", nn::matmul(sample, w)}});
       }},
      {"predict: the batch of section 1.3",
       [] {
         const Dense layer{w, b};
         const Tensor y = nn::matmul(x, w, b.values());
         Tensor only_first = y;
         only_first.row(1)[0] = only_first.row(1)[1] = 0;
         expect("Y", layer.predict(x), y,
                {{"The bias is missing: + b(j).", nn::matmul(x, w)},
                 {"Only the first sample of the batch has an output.", only_first}});
       }},
      {"predict: 7 samples of 5 inputs, 4 outputs",
       [] {
         const Tensor inputs = random_tensor(Shape{7, 5}, 1);
         const Tensor weights = random_tensor(Shape{5, 4}, 2);
         const Tensor biases = random_tensor(Shape{4}, 3);
         expect("Y", Dense{weights, biases}.predict(inputs),
                nn::matmul(inputs, weights, biases.values()));
       }},
      {"backward: ∂C/∂b of section 1.6",
       [] {
         Dense layer{w, b};
         layer.forward(x);
         layer.backward(dy);
         const Tensor want = nn::sum_rows(dy);
         expect("∂C/∂b", layer.parameters()[1]->gradient, want,
                {{"It is the mean over the batch, but each bias gets the sum: the cost is already "
                  "a mean, so dy has its 1/B.",
                  times(0.5, want)},
                 {"Only the first sample counts: sum over the whole batch.", first_row(dy)},
                 {"Only the last sample counts: add, instead of overwriting (=).",
                  dy.rows(1, 1).reshaped(Shape{2})}});
       }},
      {"backward: ∂C/∂W of section 1.6",
       [] {
         Dense layer{w, b};
         layer.forward(x);
         layer.backward(dy);
         const Tensor want = nn::matmul(nn::transposed(x), dy);
         const auto of_sample = [](std::size_t n) {
           return nn::matmul(nn::transposed(x.rows(n, 1)), dy.rows(n, 1));
         };
         expect(
             "∂C/∂W", layer.parameters()[0]->gradient, want,
             {{"It is divided by the batch size: the cost is already a mean, so dy has its 1/B.",
               times(0.5, want)},
              {"It is transposed: ∂C/∂W = Xᵀ ∂C/∂Y has a row for each input.", misread(want)},
              {"It is transposed: ∂C/∂W = Xᵀ ∂C/∂Y has a row for each input.", transpose_of(want)},
              {"Only the first sample counts: sum over the whole batch.", of_sample(0)},
              {"Only the last sample counts: add, instead of overwriting (=).", of_sample(1)}});
       }},
      {"backward: ∂C/∂X of section 1.6",
       [] {
         Dense layer{w, b};
         layer.forward(x);
         const Tensor dx = layer.backward(dy);
         const Tensor want = nn::matmul(dy, nn::transposed(w));
         expect("∂C/∂X", dx, want,
                {{"It is divided by the batch size: the cost is already a mean, so dy has its 1/B.",
                  times(0.5, want)},
                 {"That is ∂C/∂Y W with W misread as (M, D): ∂C/∂X = ∂C/∂Y Wᵀ.",
                  nn::matmul(dy, w.reshaped(Shape{2, 3}))}});
       }},
      {"backward: a second batch",
       [] {
         Dense layer{w, b};
         layer.forward(x);
         layer.backward(dy);
         const Tensor x2 = random_tensor(Shape{3, 3}, 4);
         const Tensor dy2 = random_tensor(Shape{3, 2}, 5);
         layer.forward(x2);
         layer.backward(dy2);
         const Tensor want = nn::matmul(nn::transposed(x2), dy2);
         const Tensor before = nn::matmul(nn::transposed(x), dy);
         Tensor both = want;
         for (std::size_t i = 0; i < both.size(); ++i) both.values()[i] += before.values()[i];
         expect("∂C/∂W of the second batch", layer.parameters()[0]->gradient, want,
                {{"The gradient of the first batch is still in it: set it to 0, then add.", both},
                 {"It is the gradient of the first batch.", before}});
       }},
      {"backward: 7 samples of 5 inputs, 4 outputs", [] {
         const Tensor inputs = random_tensor(Shape{7, 5}, 6);
         const Tensor weights = random_tensor(Shape{5, 4}, 7);
         const Tensor gradient = random_tensor(Shape{7, 4}, 8);
         Dense layer{weights, Tensor{Shape{4}}};
         layer.forward(inputs);
         expect("∂C/∂X", layer.backward(gradient), nn::matmul(gradient, nn::transposed(weights)));
         expect("∂C/∂W", layer.parameters()[0]->gradient,
                nn::matmul(nn::transposed(inputs), gradient));
         expect("∂C/∂b", layer.parameters()[1]->gradient, nn::sum_rows(gradient));
       }}};
}

}  // namespace exercises
