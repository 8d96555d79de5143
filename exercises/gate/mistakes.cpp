// Weights of a GRU unit with one mistake each, and what the grader must say about it.
#include <vector>

import exercises.gate;
import exercises.mistakes;

using nn::Tensor;

namespace {

/// The weights; those of a right unit unless one of them is spoiled.
struct Weights {
  Tensor w{{0, 0, 1}, {0, -20, 0}};
  Tensor u{{0, 0, 0}};
  Tensor b{0, 10, 0};
};

struct Unit {
  static inline Weights weights;
  static Tensor weight_input() { return weights.w; }
  static Tensor weight_hidden() { return weights.u; }
  static Tensor bias() { return weights.b; }
};

std::vector<exercises::Step> steps(const Weights& weights) {
  return exercises::prepared([weights] { Unit::weights = weights; }, exercises::gate<Unit>());
}

exercises::Tried tried(const char* words, const Weights& weights) {
  return {words, steps(weights)};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}),
      {tried("weight_input has shape (2, 4): that is for the four blocks",
             {.w = {{0, 0, 1, 0}, {20, -20, 0, 0}}}),
       tried("weight_input has shape (3, 2), expected (2, 3)", {.w = {{0, 0}, {0, -20}, {1, 0}}}),
       tried("weight_hidden has shape (3), expected (1, 3)", {.u = {0, 0, 0}}),
       tried("bias has shape (4): that is for the four blocks", {.b = {-10, 10, 0, 10}}),
       tried("The state is 0 all the time", {.w = {{1, 0, 0}, {0, -20, 0}}}),
       tried("Every number replaces the state", {.b = {0, -10, 0}}),
       tried("that are not marked", {.w = {{0, 0, 1}, {0, 20, 0}}, .b = {0, -10, 0}}),
       tried("z needs a bias", {.b = {0, 0, 0}}),
       tried("must outweigh the bias", {.w = {{0, 0, 1}, {0, -10, 0}}}),
       tried("The mark reaches n, too", {.w = {{0, 0, 1}, {0, -20, 1}}}),
       tried("The signs of all states are wrong", {.w = {{0, 0, -1}, {0, -20, 0}}}),
       tried("with weight 2, not 1", {.w = {{0, 0, 2}, {0, -20, 0}}}),
       tried("n gets the old state, too", {.u = {{0, 0, 1}}}),
       tried("Number and mark are exchanged", {.w = {{0, -20, 0}, {0, 0, 1}}}),
       tried("Once the state is not 0", {.u = {{0, 20, 0}}}),
       tried("a little of the state is lost", {.w = {{0, 0, 1}, {0, -24, 0}}, .b = {0, 5, 0}})});
}
