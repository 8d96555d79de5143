import exercises.micro;
import mine.micro;

int main() { return exercises::grade_and_print(exercises::micro<mine::Micro>()); }
