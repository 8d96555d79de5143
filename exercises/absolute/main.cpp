import exercises.absolute;
import mine.absolute;

static_assert(nn::Cost<mine::MeanAbsoluteError>, "the mean absolute error must be a cost");

int main() { return exercises::grade_and_print(exercises::absolute<mine::MeanAbsoluteError>()); }
