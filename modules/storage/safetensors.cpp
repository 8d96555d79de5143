module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module nn.safetensors;

import nn.text;
import nn.files;

namespace nn {

static_assert(std::endian::native == std::endian::little,
              "the bytes of a tensor are stored as this machine has them");

namespace {

using Json = nlohmann::json;

constexpr const char* own_type = sizeof(real) == sizeof(double) ? "F64" : "F32";
constexpr std::size_t length_bytes = 8;  // size of the header's length, which comes first
constexpr const char* metadata_name = "__metadata__";

/// The size of one number in bytes; 0 for a type that is not in the format.
std::size_t size_of(std::string_view type) {
  if (type == "F64" || type == "I64" || type == "U64") return 8;
  if (type == "F32" || type == "I32" || type == "U32") return 4;
  if (type == "F16" || type == "BF16" || type == "I16" || type == "U16") return 2;
  if (type == "I8" || type == "U8" || type == "BOOL" || type == "F8_E4M3" || type == "F8_E5M2") {
    return 1;
  }
  return 0;
}

template <class T>
StoredTensor stored(std::string_view name, const char* type, std::span<const std::size_t> shape,
                    std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  return {.name = std::string{name},
          .type = type,
          .shape = {shape.begin(), shape.end()},
          .bytes = {bytes.begin(), bytes.end()}};
}

template <class T>
std::vector<T> values_of(const StoredTensor& stored, std::string_view type) {
  if (stored.type != type) {
    throw std::runtime_error(
        fmt::format("{} has type {}, expected {}", in_quotes(stored.name), stored.type, type));
  }
  std::vector<T> values(stored.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), stored.bytes.data(), stored.bytes.size());
  return values;
}

/// BF16 is the upper half of a float.
float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16U); }

/// F16 has a sign bit, five bits of exponent and ten of fraction; numbers with exponent 0 are
/// subnormal.
float from_f16(std::uint16_t bits) {
  constexpr unsigned special = 31;  // the exponent of infinity and NaN
  const unsigned exponent = bits >> 10U & special;
  const unsigned fraction = bits & 0x3FFU;
  float value = std::ldexp(static_cast<float>(fraction), -24);
  if (exponent == special) {
    using Limits = std::numeric_limits<float>;
    value = fraction == 0 ? Limits::infinity() : Limits::quiet_NaN();
  } else if (exponent != 0) {
    value = std::ldexp(static_cast<float>(fraction + 1024), static_cast<int>(exponent) - 25);
  }
  return bits >> 15U == 0 ? value : -value;
}

/// @param number Converts a stored value to a number.
template <class T, class Number>
Tensor tensor_of(const StoredTensor& stored, const Shape& shape, const Number& number) {
  const std::vector<T> values = values_of<T>(stored, stored.type);
  Tensor tensor = Tensor::uninitialized(shape);
  std::ranges::transform(values, tensor.data(),
                         [&](T value) { return static_cast<real>(number(value)); });
  return tensor;
}

// --------------------------------------------------------------------------------------- reading

/// Where the bytes of a tensor are in the data.
struct Place {
  std::size_t begin;
  std::size_t end;
};

/// Reads JSON text and rejects an object that has a key twice, because our parser would take the
/// last value, while other programs may take the first. Text that is not JSON is left to the
/// parser.
class UniqueKeys : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_array(std::size_t /*size*/) override { return true; }
  bool end_array() override { return true; }

  bool start_object(std::size_t /*size*/) override {
    open_.emplace_back();
    return true;
  }
  bool key(string_t& name) override {
    if (open_.back().insert(name).second) return true;
    throw std::runtime_error(fmt::format("the header has the key {} twice", in_quotes(name)));
  }
  bool end_object() override {
    open_.pop_back();
    return true;
  }
  bool parse_error(std::size_t /*byte*/, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    return false;
  }

 private:
  std::vector<std::set<std::string>> open_;  // the keys of the currently open objects
};

Json parse_header(std::string_view text) {
  // The JSON parser treats a zero byte as the end of the text, whatever follows.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    throw std::runtime_error(fmt::format(
        "byte {}: the header has a zero byte, expected only JSON and spaces", length_bytes + zero));
  }
  try {
    UniqueKeys unique;
    static_cast<void>(Json::sax_parse(text, &unique));
    Json header = Json::parse(text);
    if (!header.is_object()) throw std::runtime_error("the header is not a JSON object");
    return header;
  } catch (const Json::parse_error& error) {
    throw std::runtime_error(
        fmt::format("byte {}: the header is not valid JSON", length_bytes + error.byte));
  } catch (const Json::out_of_range&) {
    throw std::runtime_error("the header has a number that is too large, expected at most 1.8e308");
  }
}

