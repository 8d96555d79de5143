import exercises.rows;
import mine.rows;

int main() {
  return exercises::grade_and_print(
      exercises::rows({mine::for_every_row, mine::logits, mine::backward}));
}
