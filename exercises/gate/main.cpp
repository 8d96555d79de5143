import exercises.gate;
import mine.gate;

int main() { return exercises::grade_and_print(exercises::gate<mine::Unit>()); }
