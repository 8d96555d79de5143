/// @file
/// @brief Runs a program as its user does, for the tests of programs.
module;

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>

export module nn.test.program;

export namespace nn::test {

/// What a program did.
struct Outcome {
  int status;          ///< Its exit status; −1 if a signal ended it.
  std::string output;  ///< Standard output and error together.
};

/// Runs a command of the shell.
/// @param command The command.
/// @param meanwhile Called with the output so far, whenever the command prints something; may be
///   empty.
Outcome run_command(const std::string& command,
                    const std::function<void(const std::string&)>& meanwhile = {}) {
  FILE* const pipe = popen(("(" + command + ") 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = read(fileno(pipe), buffer.data(), buffer.size())) > 0;) {
    output.append(buffer.data(), static_cast<std::size_t>(count));
    if (meanwhile) meanwhile(output);
  }
  const int status = pclose(pipe);
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .output = output};
}

}  // namespace nn::test