/// A list of whole numbers, 0 or more.
std::vector<std::size_t> whole_numbers_of(const Json& object, const char* key,
                                          const std::string& name) {
  const auto list = object.find(key);
  if (list == object.end() || !list->is_array()) {
    throw std::runtime_error(fmt::format("{} has no list called {}", in_quotes(name), key));
  }
  std::vector<std::size_t> numbers;
  for (const Json& number : *list) {
    if (!number.is_number_unsigned()) {
      throw std::runtime_error(fmt::format(
          "{} of {} has the entry {}, expected a whole number, 0 or more", key, in_quotes(name),
          number.is_number() ? number.dump() : fmt::format("({})", number.type_name())));
    }
    if (!std::in_range<std::size_t>(number.get<std::uint64_t>())) {  // on 32-bit systems
      throw std::runtime_error(fmt::format("{} of {} has the entry {}, too large for memory", key,
                                           in_quotes(name), number.get<std::uint64_t>()));
    }
    numbers.push_back(number.get<std::size_t>());
  }
  return numbers;
}

/// How many bytes a tensor of this type and shape takes.
std::size_t bytes_of(const StoredTensor& tensor) {
  std::size_t bytes = size_of(tensor.type);
  if (bytes == 0) {
    throw std::runtime_error(
        fmt::format("{} has the unknown type {}", in_quotes(tensor.name), in_quotes(tensor.type)));
  }
  for (const std::size_t axis : tensor.shape) {
    if (axis != 0 && bytes > std::numeric_limits<std::size_t>::max() / axis) {
      throw std::runtime_error(fmt::format("{} has shape {}, more values than memory can hold",
                                           in_quotes(tensor.name), to_string(tensor.shape)));
    }
    bytes *= axis;
  }
  return bytes;
}

/// One entry of the header: the tensor, still without its bytes, and where these are.
std::pair<StoredTensor, Place> entry_of(const std::string& name, const Json& object,
                                        std::size_t data_size) {
  const bool typed = object.is_object() && object.contains("dtype") && object["dtype"].is_string();
  if (!typed) throw std::runtime_error(fmt::format("{} has no type", in_quotes(name)));
  StoredTensor tensor{.name = name,
                      .type = object["dtype"].get<std::string>(),
                      .shape = whole_numbers_of(object, "shape", name),
                      .bytes = {}};
  const std::vector<std::size_t> place = whole_numbers_of(object, "data_offsets", name);
  if (place.size() != 2 || place[0] > place[1] || place[1] > data_size) {
    throw std::runtime_error(
        fmt::format("data_offsets of {} are {}, expected a range within the file's {} bytes",
                    in_quotes(name), to_string(place), data_size));
  }
  if (const std::size_t bytes = bytes_of(tensor); bytes != place[1] - place[0]) {
    throw std::runtime_error(fmt::format(
        "{} of type {} and shape {} takes {} bytes, but its data_offsets span {}", in_quotes(name),
        tensor.type, to_string(tensor.shape), bytes, place[1] - place[0]));
  }
  return {std::move(tensor), Place{.begin = place[0], .end = place[1]}};
}

std::map<std::string, std::string> metadata_of(const Json& object) {
  if (!object.is_object()) throw std::runtime_error("the metadata is not a JSON object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string())
      throw std::runtime_error(
          fmt::format("the value of {} in the metadata is not text", in_quotes(key)));
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

/// Sorts the tensors by their place in the file and checks that each byte belongs to exactly one.
void sort_by_place(std::vector<std::pair<StoredTensor, Place>>& entries, std::size_t data_size) {
  std::ranges::sort(entries, [](const auto& a, const auto& b) {
    if (a.second.end != b.second.end) return a.second.end < b.second.end;
    if (a.second.begin != b.second.begin) return a.second.begin < b.second.begin;
    return a.first.name < b.first.name;
  });
  std::size_t end = 0;
  for (const auto& [tensor, place] : entries) {
    if (place.begin != end) {
      throw std::runtime_error(fmt::format("{} begins at byte {} of the data, expected {}",
                                           in_quotes(tensor.name), place.begin, end));
    }
    end = place.end;
  }
  if (end != data_size) {
    throw std::runtime_error(fmt::format("{} bytes of data belong to no tensor", data_size - end));
  }
}

Safetensors parse(std::span<const std::byte> bytes) {
  if (bytes.size() < length_bytes)
    throw std::runtime_error("not a safetensors file, or cut short: it ends within its header");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), length_bytes);
  bytes = bytes.subspan(length_bytes);
  if (length > bytes.size()) {
    throw std::runtime_error(fmt::format(
        "not a safetensors file, or cut short: its header should have {} bytes, but {} follow",
        length, bytes.size()));
  }
  const auto size = static_cast<std::size_t>(length);
  std::string text(size, ' ');
  std::ranges::transform(bytes.first(size), text.begin(),
                         [](std::byte byte) { return static_cast<char>(byte); });
  const std::span<const std::byte> data = bytes.subspan(size);

  Safetensors contents;
  std::vector<std::pair<StoredTensor, Place>> entries;
  const Json header = parse_header(text);
  for (const auto& [name, object] : header.items()) {
    if (name == metadata_name) {
      contents.metadata = metadata_of(object);
    } else {
      entries.push_back(entry_of(name, object, data.size()));
    }
  }
  sort_by_place(entries, data.size());
  for (auto& [tensor, place] : entries) {
    const auto own = data.subspan(place.begin, place.end - place.begin);
    tensor.bytes.assign(own.begin(), own.end());
    contents.tensors.push_back(std::move(tensor));
  }
  return contents;
}

}  // namespace

