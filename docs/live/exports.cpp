// The functions that live.js can call. Figures are identified by their address; texts and numbers
// are passed through the shared memory, where a result stays until the figure changes.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

import live;
import nn.files;

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace {

/// The buffer for arguments from live.js.
std::vector<std::byte>& room() {
  static std::vector<std::byte> bytes;
  return bytes;
}

/// A text in the buffer.
std::string word(std::size_t size, std::size_t place = 0) {
  const std::span<const std::byte> bytes = std::span{room()}.subspan(place, size);
  std::string text(size, ' ');
  std::memcpy(text.data(), bytes.data(), size);
  return text;
}

}  // namespace

/// Makes the buffer at least this many bytes long.
EXPORT(live_room) std::byte* live_room(std::size_t size) {
  if (room().size() < size) room().resize(size);
  return room().data();
}

/// Opens the figure whose name is in the buffer.
EXPORT(live_open) live::Figure* live_open(std::size_t size) {
  return live::open(word(size)).release();
}

/// Sets a control: the buffer has `count` numbers, then its name.
EXPORT(live_set) void live_set(live::Figure* figure, std::size_t count, std::size_t size) {
  std::vector<double> values(count);
  const std::size_t bytes = count * sizeof(double);
  std::memcpy(values.data(), room().data(), bytes);
  figure->set(word(size, bytes), values);
}

EXPORT(live_restart) void live_restart(live::Figure* figure) { figure->restart(); }
EXPORT(live_run) void live_run(live::Figure* figure, std::size_t count) { figure->run(count); }
EXPORT(live_steps) std::size_t live_steps(const live::Figure* figure) { return figure->steps(); }

/// Numbers by the name in the buffer: their address, how many, how many axes, the axes.
EXPORT(live_values) const std::uint32_t* live_values(const live::Figure* figure, std::size_t size) {
  static std::vector<std::uint32_t> answer;
  const live::Values& values = figure->values(word(size));
  answer = {static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(values.numbers.data())),
            static_cast<std::uint32_t>(values.numbers.size()),
            static_cast<std::uint32_t>(values.shape.size())};
  answer.insert(answer.end(), values.shape.begin(), values.shape.end());
  return answer.data();
}

/// A text by the name in the buffer, zero-terminated; `:description` is the JSON for the inputs.
EXPORT(live_text) const char* live_text(const live::Figure* figure, std::size_t size) {
  static std::string answer;
  const std::string name = word(size);
  answer = name == ":description" ? live::description(*figure) : figure->text(name);
  return answer.c_str();
}

/// Stores a file: the buffer has its bytes, then its name.
EXPORT(live_file) void live_file(std::size_t bytes, std::size_t size) {
  nn::write_whole("live", word(size, bytes), std::span{room()}.first(bytes));
}
