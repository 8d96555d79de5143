// nn.text: numbers as people write them, and pieces of files that are safe to print.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>

import nn.text;

namespace {

using nn::half_blocks;
using nn::printable;
using nn::short_number;
using nn::thousands;

TEST(Thousands, AreSeparated) {
  EXPECT_EQ(thousands(0), "0");
  EXPECT_EQ(thousands(999), "999");
  EXPECT_EQ(thousands(1000), "1,000");
  EXPECT_EQ(thousands(269'322), "269,322");
  EXPECT_EQ(thousands(1'000'000), "1,000,000");
}

TEST(ShortNumber, HasFourDecimals) {
  EXPECT_EQ(short_number(0), "0.0000");
  EXPECT_EQ(short_number(0.12094), "0.1209");
  EXPECT_EQ(short_number(-2.30258), "-2.3026");
  EXPECT_EQ(short_number(9999.4), "9999.4000");
}

TEST(ShortNumber, IsShortWhereItIsHuge) {
  EXPECT_EQ(short_number(10'000), "1.00e+04");
  EXPECT_EQ(short_number(-1e30), "-1.00e+30");
  EXPECT_EQ(short_number(std::numeric_limits<double>::infinity()), "inf");
}

// The sign of a NaN means nothing.
TEST(ShortNumber, OfNanHasNoSign) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(short_number(nan), "nan");
  EXPECT_EQ(short_number(std::copysign(nan, -1)), "nan");
}

TEST(InQuotes, IsCutToALength) {
  EXPECT_EQ(nn::in_quotes("weight"), "'weight'");
  EXPECT_EQ(nn::in_quotes(""), "''");
  EXPECT_EQ(nn::in_quotes("abcdef", 6), "'abcdef'");
  EXPECT_EQ(nn::in_quotes("abcdefg", 6), "'abcdef'…");
  EXPECT_EQ(nn::in_quotes(std::string(50, 'x')), "'" + std::string(40, 'x') + "'…");
}

// A piece of a file must not contain control codes for a terminal.
TEST(InQuotes, IsPrintableAscii) {
  EXPECT_EQ(nn::in_quotes("\033[2J\n"), "'?[2J?'");
  EXPECT_EQ(nn::in_quotes(std::string{"a\0b", 3}), "'a?b'");
  EXPECT_EQ(nn::in_quotes("é\x7F"),
            "'??"
            "?'");  // two bytes, and DEL
}

TEST(Printable, KeepsItsLetters) {
  EXPECT_EQ(printable("Größe 5×5 → 3"), "Größe 5×5 → 3");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, HasNoControlCharacters) {
  EXPECT_EQ(printable("a\033[2Jb\nc\x7F"), "a?[2Jb?c?");
  EXPECT_EQ(printable("\xC2\x80x\xC2\x9F\xC2\xA0"), "?x?\xC2\xA0");  // U+0080 to U+009F, not U+00A0
}

TEST(Printable, IsCutBetweenLetters) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef…");
  EXPECT_EQ(printable("ab→c", 3), "ab…");  // the arrow has three bytes
  EXPECT_EQ(printable("ab→c", 5), "ab→…");
}

TEST(HalfBlocks, DrawTwoRowsOfPixelsInOneLine) {
  const std::array upper{0.0F, 0.41F, 0.0F, 1.0F};
  const std::array lower{0.4F, 0.0F, 0.41F, 1.0F};
  EXPECT_EQ(half_blocks(std::span<const float>{upper}, std::span<const float>{lower}), " ▀▄█");
}

}  // namespace
