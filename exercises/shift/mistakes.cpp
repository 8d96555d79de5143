// Shifted images with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>
#include <vector>

import exercises.mistakes;
import exercises.shift;

using exercises::image_of;
using exercises::pixel_or_zero;
using exercises::right_shift;
using exercises::wrapped;
using nn::Random;
using nn::real;
using nn::Tensor;

namespace {

Tensor unchanged(const Tensor& x, int /*down*/, int /*right*/) { return x; }
Tensor opposite(const Tensor& x, int down, int right) { return right_shift(x, -down, -right); }
Tensor up(const Tensor& x, int down, int right) { return right_shift(x, -down, right); }
Tensor left(const Tensor& x, int down, int right) { return right_shift(x, down, -right); }
Tensor exchanged(const Tensor& x, int down, int right) { return right_shift(x, right, down); }
Tensor not_down(const Tensor& x, int /*down*/, int right) { return right_shift(x, 0, right); }
Tensor not_right(const Tensor& x, int down, int /*right*/) { return right_shift(x, down, 0); }
Tensor around(const Tensor& x, int down, int right) {
  return image_of(x, [&](int i, int j) {
    return x(wrapped(i - down, x.rows()), wrapped(j - right, x.columns()));
  });
}
Tensor edge(const Tensor& x, int down, int right) {
  return image_of(x, [&](int i, int j) {
    return x(std::clamp(i - down, 0, static_cast<int>(x.rows()) - 1),
             std::clamp(j - right, 0, static_cast<int>(x.columns()) - 1));
  });
}
Tensor on_top(const Tensor& x, int down, int right) {
  // Every pixel is above 0, so 0 means outside.
  return image_of(x, [&](int i, int j) {
    const real moved = pixel_or_zero(x, i - down, j - right);
    return moved == 0 ? x(i, j) : moved;
  });
}
Tensor without_sign(const Tensor& x, int down, int right) {
  return right_shift(x, std::abs(down), std::abs(right));
}
Tensor positive(const Tensor& x, int down, int right) {
  return right_shift(x, std::max(down, 0), std::max(right, 0));
}
Tensor wraps_far(const Tensor& x, int down, int right) {
  return std::abs(down) > 4 ? x : right_shift(x, down, right);
}

/// The two amounts of image n.
using Draw = std::pair<int, int>(std::size_t n, int most, Random& random);
int amount(int most, Random& random) {
  return static_cast<int>(random.below(2 * static_cast<std::size_t>(most) + 1)) - most;
}
std::pair<int, int> both(std::size_t /*n*/, int most, Random& random) {
  const int down = amount(most, random);
  return {down, amount(most, random)};
}
std::pair<int, int> none(std::size_t /*n*/, int /*most*/, Random& /*random*/) { return {0, 0}; }
std::pair<int, int> same(std::size_t /*n*/, int most, Random& /*random*/) {
  return {most / 2, -most / 2};
}
std::pair<int, int> first_only(std::size_t n, int most, Random& random) {
  return n < 100 ? both(n, most, random) : std::pair{0, 0};
}
std::pair<int, int> diagonal(std::size_t /*n*/, int most, Random& random) {
  const int both = amount(most, random);
  return {both, both};
}
std::pair<int, int> only_right(std::size_t /*n*/, int most, Random& random) {
  return {0, amount(most, random)};
}
std::pair<int, int> only_down(std::size_t /*n*/, int most, Random& random) {
  return {amount(most, random), 0};
}
std::pair<int, int> one_pixel(std::size_t n, int most, Random& random) {
  return both(n, most / 2, random);
}
std::pair<int, int> never_back(std::size_t /*n*/, int most, Random& random) {
  const auto bound = static_cast<std::size_t>(most) + 1;
  const auto down = static_cast<int>(random.below(bound));
  return {down, static_cast<int>(random.below(bound))};
}
std::pair<int, int> one_less(std::size_t /*n*/, int most, Random& random) {
  const auto bound = std::max<std::size_t>(1, 2 * static_cast<std::size_t>(most));
  const int down = static_cast<int>(random.below(bound)) - most;
  return {down, static_cast<int>(random.below(bound)) - most};
}
std::pair<int, int> too_far(std::size_t n, int most, Random& random) {
  return both(n, most + 1, random);
}
std::pair<int, int> uneven(std::size_t n, int most, Random& random) {
  const auto [down, right] = both(n, most, random);
  return {down, random.uniform() < 0.5 ? right : 0};
}
std::pair<int, int> always_two(std::size_t n, int /*most*/, Random& random) {
  return both(n, 2, random);
}

std::vector<exercises::Step> steps(Tensor (*move)(const Tensor& x, int down, int right),
                                   Draw* draw) {
  return exercises::shift({move, [draw](const Tensor& images, int most, Random& random) {
                             Tensor result{images.shape()};
                             for (std::size_t n = 0; n < images.rows(); ++n) {
                               const Tensor image =
                                   images.rows(n, 1).reshaped(images.shape().sample());
                               const auto [down, right] = draw(n, most, random);
                               const Tensor moved = right_shift(image, down, right);
                               std::ranges::copy(moved.values(), result.row(n).begin());
                             }
                             return result;
                           }});
}

exercises::Tried tried(const char* words, Tensor (*move)(const Tensor& x, int down, int right)) {
  return {words, steps(move, both)};
}
exercises::Tried drawn(const char* words, Draw* draw) { return {words, steps(right_shift, draw)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(steps(right_shift, both),
                                   {tried("The image is unchanged", unchanged),
                                    tried("All is the wrong way round", opposite),
                                    tried("It moves up where", up),
                                    tried("It moves to the left where", left),
                                    tried("Rows and columns are exchanged", exchanged),
                                    tried("It is not moved down", not_down),
                                    tried("It is not moved to the right", not_right),
                                    tried("comes in again on the other side", around),
                                    tried("The pixels at the edge are repeated", edge),
                                    tried("The original shows", on_top),
                                    tried("the image, shifted by five rows", wraps_far),
                                    tried("without its sign", without_sign),
                                    tried("A negative amount moves nothing", positive),
                                    drawn("No image is moved.", none),
                                    drawn("All images are moved by the same amounts", same),
                                    drawn("Most images are not moved at all", first_only),
                                    drawn("Both amounts are always equal", diagonal),
                                    drawn("No image is moved up or down", only_right),
                                    drawn("No image is moved to the left or right", only_down),
                                    drawn("no image is moved by two pixels", one_pixel),
                                    drawn("no amount is −2", never_back),
                                    drawn("no amount is 2", one_less),
                                    drawn("is not the original moved by −2 to 2 pixels", too_far),
                                    drawn("are not equally likely", uneven),
                                    drawn("With most = 0, no image may move", always_two)});
}
