/// @file
/// @brief Pictures of digits of any size and shade, read from files and preprocessed like MNIST's.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

export module nn.pictures;

export import nn.tensor;

export namespace nn {

/// A picture in shades of gray, and in colors if it has any.
struct Picture {
  Tensor brightness;  ///< Shape (height, width), each from 0 for black to 1 for white.
  Tensor colors{};    ///< Red, green and blue, shape (3, height, width); empty if all is gray.
};

/// Reads the pictures in a file. The format is detected from the contents, not from the name:
/// - PNG of any kind: one picture. Transparent pixels become white if the visible ones are dark,
///   and black if these are light;
/// - JPEG, baseline or progressive, in gray or RGB: one picture;
/// - WebP, unless it is animated: one picture;
/// - BMP without compression: one picture;
/// - PBM, PGM and PPM, P1 to P6, up to 16 bits: one picture. If white is 65535 but no number is
///   above 4095, as in 12-bit pictures, 4095 is white;
/// - IDX of bytes with three axes: any number of pictures, those of EMNIST transposed back.
///
/// Each may also be compressed with gzip. JPEG, PNG and WebP are rotated according to the
/// orientation in their EXIF data. Truncated files are rejected, and the size in a header is
/// checked against the length of the file before memory is allocated. For other common formats,
/// such as HEIC, the error names the format.
///
/// @param file Up to 256 MiB, decompressed. It may be a pipe or a device, such as `/dev/stdin`,
///   which is read to its end. Pictures may be up to 10,000 pixels wide and high. An IDX file may
///   hold up to 100,000 pictures and 100,000,000 pixels in all.
/// @return At least one picture, in the order of the file.
/// @throws std::runtime_error if the file is missing, invalid, or in another format.
[[nodiscard]] std::vector<Picture> load_pictures(const std::filesystem::path& file);

/// The picture after a step of the preprocessing, to show why a digit was misread.
struct Stage {
  std::string name;  ///< One word, such as `paper`.
  Tensor image;      ///< Shape (height, width), from 0 to 1.
};

/// A digit found in a picture.
struct FoundDigit {
  Tensor pixels;  ///< As in MNIST: shape (1, 784), 0 background and 1 ink.
  double left;    ///< The left edge of its box, as a fraction of the picture's width.
  double right;   ///< The right edge, as a fraction of the width.
  double top;     ///< The top edge, as a fraction of the picture's height.
  double bottom;  ///< The bottom edge, as a fraction of the height.
};

/// The digits that find_digits() found, and the stages of the search.
struct Digits {
  std::vector<FoundDigit> digits;  ///< Row after row, from left to right; at least one.
  std::size_t largest = 0;         ///< The index of the one with the most ink.
  /// `paper`, `ink` and `digits`, in at most 480 × 480 pixels; none for a picture of up to 48 × 48
  /// pixels, or for one that a single digit fills.
  std::vector<Stage> stages;
};

/// No digit was found in a large picture.
struct NoDigit : std::invalid_argument {
  std::vector<Stage> stages;  ///< The stages that were reached: `paper` and `ink`.

  /// @param so_far The stages up to here.
  explicit NoDigit(std::vector<Stage> so_far);
};

/// Finds the digits in a picture and preprocesses each in the same way as MNIST's.
///
/// A picture of up to 48 × 48 pixels is treated as one digit: the shade of most of its edge is the
/// paper, and the shade that differs most from it is the ink. In a larger picture, the paper is
/// found first: at every point, the brightness that remains when everything thin is removed. So the
/// light may be uneven, a shadow may fall on the paper, and the paper may be on a dark desk. Ink is
/// what differs from the paper, darker or lighter, in the color in which it differs most. Straight
/// lines that end at the edge of the picture or at another such line are treated as rules or
/// frames, and anything along the edge of the picture as the edge of a scan. The rest are pieces of
/// digits; pieces that are close together or above one another form one digit.
///
/// Then the bounding box of a digit's ink is scaled to fit 20 × 20 pixels, keeping its proportions,
/// and placed in 28 × 28 pixels so that the ink's center of mass is in the middle, or as near to it
/// as possible without crossing an edge.
///
/// An image of MNIST comes back unchanged, except for ink fainter than 0.2 at the edge of its box.
/// The tests check this for at least 980 out of the first 1,000 test images.
///
/// Source: LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document
/// recognition", section III.
///
/// @param picture Of any size.
/// @return At least one digit.
/// @throws std::invalid_argument if no shade differs from the paper's by 0.1 or more, or if the
///   picture does not have 2 axes or has a value outside 0 to 1.
/// @throws NoDigit if nothing that differs from the paper has the size of a digit.
[[nodiscard]] Digits find_digits(const Picture& picture);

/// Preprocesses a picture of one digit: the digit with the most ink that find_digits() finds.
/// @param picture Of any size.
/// @return The input for a network trained on MNIST: shape (1, 784), 0 background and 1 ink.
/// @throws std::invalid_argument in the same cases as find_digits().
[[nodiscard]] Tensor to_mnist(const Picture& picture);

}  // namespace nn

// Shared by the source files of this module.
namespace nn::detail {

using Number = std::ptrdiff_t;  // a coordinate, which may also be outside the image

/// Which pixels are inked.
struct Mask {
  Number height;
  Number width;
  std::vector<std::uint8_t> bits;

