/// @file
/// @brief Grades blocks for the cache, without vectors.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

export module exercises.blocks;

export import exercises.grade;
export import nn.matmul;

using nn::real;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

using AddScaled = std::function<void(real scalar, const real* row, real* to, std::size_t size)>;

/// What the grader calls.
struct Blocks {
  AddScaled add_scaled;
  std::function<void(const Tensor& a, const Tensor& b, Tensor& c, std::size_t depth,
                     std::size_t width, const AddScaled& add)>
      in_blocks;
};

}  // namespace exercises

namespace exercises {

/// The right one, which also works if the reader's does not.
void add_plainly(real scalar, const real* row, real* to, std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) to[j] += scalar * row[j];
}

/// C + A B, from some rows of B and in some columns only.
Tensor added(const Tensor& a, const Tensor& b, Tensor c, std::size_t depth, std::size_t columns) {
  for (std::size_t i = 0; i < c.rows(); ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      for (std::size_t k = 0; k < depth; ++k) c(i, j) += a(i, k) * b(k, j);
    }
  }
  return c;
}

/// Where a call reads and writes: its first row and column in B, and its first row in C.
struct Call {
  std::size_t k, j, i, size;
};

/// Runs the reader's loops and writes down their calls.
std::vector<Call> calls_of(const Blocks& mine, const Tensor& a, const Tensor& b, Tensor& c,
                           std::size_t depth, std::size_t width) {
  std::vector<Call> calls;
  const std::size_t columns = b.columns();
  const auto place = [](const real* at, const Tensor& tensor, const char* name) {
    require(at >= tensor.data() && at < tensor.data() + tensor.size(),
            fmt::format("A call of `add` has a pointer to nothing in {}.", name));
    return static_cast<std::size_t>(at - tensor.data());
  };
  mine.in_blocks(a, b, c, depth, width,
                 [&](real scalar, const real* row, real* to, std::size_t size) {
                   const std::size_t from = place(row, b, "B");
                   const std::size_t at = place(to, c, "C");
                   const Call call{from / columns, from % columns, at / columns, size};
                   require(call.j + size <= columns && at % columns + size <= columns,
                           fmt::format("A call of `add` reaches beyond the end of a row: {} "
                                       "numbers from column {} on, and there are {} columns. At "
                                       "the edge a block is narrower.",
                                       size, call.j, columns));
                   calls.push_back(call);
                   add_plainly(scalar, row, to, size);
                 });
  return calls;
}

/// Whether all rows of A come before the next block of B.
void expect_order(const std::vector<Call>& calls, std::size_t depth, std::size_t width) {
  std::vector<std::pair<std::size_t, std::size_t>> blocks;
  for (const Call& call : calls) {
    require(call.size <= width,
            fmt::format("A call of `add` gets {} numbers, but a block has {} columns only.",
                        call.size, width));
    const std::pair block{call.k / depth, call.j / width};
    if (!blocks.empty() && blocks.back() == block) continue;
    require(std::ranges::find(blocks, block) == blocks.end(),
            "A block of B is used, then another one, then the first again: it must be used for "
            "all rows of A at once, so the loop over them comes inside of those over the blocks.");
    blocks.push_back(block);
  }
}

}  // namespace exercises

