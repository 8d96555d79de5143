// What live.js can call. Figures are known by their address, words and numbers by where they stand
// in the memory that both see; what a call gives stays there until the figure changes.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

import live;
import nn.files;

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace {

/// Where live.js puts what it wants to say.
std::vector<std::byte> room;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

/// The first bytes of the room, as a word.
std::string word(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(room.at(i));
  return text;
}

}  // namespace

/// Makes room for what live.js wants to say, at least so many bytes.
EXPORT(live_room) std::byte* live_room(std::size_t size) {
  if (room.size() < size) room.resize(size);
  return room.data();
}

/// Opens the figure whose name stands in the room.
EXPORT(live_open) live::Figure* live_open(std::size_t size) {
  return live::open(word(size)).release();
}

EXPORT(live_close) void live_close(live::Figure* figure) { delete figure; }

/// Sets a control: in the room stand `count` numbers, then its name.
EXPORT(live_set) void live_set(live::Figure* figure, std::size_t count, std::size_t size) {
  std::vector<double> values(count);
  const std::span bytes = std::as_writable_bytes(std::span{values});
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = room.at(i);
  std::string name = word(bytes.size() + size).substr(bytes.size());
  figure->set(name, values);
}

EXPORT(live_restart) void live_restart(live::Figure* figure) { figure->restart(); }
EXPORT(live_run) void live_run(live::Figure* figure, std::size_t count) { figure->run(count); }
EXPORT(live_steps) std::size_t live_steps(const live::Figure* figure) { return figure->steps(); }

/// Numbers by the name in the room: where they stand, how many, how many axes, the axes.
EXPORT(live_values) const std::uint32_t* live_values(const live::Figure* figure, std::size_t size) {
  static std::vector<std::uint32_t> answer;
  const live::Values& values = figure->values(word(size));
  answer = {static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(values.numbers.data())),
            static_cast<std::uint32_t>(values.numbers.size())};
  answer.insert(answer.end(), values.shape.begin(), values.shape.end());
  answer.insert(answer.begin() + 2, static_cast<std::uint32_t>(values.shape.size()));
  return answer.data();
}

/// Words by the name in the room, up to a zero; by `:description`, what makes the inputs.
EXPORT(live_text) const char* live_text(const live::Figure* figure, std::size_t size) {
  static std::string answer;
  const std::string name = word(size);
  answer = name == ":description" ? live::description(*figure) : figure->text(name);
  return answer.c_str();
}

/// Keeps a file: in the room stand its bytes, then its name.
EXPORT(live_file) void live_file(std::size_t bytes, std::size_t size) {
  const std::string name = word(bytes + size).substr(bytes);
  nn::write_whole("live", name, std::span{room}.first(bytes));
}

/// The bytes of a file by the name in the room: where they stand, how many.
EXPORT(live_bytes) const std::uint32_t* live_bytes(std::size_t size) {
  static std::vector<std::uint32_t> answer;
  static std::vector<std::byte> bytes;
  bytes = nn::read_whole("live", word(size));
  answer = {static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(bytes.data())),
            static_cast<std::uint32_t>(bytes.size())};
  return answer.data();
}
