import exercises.tiles;
import mine.tiles;

int main() {
  return exercises::grade_and_print(exercises::tiles({mine::in_tiles, mine::tile_rows}));
}
