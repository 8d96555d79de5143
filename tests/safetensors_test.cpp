// nn.safetensors: the format, byte by byte, and everything that a file can claim.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

import nn.files;
import nn.safetensors;
import nn.test;

namespace {

using nn::Safetensors;
using nn::Shape;
using nn::StoredTensor;
using nn::Tensor;
using nn::test::error_of;

/// A file with this header and as many bytes of data.
std::string file_of(std::string header, std::size_t data = 0) {
  std::string text(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) text[i] = static_cast<char>(header.size() >> (8 * i) & 0xFFU);
  return text + header + std::string(data, '\0');
}

class SafetensorsFile : public nn::test::Folder, public testing::Test {
 protected:
  [[nodiscard]] Safetensors read(std::string_view contents) const {
    nn::write_whole("test", path("t"), contents);
    return nn::read_safetensors("test", path("t"));
  }
  /// The error for it, after the name of the file.
  [[nodiscard]] std::string refusal(std::string_view contents) const {
    const std::string text =
        error_of<std::runtime_error>([&] { static_cast<void>(read(contents)); });
    const std::string head = "nn::test: " + path("t").string() + ": ";
    return text.starts_with(head) ? text.substr(head.size()) : "no refusal: " + text;
  }
};

TEST_F(SafetensorsFile, HoldsTensorsAndWords) {
  const std::vector<std::uint64_t> counts{1, std::numeric_limits<std::uint64_t>::max()};
  const std::vector<double> costs{0.1, std::numeric_limits<double>::infinity()};
  Safetensors contents;
  contents.metadata = {{"a", "b"}, {"quote", "\"\\ é"}};
  contents.tensors = {StoredTensor::of("0.weight", Tensor{{1, 2, 3}, {4, 5, 6}}),
                      StoredTensor::of("counts", std::span{counts}),
                      StoredTensor::of("none", std::vector<double>{}),
                      StoredTensor::of("costs", std::span{costs})};
  nn::write_safetensors("test", path("t"), contents);
  const Safetensors read = nn::read_safetensors("test", path("t"));
  EXPECT_EQ(read.metadata, contents.metadata);
  ASSERT_EQ(read.tensors.size(), 4);
  EXPECT_EQ(read.find("0.weight")->tensor(), (Tensor{{1, 2, 3}, {4, 5, 6}}));
  EXPECT_EQ(read.find("0.weight")->type, nn::test::in_double ? "F64" : "F32");
  EXPECT_EQ(read.find("counts")->whole_numbers(), counts);
  EXPECT_EQ(read.find("costs")->numbers(), costs);
  EXPECT_TRUE(read.find("none")->numbers().empty());
  EXPECT_EQ(read.find("other"), nullptr);
}

// By hand, from the format's description: the length, the header, the numbers 1 and −2 in F32.
TEST_F(SafetensorsFile, IsReadAsTheFormatSays) {
  std::string text = file_of(R"({"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})");
  text += std::string{"\x00\x00\x80\x3f\x00\x00\x00\xc0", 8};
  EXPECT_EQ(read(text).find("x")->tensor(), (Tensor{{1, -2}}));
}

TEST_F(SafetensorsFile, HoldsWhatOtherProgramsWrite) {
  const Safetensors read =
      nn::read_safetensors("test", nn::test::golden_file("weights_cnn.safetensors"));
  EXPECT_EQ(read.find("1.weight")->shape, (std::vector<std::size_t>{2, 1, 3, 3}));
  EXPECT_EQ(read.find("2.num_batches_tracked")->type, "I64");
  EXPECT_TRUE(read.find("2.num_batches_tracked")->shape.empty());
}

