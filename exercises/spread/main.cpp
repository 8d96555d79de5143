import exercises.spread;
import mine.spread;

int main() { return exercises::grade_and_print(exercises::spread({mine::spread, mine::spreads})); }
