// nn.tensor: shapes and their errors, tensors as values, memory across threads.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

import nn.tensor;
import nn.test;

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;

TEST(Shape, HasAxesAndSize) {
  const Shape images{100, 3, 28, 20};
  EXPECT_EQ(images.rank(), 4U);
  EXPECT_EQ(images.size(), 100U * 3 * 28 * 20);
  EXPECT_EQ(images[0], 100U);
  EXPECT_EQ(images[3], 20U);
  EXPECT_EQ(to_string(images), "(100, 3, 28, 20)");
  EXPECT_EQ(to_string(Shape{7}), "(7)");
}

TEST(Shape, WithoutAxesMeansUnknown) {
  EXPECT_EQ(Shape{}.rank(), 0U);
  EXPECT_EQ(Shape{}.size(), 0U);
  EXPECT_EQ(to_string(Shape{}), "()");
}

TEST(Shape, IsEqualAxisByAxis) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2, 3}), (Shape{2, 3, 1}));
}

TEST(Shape, SampleAndBatchUndoEachOther) {
  const Shape sample{1, 28, 28};
  EXPECT_EQ(sample.batch(100), (Shape{100, 1, 28, 28}));
  EXPECT_EQ(sample.batch(100).sample(), sample);
  EXPECT_EQ(Shape{}.batch(5), Shape{5});
  EXPECT_EQ(Shape{5}.sample(), Shape{});
  EXPECT_EQ(Shape{}.sample(), Shape{});
}

TEST(Shape, RefusesWhatNoTensorCanHave) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Shape{1, 2, 3, 4, 5}; }),
            "nn::Shape: 5 axes, expected at most 4");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Shape{2, 0, 3}; }),
            "nn::Shape: axis 1 has length 0, expected at least 1");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Shape{2, 3}.batch(0); }),
            "nn::Shape: axis 0 has length 0, expected at least 1");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Shape{1, 2, 3, 4}.batch(9); }),
            "nn::Shape: 5 axes, expected at most 4");
}

// The product 2³² · 2³² is 0 in 64 bits: unchecked, this would be a tensor of no values.
TEST(Shape, RefusesSizesThatOverflow) {
  static_assert(sizeof(std::size_t) == 8);
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Shape{4294967296, 4294967296}; }),
            "nn::Shape: (4294967296, 4294967296) has more values than memory can hold");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)Shape{3, std::numeric_limits<std::size_t>::max()}; }),
            "nn::Shape: (3, 18446744073709551615) has more values than memory can hold");
}

TEST(Tensor, IsEmptyWithoutShape) {
  const Tensor tensor;
  EXPECT_TRUE(tensor.empty());
  EXPECT_EQ(tensor.size(), 0U);
  EXPECT_EQ(tensor.rows(), 0U);
  EXPECT_EQ(tensor.columns(), 0U);
  EXPECT_EQ(tensor, Tensor{Shape{}});
}

TEST(Tensor, StartsAsZerosOrOneValue) {
  {
    const Tensor used{Shape{50}, 7};
  }  // whose memory the next tensor may get
  const Tensor zeros{Shape{50}};
  for (const real value : zeros.values()) EXPECT_EQ(value, 0);
  const Tensor halves{Shape{2, 2}, 0.5};
  EXPECT_EQ(halves, (Tensor{{0.5, 0.5}, {0.5, 0.5}}));
}

TEST(Tensor, ReadsAsItIsWritten) {
  const Tensor vector{1, 2, 3};
  EXPECT_EQ(vector.shape(), Shape{3});
  EXPECT_EQ(vector(2), 3);
  const Tensor matrix{{1, 2, 3}, {4, 5, 6}};
  EXPECT_EQ(matrix.shape(), (Shape{2, 3}));
  EXPECT_EQ(matrix(1, 0), 4);
  const Tensor row{{1, 2, 3}};
  EXPECT_EQ(row.shape(), (Shape{1, 3}));
  const Tensor column{{1}, {2}};
  EXPECT_EQ(column.shape(), (Shape{2, 1}));
  const Tensor of_reals{{real{1}}, {real{2}}};  // without a conversion to decide it, too
  EXPECT_EQ(of_reals, column);
}

