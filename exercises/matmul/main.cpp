import exercises.matmul;
import mine.matmul;

int main() {
  return exercises::grade_and_print(
      exercises::matmul({.product = mine::product, .fast_product = mine::fast_product}));
}
