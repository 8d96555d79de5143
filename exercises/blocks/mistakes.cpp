// Products in blocks with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cstddef>
#include <vector>

import exercises.blocks;
import exercises.mistakes;

using exercises::AddScaled;
using nn::real;
using nn::Tensor;

namespace {

/// What becomes of a number.
using Sum = real(real scalar, real row, real to);
real right(real scalar, real row, real to) { return to + scalar * row; }
real unchanged(real /*scalar*/, real /*row*/, real to) { return to; }
real overwritten(real scalar, real row, real /*to*/) { return scalar * row; }
real without_scalar(real /*scalar*/, real row, real to) { return to + row; }
real other_factor(real scalar, real row, real to) { return scalar * to + row; }
real multiplied_sum(real scalar, real row, real to) { return scalar * (to + row); }
real subtracted(real scalar, real row, real to) { return to - scalar * row; }
real added_scalar(real scalar, real row, real to) { return to + scalar + row; }

/// How far the loop goes.
using Size = std::size_t(std::size_t size);
std::size_t whole(std::size_t size) { return size; }
std::size_t one(std::size_t /*size*/) { return 1; }
std::size_t fours(std::size_t size) { return size / 4 * 4; }
std::size_t too_far(std::size_t size) { return size == 3 ? 4 : size; }

AddScaled adding(Sum* sum, Size* end) {
  return [sum, end](real scalar, const real* row, real* to, std::size_t size) {
    for (std::size_t j = 0; j < end(size); ++j) to[j] = sum(scalar, row[j], to[j]);
  };
}

/// What the loops do; each part can be spoiled.
struct Ways {
  bool calls = true;
  bool clears = false;
  bool first_rows = false;
  bool first_columns = false;
  bool a_from_zero = false;
  bool c_from_zero = false;
  bool b_from_zero = false;
  bool rows_outside = false;
  bool whole_rows = false;
  bool without_last_rows = false;
  bool without_last_columns = false;
  bool beyond = false;
  bool before_the_beginning = false;
};

void in_blocks(const Ways& ways, const Tensor& a, const Tensor& b, Tensor& c, std::size_t depth,
               std::size_t width, const AddScaled& add) {
  if (!ways.calls) return;
  if (ways.clears) c.fill(0);
  if (ways.whole_rows) width = b.columns();
  const std::size_t columns = ways.first_columns          ? width
                              : ways.without_last_columns ? b.columns() / width * width
                                                          : b.columns();
  const std::size_t rows = ways.first_rows          ? depth
                           : ways.without_last_rows ? b.rows() / depth * depth
                                                    : b.rows();
  const std::size_t N = b.columns();
  const auto run = [&](std::size_t first, std::size_t last) {
    for (std::size_t j = 0; j < columns; j += width) {
      const std::size_t size = ways.beyond ? width : std::min(width, columns - j);
      for (std::size_t k0 = 0; k0 < rows; k0 += depth) {
        for (std::size_t i = first; i < last; ++i) {
          for (std::size_t k = k0; k < std::min(k0 + depth, rows); ++k) {
            const real* const from = b.data() + k * N + (ways.b_from_zero ? 0 : j);
            add(a(i, ways.a_from_zero ? k - k0 : k), ways.before_the_beginning ? c.data() : from,
                c.data() + i * N + (ways.c_from_zero ? 0 : j), size);
          }
        }
      }
    }
  };
  if (!ways.rows_outside) return run(0, a.rows());
  for (std::size_t i = 0; i < a.rows(); ++i) run(i, i + 1);
}

std::vector<exercises::Step> steps(const AddScaled& add, const Ways& ways) {
  return exercises::blocks(
      {add,
       [ways](const Tensor& a, const Tensor& b, Tensor& c, std::size_t depth, std::size_t width,
              const AddScaled& adds) { in_blocks(ways, a, b, c, depth, width, adds); }});
}

exercises::Tried adds(const char* words, Sum* sum, Size* end = whole) {
  return {words, steps(adding(sum, end), {})};
}
exercises::Tried tried(const char* words, const Ways& ways) {
  return {words, steps(adding(right, whole), ways)};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps(adding(right, whole), {}),
      {adds("It is unchanged", unchanged),
       adds("It is overwritten", overwritten),
       adds("The scalar is missing", without_scalar),
       adds("The scalar multiplies what is there", other_factor),
       adds("The sum is multiplied", multiplied_sum),
       adds("It is subtracted", subtracted),
       adds("The scalar is added", added_scalar),
       adds("Only the first number is changed", right, one),
       adds("The last number is left out", right, fours),
       adds("It goes beyond `size`", right, too_far),
       tried("C is unchanged", {.calls = false}),
       tried("C has the product alone", {.clears = true}),
       tried("Only the first rows of B are used", {.first_rows = true}),
       tried("Only the first columns of C are computed", {.first_columns = true}),
       tried("come from its first columns", {.a_from_zero = true}),
       tried("to the first columns of C", {.c_from_zero = true}),
       tried("All blocks read the first columns of B", {.b_from_zero = true}),
       tried("for all rows of A at once", {.rows_outside = true}),
       tried("gets 8 numbers, but a block has 4 columns", {.whole_rows = true}),
       tried("The last rows of B are left out", {.without_last_rows = true}),
       tried("The last columns of B are left out", {.without_last_columns = true}),
       tried("The last rows and columns of B",
             {.without_last_rows = true, .without_last_columns = true}),
       tried("reaches beyond the end of a row", {.beyond = true}),
       tried("a pointer to nothing in B", {.before_the_beginning = true})});
}
