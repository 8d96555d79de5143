import exercises.accumulation;
import mine.accumulation;

int main() {
  return exercises::grade_and_print(
      exercises::accumulation({mine::count_samples, mine::accumulate}));
}
