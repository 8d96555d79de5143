import exercises.shift;
import mine.shift;

int main() {
  return exercises::grade_and_print(exercises::shift({mine::shifted, mine::shifted_at_random}));
}
