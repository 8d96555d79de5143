/// @file
/// @brief Chapter 11's contest: one product, computed in ever better ways, and the table of them.
module;

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

export module matmul.contest;

export import nn.matmul;

/// The loops that measure a machine.
export struct Loops {
  void (*one_chain)(std::size_t);  ///< So many multiply-adds of numbers, each waiting for the last.
  void (*chains)(std::size_t);     ///< So many in each of several chains of vectors,
  std::size_t count;               ///< as many chains,
  std::size_t numbers;             ///< and as many numbers in each vector.
  /// Adds a multiple of a row to another so many times.
  void (*add_rows)(const nn::Tensor& row, nn::Tensor& to, std::size_t times);
};

/// What a machine can do, in GFLOP/s and in GB/s; `all` is on all threads together.
export struct Machine {
  std::size_t chains, numbers;
  double chain, multiply_adds, all_multiply_adds;
  double first_cache, memory, all_memory;
};

/// Runs the loops, each several times, and takes the best time of each.
export Machine measure_machine(const Loops& loops);

/// Prints what a machine can do, a line each.
export void print(const Machine& machine);

/// Numbers between −1 and 1, the same in every run.
export nn::Tensor noise(const nn::Shape& shape);

/// A way to add the product of two matrices to a tensor, or to write it there.
export using Multiply = std::function<void(const nn::Matrix&, const nn::Matrix&, nn::Tensor&)>;

/// The product of two matrices by one of these ways.
export nn::Tensor product(const Multiply& multiply, const nn::Matrix& a, const nn::Matrix& b);

/// The plain product, its sums in double.
export std::vector<double> exact_product(const nn::Tensor& a, const nn::Tensor& b);

/// The largest difference, as a fraction of the largest element.
export double error(const nn::Tensor& c, const std::vector<double>& exact);
/// The same, of two tensors.
export double error(const nn::Tensor& c, const nn::Tensor& expected);

/// Seconds that `work` takes: the best of several runs.
export double seconds(const std::function<void()>& work);

/// GFLOP/s of a product.
export double speed(const Multiply& multiply, const nn::Matrix& a, const nn::Matrix& b);

/// A line of the table.
export struct Step {
  std::string name;
  double seconds;  ///< 0 if the machine does not have it.
  double speed;    ///< GFLOP/s.
  double limit;    ///< What it could be, in GFLOP/s.
  double error;    ///< As error() says.
};

/// One product, and the steps that compute it.
export struct Contest {
  nn::Tensor a, b;
  double limit;
  std::vector<double> exact;
  std::vector<Step> steps;

  /// @param m Rows of A; it has k columns, and B has n columns.
  /// @param limit GFLOP/s that one thread can do.
  Contest(std::size_t m, std::size_t k, std::size_t n, double limit);

  /// Measures a step.
  void enter(const std::string& name, const Multiply& multiply) { enter(name, multiply, limit); }
  /// Measures a step on several threads.
  /// @param together GFLOP/s that they can do.
  void enter(const std::string& name, const Multiply& multiply, double together);

  /// Prints the table.
  void print() const;

  template <typename... Arguments>
  void enter_and_print(const Arguments&... arguments) {
    enter(arguments...);
    print();
  }
};

/// Enters nn::matmul and OpenBLAS, on one thread and on all. OpenBLAS is loaded while the program
/// runs, so that no build needs it; its lines are zeros if the machine does not have it.
export void enter_libraries(Contest& contest, const Machine& machine);