TEST_F(SafetensorsFile, IsRefusedWhereItIsBroken) {
  const std::string number = R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  EXPECT_EQ(refusal(""), "not a safetensors file, or cut short: it ends within its header");
  EXPECT_EQ(refusal("1234567"), "not a safetensors file, or cut short: it ends within its header");
  EXPECT_EQ(
      refusal(std::string(8, '\xff') + "{}"),
      "not a safetensors file, or cut short: its header should have 18446744073709551615 bytes, "
      "but 2 follow");
  EXPECT_EQ(refusal(file_of("{,}")), "byte 10: the header is not valid JSON");
  EXPECT_EQ(refusal(file_of("")), "byte 9: the header is not valid JSON");
  EXPECT_EQ(refusal(file_of("[]")), "the header is not a JSON object");
  EXPECT_EQ(refusal(file_of(number, 7)),
            "data_offsets of 'x' are (0, 8), expected a range within the file's 7 bytes");
  EXPECT_EQ(refusal(file_of(number, 9)), "1 bytes of data belong to no tensor");
  EXPECT_EQ(refusal(file_of(R"({"x":1})")), "'x' has no type");
  EXPECT_EQ(refusal(file_of(R"({"x":{"dtype":"F3","shape":[2],"data_offsets":[0,8]}})", 8)),
            "'x' has the unknown type 'F3'");
  EXPECT_EQ(refusal(file_of(R"({"x":{"dtype":"F32","data_offsets":[0,8]}})", 8)),
            "'x' has no list called shape");
  EXPECT_EQ(refusal(file_of(R"({"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8)),
            "shape of 'x' has the entry -2, expected a whole number, 0 or more");
  EXPECT_EQ(refusal(file_of(R"({"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8)),
            "'x' of type F32 and shape (3) takes 12 bytes, but its data_offsets span 8");
  EXPECT_EQ(refusal(file_of(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8)),
            "data_offsets of 'x' are (8, 0), expected a range within the file's 8 bytes");
  EXPECT_EQ(refusal(file_of(R"({"__metadata__":[]})")), "the metadata is not a JSON object");
  EXPECT_EQ(refusal(file_of(R"({"__metadata__":{"a":1}})")),
            "the value of 'a' in the metadata is not text");
}

// Worked by hand from IEEE 754: sign, 5 bits of exponent (less 15), 10 of fraction.
TEST_F(SafetensorsFile, HasHalvesThatAreConverted) {
  const auto bits = [](std::vector<std::uint16_t> halves) {
    std::string text;
    for (const std::uint16_t half : halves) {
      text += static_cast<char>(half & 0xFFU);
      text += static_cast<char>(half >> 8U);
    }
    return text;
  };
  const auto header = [](std::string_view type) {
    return file_of(R"({"x":{"dtype":")" + std::string{type} +
                   R"(","shape":[8],"data_offsets":[0,16]}})");
  };
  constexpr nn::real infinity = std::numeric_limits<nn::real>::infinity();
  // 1, −2, the largest, the smallest normal one, the smallest of all, −0, infinity, 1/3 rounded.
  const Tensor f16 =
      read(header("F16") + bits({0x3C00, 0xC000, 0x7BFF, 0x0400, 0x0001, 0x8000, 0x7C00, 0x3555}))
          .find("x")
          ->tensor();
  EXPECT_EQ(f16, (Tensor{1, -2, 65504, nn::real(0x1p-14), nn::real(0x1p-24), 0, infinity,
                         nn::real(0x1.554p-2)}));
  EXPECT_TRUE(std::signbit(f16(5)));
  // The upper half of a float: 1, −2, 2¹²⁷, 2⁻¹²⁶, 2⁻¹³³, −0, −infinity, 3.140625.
  const Tensor bf16 =
      read(header("BF16") + bits({0x3F80, 0xC000, 0x7F00, 0x0080, 0x0001, 0x8000, 0xFF80, 0x4049}))
          .find("x")
          ->tensor();
  EXPECT_EQ(bf16, (Tensor{1, -2, nn::real(0x1p127), nn::real(0x1p-126), nn::real(0x1p-133), 0,
                          -infinity, nn::real(3.140625)}));
  const Tensor none =
      read(header("F16") + bits(std::vector<std::uint16_t>(8, 0x7E00))).find("x")->tensor();
  EXPECT_TRUE(std::isnan(none(0)));
}