TEST(Tensor, RunsFastestAlongItsLastAxis) {
  std::vector<real> count(2 * 3 * 4 * 5);
  for (std::size_t i = 0; i < count.size(); ++i) count[i] = static_cast<real>(i);
  const Tensor tensor{Shape{2, 3, 4, 5}, count};
  EXPECT_EQ(tensor(0, 0, 0, 1), 1);
  EXPECT_EQ(tensor(0, 0, 1, 0), 5);
  EXPECT_EQ(tensor(0, 1, 0, 0), 20);
  EXPECT_EQ(tensor(1, 2, 3, 4), 119);
}

TEST(Tensor, IsAMatrixOfOneRowASample) {
  Tensor images{Shape{2, 1, 2, 2}};
  EXPECT_EQ(images.rows(), 2U);
  EXPECT_EQ(images.columns(), 4U);
  images(1, 0, 1, 1) = 9;
  EXPECT_EQ(images.row(1).back(), 9);
  images.row(0).front() = 8;
  EXPECT_EQ(images(0, 0, 0, 0), 8);
}

TEST(Tensor, RefusesValuesThatDoNotFillIt) {
  const std::array<real, 5> five{};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)Tensor{Shape{2, 3}, five}; }),
            "nn::Tensor: 5 values for shape (2, 3), expected 6");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Tensor{{1, 2}, {3, 4}, {5}}; }),
            "nn::Tensor: row 2 has 1 values, expected 2 as in row 0");
}

TEST(Tensor, CopiesShareNothing) {
  Tensor original{{1, 2}, {3, 4}};
  Tensor copy = original;
  copy(0, 0) = 9;
  EXPECT_EQ(original(0, 0), 1);
  original(1, 1) = 8;
  EXPECT_EQ(copy, (Tensor{{9, 2}, {3, 4}}));
}

TEST(Tensor, IsAssignedWhateverItsSizeWas) {
  Tensor tensor{1, 2, 3, 4};
  tensor = Tensor{{1, 2}, {3, 4}};
  EXPECT_EQ(tensor, (Tensor{{1, 2}, {3, 4}}));
  const Tensor larger{Shape{100}, 5};
  tensor = larger;
  EXPECT_EQ(tensor, larger);
  const Tensor empty;
  tensor = empty;
  EXPECT_TRUE(tensor.empty());
}

TEST(Tensor, MayBeAssignedToItself) {
  Tensor tensor{1, 2, 3};
  const Tensor& same = tensor;
  tensor = same;
  EXPECT_EQ(tensor, (Tensor{1, 2, 3}));
  tensor = std::move(const_cast<Tensor&>(same));
  EXPECT_EQ(tensor, (Tensor{1, 2, 3}));
}

TEST(Tensor, IsEmptyOnceMovedFrom) {
  Tensor first{{1, 2}, {3, 4}};
  const real* const memory = first.data();
  Tensor second = std::move(first);
  EXPECT_EQ(second.data(), memory);  // nothing was copied
  EXPECT_TRUE(first.empty());        // NOLINT(bugprone-use-after-move): that is the question
  Tensor third{7};
  third = std::move(second);
  EXPECT_EQ(third.data(), memory);
  EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move)
  second = Tensor{5};           // and it may be used again
  EXPECT_EQ(second, Tensor{5});
}

TEST(Tensor, IsReshapedWithoutChangingValues) {
  Tensor matrix{{1, 2, 3}, {4, 5, 6}};
  EXPECT_EQ(matrix.reshaped(Shape{3, 2}), (Tensor{{1, 2}, {3, 4}, {5, 6}}));
  EXPECT_EQ(matrix.shape(), (Shape{2, 3}));  // the original keeps its shape
  const real* const memory = matrix.data();
  const Tensor vector = std::move(matrix).reshaped(Shape{6});
  EXPECT_EQ(vector, (Tensor{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(vector.data(), memory);
}

TEST(Tensor, RefusesAShapeOfAnotherSize) {
  Tensor matrix{{1, 2, 3}, {4, 5, 6}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)std::move(matrix).reshaped(Shape{2, 4}); }),
            "nn::Tensor: shape (2, 4) holds 8 values, expected 6");
  EXPECT_EQ(matrix.size(), 6U);  // a refused move takes nothing
}

