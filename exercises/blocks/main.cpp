import exercises.blocks;
import mine.blocks;

int main() {
  return exercises::grade_and_print(exercises::blocks({mine::add_scaled, mine::in_blocks}));
}