std::string_view version() { return NN_VERSION; }

std::string to_string(std::span<const std::size_t> shape) {
  constexpr std::size_t most = 8;  // a file may claim thousands
  std::string text;
  for (const std::size_t axis : shape.first(std::min(shape.size(), most))) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", axis);
  }
  return fmt::format("({}{})", text, shape.size() > most ? ", …" : "");
}

StoredTensor StoredTensor::of(std::string_view name, const Tensor& tensor) {
  return stored(name, own_type, tensor.shape().axes(), tensor.values());
}

StoredTensor StoredTensor::of(std::string_view name, std::span<const std::uint64_t> numbers) {
  return stored(name, "U64", std::array{numbers.size()}, numbers);
}

StoredTensor StoredTensor::of(std::string_view name, std::span<const double> numbers) {
  return stored(name, "F64", std::array{numbers.size()}, numbers);
}

Tensor StoredTensor::tensor() const {
  const bool is_shape = !shape.empty() && shape.size() <= Shape::max_rank &&
                        std::ranges::find(shape, std::size_t{0}) == shape.end();
  if (!is_shape) {
    throw std::runtime_error(fmt::format("{} has shape {}, expected one to {} axes of 1 or more",
                                         in_quotes(name), to_string(shape), Shape::max_rank));
  }
  if (type == "F16") return tensor_of<std::uint16_t>(*this, Shape{shape}, from_f16);
  if (type == "BF16") return tensor_of<std::uint16_t>(*this, Shape{shape}, from_bf16);
  if (type == "F32") return tensor_of<float>(*this, Shape{shape}, std::identity{});
  if (type == "F64") return tensor_of<double>(*this, Shape{shape}, std::identity{});
  throw std::runtime_error(
      fmt::format("{} has type {}, expected F16, BF16, F32 or F64", in_quotes(name), type));
}

std::vector<std::uint64_t> StoredTensor::whole_numbers() const {
  return values_of<std::uint64_t>(*this, "U64");
}

std::vector<double> StoredTensor::numbers() const { return values_of<double>(*this, "F64"); }

const StoredTensor* Safetensors::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &StoredTensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

Safetensors read_safetensors(std::string_view owner, const std::filesystem::path& file) {
  const std::vector<std::byte> bytes = read_whole(owner, file);
  return naming_file(owner, file, [&] { return parse(bytes); });
}

void write_safetensors(std::string_view owner, const std::filesystem::path& file,
                       const Safetensors& contents) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!contents.metadata.empty()) header[metadata_name] = contents.metadata;
  std::size_t end = 0;
  for (const StoredTensor& tensor : contents.tensors) {
    const std::size_t begin = std::exchange(end, end + tensor.bytes.size());
    header[tensor.name] = {
        {"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  // Padded, so that the data is aligned for programs that map the file into memory.
  text.resize((text.size() + length_bytes - 1) / length_bytes * length_bytes, ' ');
  const std::uint64_t length = text.size();
  std::vector<std::byte> bytes(length_bytes + text.size());
  bytes.reserve(bytes.size() + end);
  std::memcpy(bytes.data(), &length, length_bytes);
  std::memcpy(&bytes[length_bytes], text.data(), text.size());
  for (const StoredTensor& tensor : contents.tensors) {
    bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  write_whole(owner, file, bytes);
}

}  // namespace nn