TEST(Tensor, CopiesNeighboringRows) {
  const Tensor matrix{{1, 2}, {3, 4}, {5, 6}, {7, 8}};
  EXPECT_EQ(matrix.rows(1, 2), (Tensor{{3, 4}, {5, 6}}));
  EXPECT_EQ(matrix.rows(3, 1), (Tensor{{7, 8}}));
  EXPECT_EQ(matrix.rows(0, 4), matrix);
  EXPECT_EQ((Tensor{1, 2, 3}.rows(1, 2)), (Tensor{2, 3}));
  const Tensor images{Shape{3, 2, 2, 2}, 5};
  EXPECT_EQ(images.rows(1, 2), (Tensor{Shape{2, 2, 2, 2}, 5}));
}

TEST(Tensor, RefusesRowsThatItDoesNotHave) {
  const Tensor matrix{{1, 2}, {3, 4}, {5, 6}};
  const auto error = [](const Tensor& tensor, std::size_t first, std::size_t count) {
    return error_of<std::invalid_argument>([&] { (void)tensor.rows(first, count); });
  };
  EXPECT_EQ(error(matrix, 2, 2),
            "nn::Tensor: 2 rows starting at 2, expected 1 or more, all within the tensor's 3");
  EXPECT_EQ(error(matrix, 0, 0),
            "nn::Tensor: 0 rows starting at 0, expected 1 or more, all within the tensor's 3");
  EXPECT_EQ(
      error(matrix, std::numeric_limits<std::size_t>::max(), 2),
      "nn::Tensor: 2 rows starting at 18446744073709551615, expected 1 or more, all within the "
      "tensor's 3");
  EXPECT_EQ(error(Tensor{}, 0, 1),
            "nn::Tensor: 1 rows starting at 0, expected 1 or more, all within the tensor's 0");
}

TEST(Tensor, IsEqualInShapeAndValues) {
  EXPECT_NE((Tensor{1, 2}), (Tensor{{1, 2}}));
  EXPECT_NE((Tensor{1, 2}), (Tensor{1, 3}));
  const Tensor nothing{static_cast<real>(std::nan(""))};
  EXPECT_NE(nothing, nothing);  // as for numbers: NaN is not even itself
}

TEST(Tensor, BeginsAtACacheLine) {
  for (const std::size_t size : {1U, 3U, 17U, 1000U}) {
    const Tensor tensor{Shape{size}};
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64, 0U);
  }
}

// Why tensors are cheap as values: once it is warm, a training step allocates nothing.
TEST(Tensor, UsesMemoryAgain) {
  std::uintptr_t before = 0;
  {
    const Tensor tensor{Shape{123, 45}};
    before = reinterpret_cast<std::uintptr_t>(tensor.data());
  }
  const Tensor next{Shape{45, 123}};
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(next.data()), before);
}

TEST(Tensor, OutlivesTheThreadThatMadeIt) {
  Tensor tensor;
  std::thread{[&] { tensor = Tensor{Shape{1000}, 3}; }}.join();
  for (const real value : tensor.values()) EXPECT_EQ(value, 3);
}

TEST(Tensor, MayBeFreedInAnotherThread) {
  std::vector<Tensor> tensors;
  for (std::size_t size = 1; size <= 200; ++size) tensors.emplace_back(Shape{size}, real(size));
  std::thread{[taken = std::move(tensors)]() mutable {
    taken.clear();
    const Tensor again{Shape{200}, 1};  // in memory that came from the first thread
    EXPECT_EQ(again(199), 1);
  }}.join();
  const Tensor own{Shape{200}, 2};
  EXPECT_EQ(own(199), 2);
}

// Created before the thread's first tensor, so destroyed after everything that the library keeps
// for a thread.
thread_local Tensor last_of_its_thread;

TEST(Tensor, MayBeTheLastThingThatItsThreadDestroys) {
  std::thread{[] {
    last_of_its_thread = Tensor{};
    last_of_its_thread = Tensor{Shape{1000}, 4};
    const Tensor copy = last_of_its_thread;
    EXPECT_EQ(copy(999), 4);
  }}.join();
}

}  // namespace
