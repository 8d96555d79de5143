import exercises.decay;
import mine.decay;

int main() {
  return exercises::grade_and_print(exercises::decay({mine::linear_decay, mine::mean_factor}));
}
