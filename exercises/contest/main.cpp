import exercises.contest;
import mine.contest;

int main() { return exercises::grade_and_print(exercises::contest<mine::Entry>()); }
