import exercises.sizes;
import mine.sizes;

int main() {
  return exercises::grade_and_print(exercises::sizes({mine::size_of, mine::sizes_back}));
}
