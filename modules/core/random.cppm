/// @file
/// @brief Random numbers that are the same on every machine.
module;

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

export module nn.random;

export namespace nn {

/// A counter-based random number generator, Philox4x32-10: number i of a seed is a function of
/// (seed, i) alone, a ten-round scramble of the counter i under the key `seed`. It needs only
/// integer arithmetic, so one seed gives the same numbers with every compiler on every machine. Any
/// number of the sequence can be computed directly, so threads can share one sequence.
///
/// Source: Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".
class Random {
 public:
  using result_type = std::uint64_t;

  /// @param seed Any number; it determines the sequence.
  /// @param stream Sequences of one seed and different streams are independent.
  explicit constexpr Random(std::uint64_t seed, std::uint64_t stream = 0)
      : words_{seed, stream, 0} {}

  /// An independent generator with the same seed, for example one for each epoch or layer. A stream
  /// has its own streams; none of them equals this generator.
  /// @param index Any number; it identifies the stream.
  [[nodiscard]] constexpr Random stream(std::uint64_t index) const {
    const auto block = scramble({low(index), high(index), low(words_[1]), high(words_[1])});
    return Random{words_[0],
                  block[2] | std::uint64_t{block[3]} << 32U};  // the half at() leaves unused
  }

  /// The 64 random bits at one place of this generator's sequence.
  /// @param place Any number; 0 is the first.
  [[nodiscard]] constexpr std::uint64_t at(std::uint64_t place) const {
    const auto block = scramble({low(place), high(place), low(words_[1]), high(words_[1])});
    return block[0] | std::uint64_t{block[1]} << 32U;
  }

  /// The random bits at many places: faster than one call of at() for each.
  /// @param first The place of the first number.
  /// @param to Overwritten with the numbers at first, first + 1 and so on.
  void fill(std::uint64_t first, std::span<std::uint64_t> to) const;

  /// The next 64 random bits.
  constexpr std::uint64_t operator()() { return at(words_[2]++); }

  /// @return 0, the smallest number that operator()() returns.
  static constexpr std::uint64_t min() { return 0; }
  /// @return 2⁶⁴ − 1, the largest.
  static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }

  /// A uniformly distributed number in [0, 1).
  double uniform() { return static_cast<double>((*this)() >> 11U) * 0x1.0p-53; }

  /// A uniformly distributed number in [low, high); if the two are close, rounding may give high.
  /// @param low The lower bound.
  /// @param high The upper bound, at least low.
  double uniform(double low, double high);

  /// A normally distributed number.
  /// @param mean Its mean.
  /// @param deviation Its standard deviation (not its variance), at least 0.
  double normal(double mean = 0, double deviation = 1);

  /// A uniformly distributed whole number in [0, bound).
  /// @param bound At least 1.
  /// @throws std::invalid_argument if bound is 0.
  std::size_t below(std::size_t bound);

  /// The numbers 0 … count − 1 in random order, each order equally likely (Fisher–Yates shuffle).
  /// @param count How many; 0 gives an empty list.
  std::vector<std::size_t> permutation(std::size_t count);

  /// Seed, stream, and how many numbers were drawn: everything that determines the next numbers. To
  /// resume the sequence later, save these three and write them back.
  [[nodiscard]] constexpr std::span<std::uint64_t, 3> words() { return words_; }

 private:
  using Block = std::array<std::uint32_t, 4>;
  static constexpr int rounds = 10;
  static constexpr std::uint64_t factor0 = 0xD2511F53;
  static constexpr std::uint64_t factor1 = 0xCD9E8D57;
  static constexpr std::uint32_t key_step0 = 0x9E3779B9;  // the golden ratio − 1
  static constexpr std::uint32_t key_step1 = 0xBB67AE85;  // √3 − 1

  static constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static constexpr std::uint32_t high(std::uint64_t x) {
    return static_cast<std::uint32_t>(x >> 32U);
  }

  /// Ten rounds: two 32 × 32 → 64 bit products, their halves swapped and mixed with the key.
  [[nodiscard]] constexpr Block scramble(Block x) const {
    std::uint32_t key0 = low(words_[0]);
    std::uint32_t key1 = high(words_[0]);
    for (int round = 0; round < rounds; ++round) {
      const std::uint64_t product0 = factor0 * x[0];
      const std::uint64_t product1 = factor1 * x[2];
      x = {high(product1) ^ x[1] ^ key0, low(product1), high(product0) ^ x[3] ^ key1,
           low(product0)};
      key0 += key_step0;
      key1 += key_step1;
    }
    return x;
  }

  std::array<std::uint64_t, 3> words_;  // seed, stream, numbers drawn
};

}  // namespace nn
