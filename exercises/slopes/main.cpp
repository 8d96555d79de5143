import exercises.slopes;
import mine.slopes;

int main() { return exercises::grade_and_print(exercises::slopes<mine::Slopes>()); }