export namespace exercises {

/// The steps for these functions.
std::vector<Step> blocks(const Blocks& mine) {
  return {
      {"add_scaled: three times a row of five numbers",
       [mine] {
         const Tensor row{1, -2, 0.5, 4, 3};
         const Tensor before{10, 20, 30, 40, 50};
         Tensor to = before;
         mine.add_scaled(3, row.data(), to.data(), 5);
         const auto of = [&](auto f) {
           Tensor result{Shape{5}};
           for (std::size_t j = 0; j < 5; ++j) result(j) = f(row(j), before(j));
           return result;
         };
         Tensor without_last = of([](real r, real t) { return t + 3 * r; });
         Tensor only_first = before;
         only_first(0) = without_last(0);
         Tensor in_fours = without_last;
         in_fours(4) = before(4);
         expect("the row", to, of([](real r, real t) { return t + 3 * r; }),
                {{"It is unchanged.", before},
                 {"It is overwritten: add (+=) to what is there.",
                  of([](real r, real) { return 3 * r; })},
                 {"The scalar is missing.", of([](real r, real t) { return t + r; })},
                 {"The scalar multiplies what is there, not the row.",
                  of([](real r, real t) { return 3 * t + r; })},
                 {"The sum is multiplied: only the row is.",
                  of([](real r, real t) { return 3 * (t + r); })},
                 {"It is subtracted.", of([](real r, real t) { return t - 3 * r; })},
                 {"The scalar is added, not multiplied.",
                  of([](real r, real t) { return t + 3 + r; })},
                 {"Only the first number is changed.", only_first},
                 {"The last number is left out: any size must work.", in_fours}});
       }},
      {"add_scaled: a part of a row",
       [mine] {
         const Tensor row{1, 1, 1, 1, 1};
         Tensor to{Shape{5}};
         mine.add_scaled(2, row.data() + 1, to.data() + 1, 3);
         expect("the row", to, Tensor{0, 2, 2, 2, 0},
                {{"It goes beyond `size`, the number of values.", Tensor{0, 2, 2, 2, 2}}});
       }},
      {"in_blocks: 4 × 6 times 6 × 8, blocks of 2 × 4",
       [mine] {
         const Tensor a = random_tensor(Shape{4, 6}, 1);
         const Tensor b = random_tensor(Shape{6, 8}, 2);
         const Tensor before = random_tensor(Shape{4, 8}, 3);
         Tensor c = before;
         const std::vector<Call> calls = calls_of(mine, a, b, c, 2, 4);
         Tensor same_rows = before;     // of A, in all blocks
         Tensor same_columns = before;  // of C
         Tensor same_part = before;     // of B
         for (std::size_t i = 0; i < 4; ++i) {
           for (std::size_t j = 0; j < 8; ++j) {
             for (std::size_t k = 0; k < 6; ++k) {
               same_rows(i, j) += a(i, k % 2) * b(k, j);
               same_columns(i, j % 4) += a(i, k) * b(k, j);
               same_part(i, j) += a(i, k) * b(k, j % 4);
             }
           }
         }
         expect("C", c, added(a, b, before, 6, 8),
                {{"C is unchanged: is `add` called?", before},
                 {"C has the product alone: it must be added to what C holds.", nn::matmul(a, b)},
                 {"Only the first rows of B are used: k0 must go on.", added(a, b, before, 2, 8)},
                 {"Only the first columns of C are computed: j must go on.",
                  added(a, b, before, 6, 4)},
                 {"In all blocks, the numbers of A come from its first columns: k counts the rows "
                  "of B from k0 on.",
                  same_rows},
                 {"All blocks are added to the first columns of C: its part begins at the first "
                  "column of the block, too.",
                  same_columns},
                 {"All blocks read the first columns of B: the part of its row begins at j.",
                  same_part}});
         expect_order(calls, 2, 4);
       }},
      {"in_blocks: blocks that do not divide B",
       [mine] {
         const Tensor a = random_tensor(Shape{3, 7}, 4);
         const Tensor b = random_tensor(Shape{7, 10}, 5);
         const Tensor before = random_tensor(Shape{3, 10}, 6);
         Tensor c = before;
         const std::vector<Call> calls = calls_of(mine, a, b, c, 3, 4);
         expect("C", c, added(a, b, before, 7, 10),
                {{"The last rows of B are left out: their number need not be a multiple of the "
                  "depth.",
                  added(a, b, before, 6, 10)},
                 {"The last columns of B are left out: their number need not be a multiple of the "
                  "width.",
                  added(a, b, before, 7, 8)},
                 {"The last rows and columns of B are left out: it need not consist of whole "
                  "blocks.",
                  added(a, b, before, 6, 8)}});
         expect_order(calls, 3, 4);
       }},
      {"both: 24 × 64 times 64 × 256, blocks of 16 × 256", [mine] {
         const Tensor a = random_tensor(Shape{24, 64}, 7);
         const Tensor b = random_tensor(Shape{64, 256}, 8);
         Tensor c{Shape{24, 256}};
         mine.in_blocks(a, b, c, 16, 256, mine.add_scaled);
         expect("C", c, nn::matmul(a, b));
       }}};
}

}  // namespace exercises
