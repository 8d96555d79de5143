/// @file
/// @brief The matrix product: where a network spends its time, and the one place where speed is
/// made.
module;

#include <cstddef>
#include <span>

export module nn.matmul;

export import nn.tensor;

export namespace nn {

/// A tensor seen as a matrix, or as the transpose of one, without copying: element (i, j) stands at
/// `data[i * row_stride + j * column_stride]`. Must not outlive its tensor.
struct Matrix {
  const real* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t row_stride = 0;
  std::size_t column_stride = 1;

  Matrix() = default;

  /// A tensor's rows and columns; the inner axes of an image count as columns.
  /// @param tensor Any; must outlive the matrix.
  Matrix(const Tensor& tensor)  // implicit: a tensor is a matrix
      : data{tensor.data()},
        rows{tensor.rows()},
        columns{tensor.columns()},
        row_stride{tensor.columns()} {}
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

/// The transpose of a matrix, copied. A factor of a product needs no copy: transposed() is enough.
/// @param matrix Shape (M, N).
/// @return Shape (N, M).
[[nodiscard]] Tensor transpose(const Tensor& matrix);

/// The sum of a matrix's rows, s(j) = Σₙ a(n, j), added in the order of n.
/// @param matrix Shape (M, N).
/// @return Shape (N).
[[nodiscard]] Tensor sum_rows(const Tensor& matrix);

/// The matrix product C = A B: c(i, j) = Σₖ a(i, k) b(k, j). Legend: M rows of A, N columns of B, K
/// what they share.
///
/// Every element is summed in the order of k by one thread, so the result does not depend on the
/// number of threads, nor on the width of the machine's vectors.
///
/// @param a Left factor, shape (M, K); `transposed(x)` for a product with a transpose.
/// @param b Right factor, shape (K, N).
/// @return The product, shape (M, N).
/// @throws std::invalid_argument if a factor is empty, or B has not as many rows as A has columns.
[[nodiscard]] Tensor matmul(const Matrix& a, const Matrix& b);

/// The product with a row added to every row: c(i, j) = bias(j) + Σₖ a(i, k) b(k, j).
/// @param a Left factor, shape (M, K).
/// @param b Right factor, shape (K, N).
/// @param bias The row, N values; with an empty one nothing is added.
/// @return Shape (M, N).
/// @throws std::invalid_argument if a factor is empty, B has not as many rows as A has columns, or
///   the bias has not as many values as B has columns.
[[nodiscard]] Tensor matmul(const Matrix& a, const Matrix& b, std::span<const real> bias);

}  // namespace nn