  inline Mask(std::size_t rows, std::size_t columns)
      : height{static_cast<Number>(rows)},
        width{static_cast<Number>(columns)},
        bits(rows * columns) {}

  [[nodiscard]] inline bool has(Number y, Number x) const {
    return y >= 0 && y < height && x >= 0 && x < width && bits[index(y, x)] != 0;
  }
  inline void set(Number y, Number x, bool value) { bits[index(y, x)] = value ? 1 : 0; }
  [[nodiscard]] inline std::size_t index(Number y, Number x) const {
    return static_cast<std::size_t>(y * width + x);
  }
  [[nodiscard]] inline Mask transposed() const {
    Mask result{static_cast<std::size_t>(width), static_cast<std::size_t>(height)};
    for (Number y = 0; y < height; ++y) {
      for (Number x = 0; x < width; ++x) result.set(x, y, has(y, x));
    }
    return result;
  }
};

/// A picture without its rules and frames.
Mask without_rules(const Mask& mask);

/// The ink of a picture, and the images it was computed from.
struct Ink {
  Tensor image;  ///< The picture without its grain, shape (height, width).
  Tensor paper;  ///< The brightness that the paper alone would have.
  Tensor ink;    ///< How much darker the picture is, as a fraction of the paper's, 0 or more.
};

/// The part of a picture's ink that belongs to one digit.
struct Piece {
  std::size_t top;
  std::size_t left;
  std::size_t bottom;  ///< The row after the last.
  std::size_t right;   ///< The column after the last.
  double mass;         ///< The sum of its ink.
  double outline;      ///< How many of its pixels have a neighbor without ink.
  double stroke;       ///< The width of its strokes, from its area and the length of its outline.
  double length;       ///< How many times as long as wide its strokes are together.
  double sharpness;    ///< The fraction of its outline next to pixels as bright as paper.
  std::vector<std::size_t> pixels;

  [[nodiscard]] inline std::size_t height() const { return bottom - top; }
  [[nodiscard]] inline std::size_t width() const { return right - left; }
};

/// Scales an image to fewer or more rows.
Tensor in_rows(const Tensor& image, std::size_t rows);

/// The mean of each pixel and its neighbors.
Tensor mean_of_neighbors(const Tensor& image);

/// Anything that varies more than this from pixel to pixel is a pattern, not grain.
constexpr real most_grain = real(0.2);

/// The standard deviation of a picture's grain, the noise from pixel to pixel.
real grain_of(const Tensor& image);

/// The ink of a picture, interpreted both ways: dark on light and light on dark.
std::vector<Ink> inks_of(const Picture& picture);

/// A robust maximum of the ink: only one pixel out of 2,000 has more.
real strongest(const Tensor& ink);

/// The digits in an image of ink, row after row, from left to right.
std::vector<Piece> digits_in(const Ink& picture);

}  // namespace nn::detail

// Shared by the source files that read files.
namespace nn::detail {

/// A whole file in memory.
struct Contents {
  std::filesystem::path file;
  std::vector<std::uint8_t> bytes;

  [[nodiscard]] std::string_view text() const;

  /// Throws an error about the file: `nn::load_pictures: FILE: WHAT`.
  [[noreturn]] void fail(std::string_view what) const;
  /// The same with a place: `nn::load_pictures: FILE, byte N: WHAT`.
  [[noreturn]] void fail(std::size_t byte, std::string_view what) const;
};

constexpr std::size_t longest_side_in_file = 10'000;
/// For a picture with more pixels, only the brightness is kept, because its colors would take a
/// gigabyte.
constexpr std::size_t most_colored = 25'000'000;

/// The shape of a picture whose header claims this size; throws if a side is too long or 0.
Shape checked_shape(const Contents& contents, std::size_t width, std::size_t height);

/// A picture from gray bytes, row by row.
Picture picture_of_gray(std::span<const std::uint8_t> pixels, const Shape& shape);
Picture picture_of_rgb(std::span<const std::uint8_t> pixels, const Shape& shape);
/// A picture from red, green, blue and opacity bytes, row by row.
Picture picture_of_rgba(std::span<const std::uint8_t> pixels, const Shape& shape);

/// Chooses the background for transparent pixels: white, or black if nearly all visible pixels are
/// light, because white strokes on white would be lost.
class Background {
 public:
  void see(std::uint8_t shade, std::uint8_t opacity);
  [[nodiscard]] std::uint8_t shade() const;

 private:
  std::size_t seen_ = 0;
  std::size_t dark_ = 0;
};

/// The orientation of the camera in EXIF data, 1 to 8; 1, which is upright, if there is none or the
/// data is invalid.
/// @param exif A TIFF header and what follows; "Exif" and two zero bytes may come before it.
unsigned orientation_in(std::span<const std::uint8_t> exif);
/// The picture rotated and mirrored according to an EXIF orientation.
Picture upright(Picture picture, unsigned orientation);

Picture read_bmp(const Contents& bmp);
Picture read_jpeg(const Contents& jpeg);
Picture read_png(const Contents& png);
Picture read_pnm(const Contents& pnm);
Picture read_webp(const Contents& webp);

}  // namespace nn::detail
