/// @file
/// @brief Chapter 11's contest: measures versions of one product and prints a table of them.
module;

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

export module matmul.contest;

export import nn.matmul;

/// The loops that measure a machine.
export struct Loops {
  /// Runs the given number of scalar multiply-adds, each of which waits for the previous one.
  void (*one_chain)(std::size_t);
  /// Runs the given number of vector multiply-adds in each of `count` independent chains.
  void (*chains)(std::size_t);
  std::size_t count;    ///< Chains.
  std::size_t numbers;  ///< Lanes of a vector.
  /// Adds a multiple of one row to another `times` times.
  void (*add_rows)(const nn::Tensor& row, nn::Tensor& to, std::size_t times);
};

/// A machine's limits in GFLOP/s and GB/s; names with `all` are for all threads together.
export struct Machine {
  std::size_t chains, numbers;
  double chain, multiply_adds, all_multiply_adds;
  double first_cache, memory, all_memory;
};

/// Runs each loop several times and uses its best time.
export Machine measure_machine(const Loops& loops);

/// Prints one limit per line, and the machine balance: operations per byte from memory.
export void print(const Machine& machine);

/// Numbers between −1 and 1, the same in every run.
export nn::Tensor noise(const nn::Shape& shape);

/// A version of the product: adds the product of two matrices to a tensor, or writes it there.
export using Multiply = std::function<void(const nn::Matrix&, const nn::Matrix&, nn::Tensor&)>;

/// Calls a version with zeros in C.
export nn::Tensor product(const Multiply& multiply, const nn::Matrix& a, const nn::Matrix& b);

/// The reference: its sums are in double.
export std::vector<double> exact_product(const nn::Tensor& a, const nn::Tensor& b);

/// The largest difference, as a fraction of the largest exact element.
export double error(const nn::Tensor& c, const std::vector<double>& exact);
/// The same for two tensors.
export double error(const nn::Tensor& c, const nn::Tensor& expected);

/// The best time of several runs, in seconds.
export double seconds(const std::function<void()>& work);

/// GFLOP/s of a version, without entering it in a contest.
export double speed(const Multiply& multiply, const nn::Matrix& a, const nn::Matrix& b);

/// One row of the table.
export struct Step {
  std::string name;
  double seconds;  ///< 0 if the machine does not have this library.
  double speed;    ///< GFLOP/s.
  double limit;    ///< The machine's limit for it, in GFLOP/s.
  double error;    ///< As error() returns it.
};

/// One pair of factors, and the steps that multiply them.
export struct Contest {
  nn::Tensor a, b;
  double limit;
  std::vector<double> exact;
  std::vector<Step> steps;

  /// @param m Rows of A; it has k columns, and B has n columns.
  /// @param limit GFLOP/s that one thread can reach.
  Contest(std::size_t m, std::size_t k, std::size_t n, double limit);

  /// Measures a step.
  void enter(const std::string& name, const Multiply& multiply) { enter(name, multiply, limit); }
  /// Measures a step on several threads.
  /// @param together GFLOP/s that all threads together can reach.
  void enter(const std::string& name, const Multiply& multiply, double together);

  /// Prints the table.
  void print() const;

  template <typename... Arguments>
  void enter_and_print(const Arguments&... arguments) {
    enter(arguments...);
    print();
  }
};

/// Enters nn::matmul and OpenBLAS, on one thread and on all. OpenBLAS is loaded at run
/// time, so the build does not need it; its lines are zeros if the machine does not have it.
export void enter_libraries(Contest& contest, const Machine& machine);