// A reader that takes the first of two values and one that takes the last would see two networks.
TEST_F(SafetensorsFile, WithAKeyTwiceIsRefused) {
  const std::string x = R"("x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  EXPECT_EQ(refusal(file_of("{" + x + "," + x + "}", 1)), "the header has the key 'x' twice");
  EXPECT_EQ(
      refusal(file_of(R"({"x":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 1)),
      "the header has the key 'dtype' twice");
  EXPECT_EQ(refusal(file_of(R"({"__metadata__":{"a":"1","\u0061":"2"}})")),
            "the header has the key 'a' twice");
}

TEST_F(SafetensorsFile, MayHaveNothingButBlanksBehindItsHeader) {
  EXPECT_TRUE(read(file_of("{}   ")).tensors.empty());
  EXPECT_EQ(refusal(file_of("{} {}")), "byte 12: the header is not valid JSON");
  EXPECT_EQ(refusal(file_of("{}x")), "byte 11: the header is not valid JSON");
  EXPECT_EQ(refusal(file_of(std::string{"{}\0x", 4})),
            "byte 10: the header has a zero byte, expected only JSON and spaces");
  EXPECT_EQ(refusal(file_of(std::string{"{}\0", 3})),
            "byte 10: the header has a zero byte, expected only JSON and spaces");
  EXPECT_EQ(refusal(file_of("{}") + "more"), "4 bytes of data belong to no tensor");
}

// The time to read a header with many names is proportional to its length.
TEST_F(SafetensorsFile, MayHaveManyTensors) {
  constexpr std::size_t count = 100'000;
  std::string header = "{";
  for (std::size_t i = 0; i < count; ++i) {
    header += (i == 0 ? "\"" : ",\"") + std::to_string(i) +
              R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  }
  EXPECT_EQ(read(file_of(header + "}")).tensors.size(), count);
}

// A product of lengths that overflows could come out small.
TEST_F(SafetensorsFile, WithTooManyValuesIsRefused) {
  EXPECT_EQ(refusal(file_of(
                R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})")),
            "'x' has shape (4294967296, 4294967296), more values than memory can hold");
}

// Twenty bytes of data, and a header that claims 2⁴⁰ values: rejected without allocating memory.
TEST_F(SafetensorsFile, CannotAskForMoreMemoryThanItHas) {
  EXPECT_EQ(
      refusal(file_of(
          R"({"x":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}})", 20)),
      "data_offsets of 'x' are (0, 4398046511104), expected a range within the file's 20 bytes");
  EXPECT_EQ(refusal(file_of(
                R"({"x":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,20]}})", 20)),
            "'x' of type F32 and shape (1099511627776) takes 4398046511104 bytes, but its "
            "data_offsets span 20");
}

TEST_F(SafetensorsFile, WithANumberThatNoDoubleHoldsIsRefused) {
  EXPECT_EQ(refusal(file_of(R"({"x":{"dtype":"F32","shape":[1e999],"data_offsets":[0,0]}})")),
            "the header has a number that is too large, expected at most 1.8e308");
}

// Text from a file is printed to a terminal, so it must not contain control codes or be too long.
TEST_F(SafetensorsFile, IsQuotedAsATerminalCanShowIt) {
  EXPECT_EQ(refusal(file_of(R"({"\u001b[31m\n":1})")), "'?[31m?' has no type");
  EXPECT_EQ(refusal(file_of("{\"" + std::string(3'000, 'x') + "\":1}")),
            "'" + std::string(40, 'x') + "'… has no type");
  EXPECT_EQ(refusal(file_of(R"({"x":{"dtype":"F\t3","shape":[2],"data_offsets":[0,8]}})", 8)),
            "'x' has the unknown type 'F?3'");
  EXPECT_EQ(refusal(file_of(R"({"__metadata__":{"\n":1}})")),
            "the value of '?' in the metadata is not text");
  EXPECT_EQ(refusal(file_of(
                R"({"x":{"dtype":"U8","shape":[1,2,3,4,5,6,7,8,9,10],"data_offsets":[0,1]}})", 1)),
            "'x' of type U8 and shape (1, 2, 3, 4, 5, 6, 7, 8, …) takes 3628800 bytes, but its "
            "data_offsets span 1");
}

// Nested lists: a recursive function would overflow the stack.
TEST_F(SafetensorsFile, NestedDeeplyIsRefused) {
  constexpr std::size_t depth = 1'000'000;
  EXPECT_EQ(refusal(file_of(std::string(depth, '[') + std::string(depth, ']'))),
            "the header is not a JSON object");
  EXPECT_EQ(refusal(file_of(R"({"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}")),
            "'x' has no type");
}

TEST_F(SafetensorsFile, GivesEachByteToOneTensor) {
  EXPECT_EQ(refusal(file_of(R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                            R"("y":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
                            6)),
            "'y' begins at byte 2 of the data, expected 4");
}

TEST_F(SafetensorsFile, GivesOnlyWhatIsThere) {
  const Safetensors read =
      this->read(file_of(R"({"h":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},)"
                         R"("e":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},)"
                         R"("s":{"dtype":"F32","shape":[],"data_offsets":[4,8]}})",
                         8));
  EXPECT_EQ(error_of<std::runtime_error>([&] { static_cast<void>(read.find("h")->tensor()); }),
            "'h' has type I16, expected F16, BF16, F32 or F64");
  EXPECT_EQ(error_of<std::runtime_error>([&] { static_cast<void>(read.find("e")->tensor()); }),
            "'e' has shape (0), expected one to 4 axes of 1 or more");
  EXPECT_EQ(error_of<std::runtime_error>([&] { static_cast<void>(read.find("s")->tensor()); }),
            "'s' has shape (), expected one to 4 axes of 1 or more");
  EXPECT_EQ(error_of<std::runtime_error>([&] { static_cast<void>(read.find("s")->numbers()); }),
            "'s' has type F32, expected F64");
}

}  // namespace
