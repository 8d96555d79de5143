/// @file
/// @brief The matrix product, in which a network spends most of its time.
module;

#include <cstddef>
#include <span>

export module nn.matmul;

export import nn.tensor;

export namespace nn {

/// A view of a tensor as a matrix or as the transpose of one, without copying: element (i, j) is
/// `data[i * row_stride + j * column_stride]`. Must not outlive its tensor.
struct Matrix {
  const real* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t row_stride = 0;
  std::size_t column_stride = 1;

  Matrix() = default;

  /// A tensor's rows. Sequences, shape (B, T, D), have a row for each place, so B T rows; any other
  /// tensor has one for each index of its first axis, such as a row for each image.
  /// @param tensor Any; must outlive the matrix.
  Matrix(const Tensor& tensor)  // implicit: a tensor is a matrix
      : data{tensor.data()},
        rows{tensor.rank() == 3 ? tensor.shape()[0] * tensor.shape()[1] : tensor.rows()},
        columns{tensor.empty() ? 0 : tensor.size() / rows},
        row_stride{columns} {}
};

/// The transpose: element (i, j) of the result is element (j, i) of the matrix. Copies nothing.
/// @param matrix Any; its tensor must outlive the result too.
[[nodiscard]] inline Matrix transposed(const Matrix& matrix) {
  Matrix result;
  result.data = matrix.data;
  result.rows = matrix.columns;
  result.columns = matrix.rows;
  result.row_stride = matrix.column_stride;
  result.column_stride = matrix.row_stride;
  return result;
}

/// A transposed copy of a matrix. For a factor of a product, transposed() is enough and copies
/// nothing.
/// @param matrix Shape (M, N).
/// @return Shape (N, M).
[[nodiscard]] Tensor transpose(const Tensor& matrix);

/// The sum of a matrix's rows, s(j) = Σₙ a(n, j), added in the order of n.
/// @param matrix Shape (M, N).
/// @return Shape (N).
[[nodiscard]] Tensor sum_rows(const Matrix& matrix);

/// The matrix product C = A B: c(i, j) = Σₖ a(i, k) b(k, j). Legend: M rows of A, N columns of B, K
/// columns of A and rows of B.
///
/// One thread sums each element in the order of k, so the result does not depend on the number of
/// threads or on the width of the machine's vectors.
///
/// @param a Left factor, shape (M, K); `transposed(x)` for a product with a transpose.
/// @param b Right factor, shape (K, N).
/// @return The product, shape (M, N).
/// @throws std::invalid_argument if a factor is empty, or A's columns and B's rows differ in
///   number.
[[nodiscard]] Tensor matmul(const Matrix& a, const Matrix& b);

/// The product with a row added to every row: c(i, j) = bias(j) + Σₖ a(i, k) b(k, j).
/// @param a Left factor, shape (M, K).
/// @param b Right factor, shape (K, N).
/// @param bias The row, N values; if empty, nothing is added.
/// @return Shape (M, N).
/// @throws std::invalid_argument if a factor is empty, A's columns and B's rows differ in number,
///   or the bias and B's columns do.
[[nodiscard]] Tensor matmul(const Matrix& a, const Matrix& b, std::span<const real> bias);

/// The product of a tensor's rows with a matrix. For sequences, which have a row for each place,
/// the result has the same places.
/// @param a Left factor, shape (M, K) or (B, T, K).
/// @param b Right factor, shape (K, N).
/// @param bias The row that is added to every row, N values; if empty, nothing is added.
/// @return Shape (M, N) or (B, T, N).
/// @throws std::invalid_argument like the product of two matrices.
[[nodiscard]] Tensor matmul(const Tensor& a, const Matrix& b, std::span<const real> bias = {});

}  // namespace nn
